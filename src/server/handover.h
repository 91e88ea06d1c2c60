/*
 * Connections on their way from a worker that leaves to one that stays: held
 * until somebody is there to take them. The master does not look at the bytes
 * that come with them.
 */
#pragma once

#include "base/list.h"
#include "server/message.h"

struct handover {
	struct list held;
};

void handover_init(struct handover *h);

/* Takes over `fd`, which came with `m`; closes it when the heap is out. */
void handover_hold(struct handover *h, const struct message *m, int fd);

/* Sends the one that has waited longest: 1; 0 when there is none; -EAGAIN when
 * the channel is full, -errno. */
must_check int handover_send(struct handover *h, int channel);

/* Closes those that nobody took. */
void handover_clear(struct handover *h);

/*
 * Connections on their way from a worker that leaves to one that stays: held
 * until somebody is there to take them. The master does not look at the bytes
 * that come with them.
 */
#pragma once

#include "base/list.h"
#include "server/children.h"

struct handover {
	struct list held;
};

void handover_init(struct handover *h);

/* Takes over `fd`, which came with `m`; closes it when the heap is out. */
void handover_hold(struct handover *h, const struct message *m, int fd);

/* Sends them, those that have waited longest first, to the workers that are
 * ready in turn: 0; -EAGAIN when a channel is full, -errno. */
must_check int handover_pass(struct handover *h, struct children *workers);

/* Closes those that nobody took. */
void handover_clear(struct handover *h);

/*
 * Accepting on several listeners: begun, paused and ended together. Knows
 * nothing of what becomes of a connection.
 */
#pragma once

#include "io/loop.h"

#define LISTENERS_MAX 16

struct acceptor;

struct listener {
	struct op op;
	struct acceptor *acceptor;
	int fd; /* -1 once it is closed */
};

struct acceptor {
	struct loop *loop;
	unsigned count;
	struct listener listeners[LISTENERS_MAX];
	struct timer retry;
	bool is_accepting, has_finished;
	bool has_complained; /* said once, until it works again */
	/* A new connection, `fd` the callee's. */
	void (*on_conn)(struct acceptor *, int fd);
	/* Accepting has ended, for now or for good. */
	void (*on_end)(struct acceptor *);
};

/* Takes over the `count` listening descriptors. Not accepting yet; on_conn and
 * on_end are for the caller to set. */
void acceptor_init(
	struct acceptor *a, struct loop *loop, const int *fds, unsigned count);

/* Accepts, unless it does already or has finished. */
void acceptor_resume(struct acceptor *a);

/* Leaves new connections to the kernel's queue. */
void acceptor_pause(struct acceptor *a);

/* Accepts no more, and closes the listeners. */
void acceptor_finish(struct acceptor *a);

/* Has it finished, with nothing in flight? */
bool acceptor_is_done(const struct acceptor *a);

/*
 * Which event loop a worker runs on: the one that was asked for, or what can
 * be had.
 */
#pragma once

#include "io/loop.h"

enum loop_kind {
	/* io_uring for a worker that is alone, where it can be had; epoll for
	 * several: it wakes but one for a connection, and one that waits. */
	LOOP_AUTO,
	LOOP_EPOLL,
	LOOP_URING /* io_uring, or fail */
};

/* What a worker has got, for the log. */
struct loop_state {
	bool has_ring;
	int ring_error; /* why AUTO had to do without; positive errno */
};

/* A new loop for one of `workers` in *out, the caller's until ops->free. 0 or
 * -errno. */
must_check int loop_kind_open(enum loop_kind kind, uint64_t workers,
	struct loop **out, struct loop_state *state);

/* Why io_uring cannot be had, by its positive errno, and what to do. */
const char *loop_ring_advice(int error);

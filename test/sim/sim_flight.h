/*
 * An operation in flight, in the simulated loop, and the try to bring it to
 * its end. When it is tried, and what a cancel does to it, is the loop's
 * affair (sim_loop.h).
 */
#pragma once

#include "sim_loop.h"

struct flight {
	struct list node;
	struct op *op;
	struct sock *sock; /* or NULL: accept, poll */
	bool is_cancelled, has_waited, is_due;
	bool has_result; /* in res, already */
	int res;
	char *data; /* of a recv: a block of its own, for as long as done */
	unsigned count;
	struct iovec iov[LOOP_IOV_MAX];
	struct file_slice slice;
};

/* True when it has come to its end, with its result in f->res. */
bool flight_try(struct sim_loop *l, struct flight *f);

/*
 * The event loop of the simulation: struct loop_ops over sim_net.h, in every
 * order that its contract allows, with one of two tempers. Holds the server to
 * the contract: no operation begun twice, none on what is closed, no close
 * under one, no byte of a recv used after its `done`.
 */
#pragma once

#include "io/loop.h"
#include "sim_fs.h"
#include "sim_net.h"

/* How a loop does what it is asked, as far as that can be told from above. */
enum temper {
	/* Tries at once: what can be sent has been when send returns, and a
	 * cancel has its way unless the result is known. Sends that have waited
	 * report room. Takes many connections in a row, before the batch, and
	 * none once it is told to stop. */
	TEMPER_EPOLL,
	/* Does everything later, when it gets to it: bytes leave in another
	 * turn, or after having waited; a cancel races with what it is to call
	 * off, also with an accept, and either may win, now or later. */
	TEMPER_URING,
	TEMPERS
};

extern const char *const temper_names[TEMPERS];

struct sim_loop {
	struct loop loop;
	enum temper temper;
	struct world *world;
	struct net *net;
	struct sim_fs *fs;
	struct list flights;
	/* Of a hundred, for this run: completions that are late, sends that
	 * are short, timers that wait for another turn. */
	unsigned late, shorten, late_timers;
	unsigned faults;      /* of ten thousand: resets, failed reads */
	struct sock *current; /* whose `done` is running, or NULL */
	bool is_in_done;
};

void sim_loop_init(struct sim_loop *l, enum temper temper, struct net *net,
	struct sim_fs *fs);

/* One batch: receives, tells on_batch, completes, fires timers. */
void sim_loop_turn(struct sim_loop *l);

/* Operations in flight. */
unsigned sim_loop_count(const struct sim_loop *l);

/*
 * The event loop of the simulation: struct loop_ops over sim_net.h, in every
 * order that its contract allows, io_uring's among them. Holds the server to
 * the contract: no operation begun twice, none on what is closed, no close
 * under one, no byte of a recv used after its `done`.
 */
#pragma once

#include "io/loop.h"
#include "sim_fs.h"
#include "sim_net.h"

struct sim_loop {
	struct loop loop;
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

void sim_loop_init(struct sim_loop *l, struct net *net, struct sim_fs *fs);

/* One batch: receives, tells on_batch, completes, fires timers. */
void sim_loop_turn(struct sim_loop *l);

/* Operations in flight. */
unsigned sim_loop_count(const struct sim_loop *l);

/*
 * The server under test: what server/worker.c puts together, over the
 * simulated loop and file system, with limits drawn at random.
 */
#pragma once

#include "outlook.h"
#include "server/conn.h"
#include "server/respond.h"
#include "sim_loop.h"
#include "sim_squeeze.h"

struct server {
	struct world *world;
	struct net *net;
	struct sim_loop *loop;
	struct sim_fs *fs;
	struct wishes wishes;
	struct respond respond;
	struct sim_squeeze squeeze;
	struct conn_host conns;
	struct op accept_op, watch_op;
	struct timer accept_timer;
	unsigned connections_max;
	bool is_accepting, is_draining, has_finished;
};

void server_init(
	struct server *s, struct sim_loop *loop, const struct wishes *wishes);

/* Finish what was begun, and take no more. */
void server_drain(struct server *s);

/* At once. Turn the loop until nothing is open, then server_done. */
void server_close_all(struct server *s);

/* Checks that everything was given back. */
void server_done(struct server *s);

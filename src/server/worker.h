/*
 * A worker: one process, one thread, one loop, behind walls. Accepts from the
 * listeners that the master keeps, and serves until it is told to finish.
 */
#pragma once

#include "io/sandbox.h"
#include "server/options.h"

#define LISTENERS_MAX 16

struct worker_config {
	const struct options *options;
	const char *root; /* as the user wrote it, or absolute */
	unsigned listener_count;
	int listeners[LISTENERS_MAX];
	unsigned descriptors; /* the limit of open ones */
};

/* What a worker tells its master, first byte of each message. */
enum worker_message_kind {
	WORKER_READY,  /* accepts from now on */
	WORKER_FAILED, /* cannot begin: `error` in `doing` */
	WORKER_LEFT    /* accepts no more, wants a successor at once */
};

struct worker_message {
	enum worker_message_kind kind;
	int error; /* positive errno */
	char doing[120];
	struct sandbox_state sandbox;
};

/* What the master tells a worker, one byte each: finish, please. The end of
 * the channel, the master's death, says the same. */
#define WORKER_DRAIN 'd'

/* Runs a worker until it is done; the process's exit status. */
int worker_run(const struct worker_config *config, int channel);

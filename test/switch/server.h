/*
 * The server under test, as a process of its own.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct server {
	pid_t pid;
	int said; /* its standard error */
	unsigned port;
};

/* Starts it on a free port, over this event loop; false when it does not. */
bool server_start(
	struct server *s, const char *root, unsigned workers, const char *loop);

/* Stops it; false when it did not end in order, or lost a worker. */
bool server_stop(struct server *s);

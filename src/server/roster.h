/*
 * Who serves, as the master tells the admin process: it sends the whole of it
 * again whenever something of it has changed.
 */
#pragma once

#include <stdbool.h>

/* More than a page would show; `ready` counts all. */
#define ROSTER_MAX 64

struct roster_worker {
	int pid;
	unsigned number;
	bool is_ready;
};

struct roster {
	bool has_started; /* all were ready once */
	bool is_draining; /* the server is stopping */
	unsigned ready;
	unsigned count;
	struct roster_worker at[ROSTER_MAX];
};

/* Is a request that comes now taken up? */
static inline bool roster_is_ready(const struct roster *r)
{
	return r->has_started && !r->is_draining && r->ready > 0;
}

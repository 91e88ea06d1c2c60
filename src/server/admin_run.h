/*
 * The admin process: a small worker that serves no files. The same loop, the
 * same connections, the same HTTP, another site (admin_site.h), and walls of
 * its own.
 */
#pragma once

#include "server/door.h"
#include "server/listen.h"
#include "server/options.h"
#include "server/roster.h"

struct admin_config {
	const struct options *options;
	struct listeners listeners; /* what it answers on */
	struct roster roster;       /* to begin with */
	struct visit visit;         /* what is watched; becomes the process's */
	pid_t master;
	int channel; /* to the master */
	int bell;    /* rung when somebody looks; or -1 */
};

/* Runs until it is killed or the master is gone; the exit status. */
int admin_run(struct admin_config *config);

/*
 * A worker: one process, one thread, one loop, behind walls. Accepts from the
 * listeners that the master keeps, and serves until it is told to finish.
 */
#pragma once

#include "io/sandbox.h"
#include "server/acceptor.h"
#include "server/options.h"
#include "server/page.h"

struct worker_config {
	const struct options *options;
	const char *root; /* as the user wrote it, or absolute */
	unsigned number;  /* among the workers; 0 speaks for all of them */
	unsigned listener_count;
	int listeners[LISTENERS_MAX];
	unsigned descriptors;   /* the limit of open ones */
	struct page_part *page; /* where it publishes, or NULL */
};

/* Runs a worker until it is done; the process's exit status. */
int worker_run(const struct worker_config *config, int channel);

/*
 * A helper process as the master knows it: forked beside the workers, and
 * replaced when it dies. What it does is its owner's affair.
 */
#pragma once

#include "io/loop.h"
#include "io/process.h"

struct helper {
	const char *what; /* "the helper that ...", for the log */
	struct loop *loop;
	/* In the new process: lets go of what is the master's, does the work,
	 * and gives the exit status. */
	int (*run)(struct helper *, int channel);
	/* In the master: it runs, and s->channel leads to it. */
	void (*on_start)(struct helper *);
	struct timer restart;
	pid_t pid;   /* 0: it does not run; */
	int channel; /* then -1 */
	uint64_t started_ms;
	unsigned young_deaths;
};

/* Does not start it yet; `run` and `on_start` are the caller's to set. */
void helper_init(struct helper *h, const char *what, struct loop *loop);

/* Starts it; where that fails, says so and tries again later. */
void helper_start(struct helper *h);

/* Was it the process that has ended? Then it is replaced. */
bool helper_ended(struct helper *h, pid_t pid, int status);

/* Ends it, whatever it is doing; it has ended when this returns. */
void helper_stop(struct helper *h);

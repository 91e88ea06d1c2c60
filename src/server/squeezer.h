/*
 * The master's side of the helper that codes bodies: it is started beside the
 * workers, introduced to each of them, and replaced when it dies. Without it
 * they serve files as they are.
 */
#pragma once

#include "server/children.h"
#include "server/helper.h"
#include "server/options.h"

struct squeezer_child {
	struct helper helper;
	const struct options *options;
	struct children *workers; /* to be introduced */
	/* In the new process: lets go of what is the master's. */
	void (*on_fork)(struct squeezer_child *);
};

/* Does not start it yet; borrows the others. `on_fork` is the caller's to set.
 */
void squeezer_init(struct squeezer_child *s, const struct options *options,
	struct loop *loop, struct children *workers);

/* Starts it, if the options want it. */
void squeezer_start(struct squeezer_child *s);

/* Gives a worker that is ready a channel to it. */
void squeezer_introduce(struct squeezer_child *s, struct child *worker);

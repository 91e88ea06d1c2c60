/*
 * The master's helpers, together: the one that codes bodies and the one that
 * answers on the admin listener. They know nothing of each other; each goes
 * without what is the other's.
 */
#pragma once

#include "server/admin.h"
#include "server/squeezer.h"

struct helpers {
	struct squeezer_child squeezer;
	struct admin_child admin;
	struct listeners *site;
	/* In a new helper: lets go of what else is the master's. */
	void (*on_fork)(struct helpers *);
};

/* What they are about; borrowed. */
struct helpers_scope {
	const struct options *options;
	struct loop *loop;
	struct listeners *site;
	struct children *workers;
	struct doorman *doorman;
};

/* Starts none yet. `on_fork` is the caller's to set. */
void helpers_init(struct helpers *h, const struct helpers_scope *scope);

/* Tells who serves to whoever watches, after each change of it. */
void helpers_tell(struct helpers *h, bool has_started, bool is_draining);

/* Was it one of them that has ended? Then it is replaced. */
bool helpers_ended(struct helpers *h, pid_t pid, int status);

/* In a new worker: they are not its own. */
void helpers_forget(struct helpers *h);

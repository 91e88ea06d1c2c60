/*
 * The master's side of the admin listener: it opens the sockets, starts the
 * process that answers on them, replaces it when it dies, and tells it who
 * serves. That process is none of the workers, so that it answers while these
 * are stopped, busy or gone.
 */
#pragma once

#include "server/door.h"
#include "server/helper.h"
#include "server/listen.h"
#include "server/options.h"
#include "server/roster.h"

struct admin_child {
	struct helper helper;
	const struct options *options;
	struct doorman *doorman;    /* what it watches */
	struct listeners listeners; /* none: there is no admin process */
	struct roster roster;       /* what it is to know */
	pid_t master;
	/* Rung by the process, whichever it is, when somebody looks. */
	struct op bell_op;
	int bell[2]; /* the master's end and the process's, or -1 */
	/* In the new process: lets go of what is the master's. */
	void (*on_fork)(struct admin_child *);
};

/* Borrows the others. `on_fork` is the caller's to set. */
void admin_init(struct admin_child *a, const struct options *options,
	struct loop *loop, struct doorman *doorman);

/* Opens its listeners and starts it: 0, also where nobody has asked for it.
 * Otherwise 1, having said why. */
must_check int admin_open(
	struct admin_child *a, const struct net_addresses *addresses);

/* Says who serves from now on, if that is news. */
void admin_tell(struct admin_child *a, const struct roster *roster);

/* In another child of the master's: it has nothing to do with it. */
void admin_forget(struct admin_child *a);

/* Ends it, and closes its listeners. */
void admin_close(struct admin_child *a);

/*
 * From a request to its plan: names are tried, a file is found, the answer is
 * decided. The one conductor of http/ and io/files, for the wire, for explain
 * and for the tests alike.
 */
#pragma once

#include "http/lookup.h"
#include "http/plan.h"
#include "io/directory.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/squeeze.h"
#include "server/site.h"
#include "wire/repeat.h"

/* A decision, and what it stands on. */
struct decision {
	struct plan plan;
	struct file *file;         /* referenced, or NULL */
	struct producer *producer; /* of the body, or NULL */
	/* What the plan was made from; `own` where it is not the file's. */
	const struct resource *resource;
	struct resource own;
	struct lookup lookup; /* with the trail of the names tried */
	unsigned opened;      /* names that files_open was asked for */
	/* Set by the caller beforehand: what listings may take. */
	struct directories *directories;
};

/* Decides about `q` at `wall_s`, seconds since 1970. *d is the caller's, and
 * so are d->file and d->producer. */
void respond_decide(struct files *files, const struct policy *policy,
	const struct request *q, int64_t wall_s, struct decision *d);

struct respond {
	struct wire_host wire;
	struct files *files;
	struct policy policy;
	struct site site;        /* read before each decision */
	struct repeats repeats;  /* true to these files, rules and policy */
	struct squeeze *squeeze; /* NULL: nobody codes anything */
	const struct loop *loop; /* for the time */
	struct directories directories;
	struct decision decision; /* the latest; the exchange borrows it */
};

/* Sets wire's calls, its kept answers and the directories, and nothing else;
 * `seed` keys a hash. -ENOMEM. */
must_check int respond_init(struct respond *r, uint64_t seed);

/* Frees what respond_init made, and the site. */
void respond_done(struct respond *r);

/* Reads the site's rules, if they have changed, and forgets answers that were
 * made by others. To be called in each batch, before its first request. */
void respond_refresh(struct respond *r);

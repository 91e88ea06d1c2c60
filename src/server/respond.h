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
#include "wire/wire.h"

/* A decision, and what it stands on. */
struct decision {
	struct plan plan;
	struct file *file;         /* referenced, or NULL */
	struct producer *producer; /* of the body, or NULL */
	/* What the plan was made from; `own` where it is not the file's. */
	const struct resource *resource;
	struct resource own;
	struct lookup lookup; /* with the trail of the names tried */
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
	struct squeeze *squeeze; /* NULL: nobody codes anything */
	const struct loop *loop; /* for the time */
	struct directories directories;
	struct decision decision; /* the latest; the exchange borrows it */
};

/* Sets wire.on_exchange, on_done and the directories, and nothing else. */
void respond_init(struct respond *r);

/* Reads the site's rules, if they have changed. */
void respond_refresh(struct respond *r);

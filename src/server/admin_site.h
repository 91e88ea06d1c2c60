/*
 * What the admin listener serves: /healthz, /readyz, /xray with /xray.json and
 * /xray/events. A site of a few names in memory, answered by the same decisions
 * and the same wire as files are; it reads, and changes nothing.
 */
#pragma once

#include "http/headers.h"
#include "http/policy.h"
#include "http/resource.h"
#include "server/feed.h"
#include "server/listen.h"
#include "server/roster.h"
#include "server/snapshot.h"

/* What it tells of; borrowed. */
struct admin_scope {
	const struct visit *visit;         /* the server */
	const struct listeners *listeners; /* its own */
	const struct roster *roster;
	pid_t master;
	int bell; /* a byte on it: somebody looks; or -1 */
};

struct admin_site {
	struct wire_host wire;
	struct feed feed;
	struct snapshot *snapshots[2]; /* the last two, in turn */
	unsigned taken;                /* so many */
	struct admin_scope scope;
	const struct loop *loop;
	struct policy policy;
	struct resource page;     /* of /xray */
	struct resource resource; /* of the answer at hand */
	bool has_names; /* a browser reaches it by a host: guard that */
};

/* Sets the wire's calls, and nothing else of it. Borrows what `scope` and
 * `loop` lead to. -ENOMEM. */
must_check int admin_site_init(struct admin_site *s, const struct loop *loop,
	const struct admin_scope *scope);

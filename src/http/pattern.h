/*
 * The path patterns of _redirects and _headers (hstatic(1), RULES): literal
 * segments, `:name` for one segment, a final `*` for whatever is below. Read
 * once, in the decoded form that path_resolve gives, so that a match compares
 * bytes. A final slash makes no difference. Must not know what a rule does.
 * Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "base/text.h"

/* Placeholders in one pattern, the splat included: more than any URL needs. */
#define CAPTURES_MAX 8

struct pattern {
	/* Decoded, from the first slash on, without a final one and without
	 * the splat: empty for the root. A placeholder's segment begins with
	 * PATTERN_MARK in place of its colon. */
	struct span text;
	bool has_splat;
	bool is_dynamic; /* has a splat or placeholders */
};

/* No literal segment can have it: controls are refused. */
#define PATTERN_MARK '\x01'

/* What stood for a placeholder; "splat" is the name of `*`. */
struct capture {
	struct span name, value;
};

struct captures {
	unsigned count;
	struct capture at[CAPTURES_MAX];
};

/*
 * Reads `raw` into *p; its text is appended to `storage`, which must have
 * room for raw.len bytes. Returns what is wrong with it, in words that say
 * what to do, or nothing: an empty span.
 */
must_check struct span pattern_parse(
	struct span raw, struct text *storage, struct pattern *p);

/* Exactly `/`, a splat, and nothing else: everything. */
bool pattern_is_everything(const struct pattern *p);

/*
 * Does `path`, decoded and with its first slash, match? Fills in *captures,
 * whose values point into `path`, and which mean nothing when it does not.
 */
bool pattern_match(
	const struct pattern *p, struct span path, struct captures *captures);

/* Each placeholder standing for itself, as it is in p->text: so a rule can
 * be tried on what it makes. */
void pattern_captures(const struct pattern *p, struct captures *out);

/* What was captured as `name`, or NULL. */
const struct capture *captures_find(
	const struct captures *captures, struct span name);

/*
 * Takes from *rest what is literal up to the next `:name`, and that name,
 * without its colon; an empty name at the end. False when nothing was left.
 */
bool placeholder_take(
	struct span *rest, struct span *literal, struct span *name);

/*
 * The rules of _redirects (hstatic(1), RULES), in the grammar of Netlify and
 * Cloudflare Pages: read once, with a report on every line that cannot be
 * honoured, and asked for each request. Must not know what files there are:
 * the caller does. Pure; the storage is the caller's.
 */
#pragma once

#include "http/pattern_set.h"
#include "http/rules.h"

struct redirect {
	struct span to; /* as it stands in the file */
	unsigned line;
	uint16_t status; /* 301 302 303 307 308; 200: rewrite; 404: page */
	bool is_forced;  /* even where there is a file */
};

/* In the order of the file. About 120 KiB. */
struct redirects {
	struct pattern_set from;
	struct redirect rules[RULES_MAX]; /* of the pattern of that index */
};

/*
 * Reads the whole of the file into *r. `text` and what is in `storage`, which
 * must have room for text.len bytes, are borrowed for as long as *r is used.
 * A line that cannot be honoured is reported and left out; returns how many,
 * those that merely make no difference not counted.
 */
unsigned redirects_parse(struct redirects *r, struct span text,
	struct text *storage, struct rules_report *report);

/*
 * The first rule that matches `path` (as path_resolve gives it, with a slash
 * before it), in the order of the file, or NULL. `forced_only` passes over
 * those that a file comes before. The whole order is:
 * - the first rule, if it is forced, whatever there is;
 * - where there is a file, the first forced rule, else the file;
 * - where there is none, the first rule.
 * *captures points into `path`.
 */
const struct redirect *redirects_find(const struct redirects *r,
	struct span path, bool forced_only, struct captures *captures);

/* Does the rule send the client elsewhere, rather than choose a file? */
static inline bool redirect_is_elsewhere(const struct redirect *rule)
{
	return rule->status >= 300 && rule->status < 400;
}

/*
 * Of a rule that leads elsewhere: appends the value of Location. `query` is
 * the request's, empty or with its question mark. False, *out untouched, when
 * it does not fit, which no line of a file does: the client's part did it.
 */
must_check bool redirect_location(const struct redirect *rule,
	const struct captures *captures, struct span query, struct text *out);

/*
 * Of a rule of status 200 or 404: appends the name of its file below the
 * root, decoded and without a leading slash, as path_resolve does. False,
 * *out untouched, when no such name is served: 404.
 */
must_check bool redirect_name(const struct redirect *rule,
	const struct captures *captures, struct text *out);

/*
 * The rules of _headers (hstatic(1), RULES), in the grammar of Cloudflare
 * Pages and Netlify: read once, with a report on every line that cannot be
 * honoured, matched for each answer, and applied to its fields (RFC 9110 5).
 * Fields that frame or identify a message stay the server's own. Pure; the
 * storage is the caller's.
 */
#pragma once

#include "http/field_list.h"
#include "http/pattern_set.h"
#include "http/rules.h"

/* All lines of fields in the file, and the rules that one answer heeds. */
#define HEADERS_LINES_MAX 4096
#define HEADERS_MATCH_MAX 16

/* What the rules may add to one answer; lines beyond are dropped. */
#define HEADERS_FIELDS_MAX 64
#define HEADERS_BYTES_MAX  8192

/* One indented line: "Name: value", or "! Name". */
struct header_line {
	struct span name, value; /* as they stand in the file */
	bool is_removal;
	bool is_of_file; /* says something of the very file */
};

struct header_rule {
	unsigned line;
	uint16_t first, count; /* of its lines */
};

/* In the order of the file. About 250 KiB. */
struct headers {
	struct pattern_set patterns;
	struct header_rule rules[RULES_MAX]; /* of the pattern of that index */
	unsigned line_count;
	struct header_line lines[HEADERS_LINES_MAX];
};

/* Which rules apply to an answer, in the order of the file. */
struct header_match {
	bool is_stand_in;
	bool is_cut; /* more rules match than are heeded */
	uint8_t count;
	uint16_t rules[HEADERS_MATCH_MAX];
};

/*
 * Reads the whole of the file into *h. `text` and what is in `storage`, which
 * must have room for text.len bytes, are borrowed for as long as *h is used.
 * A line that cannot be honoured is reported and left out, a path with all
 * that is below it; returns how many reports there were.
 */
unsigned headers_parse(struct headers *h, struct span text,
	struct text *storage, struct rules_report *report);

/*
 * The rules for `path` (as path_resolve gives it, with a slash before it).
 * `is_stand_in`: the body is not that of the path: an error, a redirect, a
 * fallback, a rewrite. Then only the rules for everything apply, as the
 * others mean a file that this is not.
 */
struct header_match headers_match(
	const struct headers *h, struct span path, bool is_stand_in);

/*
 * Edits *list as these rules say, which were found for `path`. A value of
 * theirs takes the place of ours, and is joined to that of an earlier line;
 * a field that can have one value only has the last, Vary is only added to,
 * Set-Cookie gets a line each. Values made from parts are appended to
 * `storage`, which is never full afterwards: where it has no room to join, a
 * line of its own says the same; a line for which it or the list has no room
 * at all is dropped. Of a stand-in, no field about caching or content is
 * touched.
 */
void headers_apply(const struct headers *h, const struct header_match *match,
	struct span path, struct field_list *list, struct text *storage);

/* The line of the file that a rule begins with. */
static inline unsigned headers_rule_line(const struct headers *h, uint16_t rule)
{
	return h->rules[rule].line;
}

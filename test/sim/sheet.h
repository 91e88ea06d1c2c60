/*
 * What stands in _redirects and _headers: whole lines from a small set, each
 * with what it means beside it, so that the judge need not read them. Every
 * writing has a stamp of its own, which the answers show. Shares no code with
 * http/.
 */
#pragma once

#include "content.h"

#define SHEET_LINES_MAX 6
#define SHEET_TEXT_MAX  128

/* In all of these, '@' stands for the stamp. */
struct sheet_line {
	const char *text, *from;
	/* Of _redirects. */
	const char *to;
	unsigned status;
	bool is_forced;
	/* Of _headers. */
	const char *field, *value;
	bool is_of_file; /* the field says something of the very file */
	bool is_broken;
};

struct sheet {
	uint32_t stamp;
	unsigned count;
	const struct sheet_line *lines[SHEET_LINES_MAX];
};

/* Is `name` that of a file of rules? */
bool sheet_is_name(const char *name);

/* What somebody writes into it: `count` lines at most. */
const struct content *sheet_draw(
	struct world *w, const char *name, unsigned count);

/* Is there a line that cannot be honoured? */
bool sheet_is_broken(const struct sheet *s);

/* The first rule for `path`, with its first slash, and what stands for its
 * star; NULL when there is none. `s` may be NULL. */
const struct sheet_line *sheet_rule(const struct sheet *s, const char *path,
	bool forced_only, const char **splat);

/* Where it leads. */
void sheet_target(const struct sheet *s, const struct sheet_line *line,
	const char *splat, char out[SHEET_TEXT_MAX]);

/* The value of `field` in an answer about `path`; false: it says nothing.
 * `is_itself`: what is sent is what the path names. `s` may be NULL. */
bool sheet_field(const struct sheet *s, const char *path, const char *field,
	bool is_itself, char out[SHEET_TEXT_MAX]);

/*
 * What the site's two rule files, _redirects and _headers, have in common
 * (hstatic(1), RULES): lines, their limits, and how somebody is told that a
 * line cannot be honoured. Must not know what a rule means. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "base/text.h"

/* Those of Cloudflare Pages, so that a file that works there works here. */
#define RULES_STATIC_MAX  2000
#define RULES_DYNAMIC_MAX 100
#define RULES_MAX         (RULES_STATIC_MAX + RULES_DYNAMIC_MAX)
#define RULES_LINE_MAX    2000
/* For whoever reads the file: 2100 rules of 500 bytes each. */
#define RULES_FILE_MAX (1u << 20)

/*
 * Who is told. `words` is one line without control characters, borrowed for
 * the call; `line` counts from 1. An error is a line that was left out and
 * that its author meant to count; a warning is one that makes no difference.
 */
struct rules_report {
	void (*say)(struct rules_report *, unsigned line, struct span words);
	unsigned errors, warnings;
};

struct rules_reader {
	struct span rest;
	unsigned line; /* of what was taken last */
	struct rules_report *report;
};

/* Begins with the whole text of a file; a byte order mark is passed over. */
struct rules_reader rules_read(struct span text, struct rules_report *report);

/*
 * Takes the next line that says something: no blank one, no comment. Without
 * its end and the white space before that; white space at its start stays. A
 * line that is too long or has a control character is reported, and passed
 * over. False at the end.
 */
bool rules_take_line(struct rules_reader *r, struct span *line);

/* Reports the line that was taken last: "about: words", or the words alone
 * where `about` is empty. A long `about` is cut. */
void rules_refuse(struct rules_reader *r, struct span about, struct span words);
void rules_warn(struct rules_reader *r, struct span about, struct span words);

/* Is `name`, relative to the root, one of the two files themselves? They are
 * never served, and no rewrite leads to them. */
bool rules_is_file(struct span name);

/* Well-formed UTF-8 (RFC 3629 4)? */
bool rules_is_utf8(struct span s);

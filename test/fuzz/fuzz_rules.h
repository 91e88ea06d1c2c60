/*
 * What the two targets for rule files share: a report that is checked as it
 * comes, and memory of the very size that a parser was promised. Must not
 * know what either file means.
 */
#pragma once

#include "fuzz.h"

#include <stdlib.h>

#include "http/rules.h"

/* The sum tells whether two readings of one file said the same. */
struct fuzz_report {
	struct rules_report report;
	unsigned lines; /* in the file */
	uint64_t sum;
};

static inline void fuzz_say(
	struct rules_report *report, unsigned line, struct span words)
{
	struct fuzz_report *r = container_of(
		report, struct fuzz_report, report);

	assert(line >= 1 && line <= r->lines);
	assert(words.len > 0 && words.len < 400);
	for (size_t i = 0; i < words.len; i++) {
		uint8_t c = (uint8_t)words.at[i];
		assert(c == '\t' || (c >= ' ' && c != 0x7f));
		r->sum = (r->sum ^ c) * 1099511628211u;
	}
	r->sum += line;
}

static inline struct fuzz_report fuzz_report_for(struct span file)
{
	struct fuzz_report r = { .report = { .say = fuzz_say }, .lines = 1 };

	for (size_t i = 0; i < file.len; i++)
		r.lines += file.at[i] == '\n';
	return r;
}

static inline struct text fuzz_text(size_t size)
{
	char *at = malloc(size > 0 ? size : 1);

	assert(at != NULL);
	return text_in(at, size);
}

/* "/" and the first line of the input, as no path_resolve would give it. */
static inline struct span fuzz_take_path(struct span *rest)
{
	static char path[4097];
	struct span line = SPAN("");

	fuzz_take_line(rest, &line);
	line = span_first(line, sizeof path - 1);
	path[0] = '/';
	if (line.len > 0)
		memcpy(path + 1, line.at, line.len);
	return (struct span){ path, line.len + 1 };
}

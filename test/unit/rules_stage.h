/*
 * What the tests of rule files share: a report that keeps what it is told as
 * lines, "3 E about: words", so that a test compares one text. Must not know
 * any of the rules.
 */
#pragma once

#include "support.h"

#include "http/rules.h"

struct told {
	struct rules_report report;
	unsigned errors; /* when the last line was said */
	struct text text;
	char storage[1 << 16];
};

static inline void told_say(
	struct rules_report *report, unsigned line, struct span words)
{
	struct told *told = container_of(report, struct told, report);
	bool is_error = report->errors > told->errors;

	told->errors = report->errors;
	text_add_u64(&told->text, line);
	text_add(&told->text, is_error ? SPAN(" E ") : SPAN(" W "));
	text_add(&told->text, words);
	text_add_char(&told->text, '\n');
}

static inline void told_init(struct told *told)
{
	told->report = (struct rules_report){ .say = told_say };
	told->errors = 0;
	told->text = text_in(told->storage, sizeof told->storage);
}

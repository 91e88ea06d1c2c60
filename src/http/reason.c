/*
 * The words of a reason with its numbers put in (reason.def). Must not know
 * why a decision was taken: whoever took it noted that. Pure.
 */
#include "http/reason.h"

#include <assert.h>

#include "http/date.h"
#include "http/resource.h"

struct entry {
	struct span topic, words, source;
};

#define LITERAL(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static const struct entry table[REASON_COUNT] = {
#define REASON(id, topic, words, source) \
	[REASON_##id] = { LITERAL(topic), LITERAL(words), LITERAL(source) },
#include "http/reason.def"
#undef REASON
};

struct span reason_topic(enum reason reason)
{
	return table[reason].topic;
}

struct span reason_source(enum reason reason)
{
	return table[reason].source;
}

static void add_codings(uint64_t bits, struct text *out)
{
	const char *between = "";

	for (enum coding c = 0; c < CODING_COUNT; c++) {
		if ((bits & 1u << c) == 0)
			continue;
		text_add(out, span_of(between));
		text_add(out, coding_name(c));
		between = ", ";
	}
}

/* Appends what the placeholder between the braces stands for. */
static void add_value(const struct trail_step *step, struct span placeholder,
	struct text *out)
{
	if (span_equal(placeholder, SPAN("a")))
		text_add_u64(out, step->a);
	else if (span_equal(placeholder, SPAN("b")))
		text_add_u64(out, step->b);
	else if (span_equal(placeholder, SPAN("coding:a")))
		text_add(out, coding_name((enum coding)step->a));
	else if (span_equal(placeholder, SPAN("codings:a")))
		add_codings(step->a, out);
	else {
		assert(span_equal(placeholder, SPAN("date:a")));
		date_add(out, (int64_t)step->a);
	}
}

void reason_write(const struct trail_step *step, struct text *out)
{
	struct span rest = table[step->reason].words;

	while (rest.len > 0) {
		size_t open = span_find(rest, '{');
		text_add(out, span_first(rest, open));
		rest = span_skip(rest, open);
		if (rest.len == 0)
			break;
		size_t close = span_find(rest, '}');
		assert(close < rest.len);
		add_value(step, span_skip(span_first(rest, close), 1), out);
		rest = span_skip(rest, close + 1);
	}
}

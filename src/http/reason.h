/*
 * Reasons as data: every decision that hstatic takes about a request is one
 * entry of reason.def, and a plan carries the trail of those taken. explain,
 * the logs and the tests use the same words. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "base/text.h"

enum reason {
#define REASON(id, topic, words, source) REASON_##id,
#include "http/reason.def"
#undef REASON
	REASON_COUNT
};

/* Longest trail: a dozen topics have one decision or two, and 16 rules of
 * _headers may apply. */
#define TRAIL_MAX 40

struct trail_step {
	enum reason reason;
	uint64_t a, b; /* the numbers that the words name {a} and {b} */
};

struct trail {
	unsigned count;
	struct trail_step steps[TRAIL_MAX];
};

/* Notes a decision; beyond TRAIL_MAX it is dropped. */
static inline void trail_add(
	struct trail *t, enum reason reason, uint64_t a, uint64_t b)
{
	if (t->count < TRAIL_MAX)
		t->steps[t->count++] =
			(struct trail_step){ .reason = reason, .a = a, .b = b };
}

static inline void trail_note(struct trail *t, enum reason reason)
{
	trail_add(t, reason, 0, 0);
}

/* "target", "coding", "range", ...: the left column of explain. */
struct span reason_topic(enum reason reason);

/* "RFC 9110 14.1.2", or where else the decision comes from; may be empty. */
struct span reason_source(enum reason reason);

/* The words of a step with its numbers put in: {a} {b} {coding:a}
 * {codings:a} {date:a}. */
void reason_write(const struct trail_step *step, struct text *out);

/*
 * Text under construction in storage of a fixed size. What does not fit is
 * not written and `is_full` is set once and for all, so that a whole head can
 * be composed without a check per line and one check at the end.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

struct text {
	char *at;
	size_t len;
	size_t size;
	bool is_full;
};

static inline struct text text_in(char *storage, size_t size)
{
	return (struct text){ .at = storage, .size = size };
}

static inline struct span text_span(const struct text *t)
{
	return (struct span){ t->at, t->len };
}

/* Appends the whole of `s`, or nothing and sets is_full. */
void text_add(struct text *t, struct span s);

void text_add_char(struct text *t, char c);

/* Appends `value` in decimal, without leading zeros. */
void text_add_u64(struct text *t, uint64_t value);

/* Appends the last `digits` decimal digits of `value`, padded with zeros. */
void text_add_padded(struct text *t, uint64_t value, unsigned digits);

#define text_add_literal(t, literal) text_add((t), SPAN(literal))

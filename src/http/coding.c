/*
 * The choice of a content coding: Accept-Encoding (RFC 9110 12.5.3) and its
 * weights (12.4.2) against the variants that exist. "*" speaks for every
 * coding that is not listed, identity among them. An element with a weight
 * that is not valid refuses its coding, and of two elements for the same
 * coding the lower weight counts: to send identity is always safe. Must not
 * know where the variants come from. Pure.
 */
#include "http/coding.h"

#define WEIGHT_UNLISTED (-1)

struct weights {
	int of[CODING_COUNT]; /* 0 to FIELD_WEIGHT_ONE, or WEIGHT_UNLISTED */
	int star;
};

/* Where the weight of `name` belongs; NULL for a coding we do not know. */
static int *weights_find(struct weights *w, struct span name)
{
	if (span_equal(name, SPAN("*")))
		return &w->star;
	/* A recipient treats the old name as the new one (8.4.1.3). */
	if (span_equal_nocase(name, SPAN("x-gzip")))
		return &w->of[CODING_GZIP];
	for (enum coding i = CODING_IDENTITY; i < CODING_COUNT; i++) {
		if (span_equal_nocase(name, coding_name(i)))
			return &w->of[i];
	}
	return NULL;
}

/* `s` is what follows the name: nothing, or OWS ";" OWS "q=" qvalue. */
static int weight_read(struct span s)
{
	if (s.len == 0)
		return FIELD_WEIGHT_ONE;
	s = span_trim(span_skip(s, 1));
	if (!span_equal_nocase(span_first(s, 2), SPAN("q=")))
		return 0;
	return field_read_weight(span_skip(s, 2));
}

static void weights_add(struct weights *w, struct span element)
{
	size_t length = span_find(element, ';');
	int *place = weights_find(w, span_trim(span_first(element, length)));
	int weight = weight_read(span_skip(element, length));

	if (place != NULL && (*place == WEIGHT_UNLISTED || weight < *place))
		*place = weight;
}

static struct weights weights_read(const struct request *q)
{
	struct weights w = { .star = WEIGHT_UNLISTED };
	struct span list, element;
	unsigned at = 0;

	for (unsigned i = 0; i < CODING_COUNT; i++)
		w.of[i] = WEIGHT_UNLISTED;
	while (request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &list)) {
		while (field_take_element(&list, &element))
			weights_add(&w, element);
	}
	for (unsigned i = 0; i < CODING_COUNT; i++) {
		if (w.of[i] == WEIGHT_UNLISTED)
			w.of[i] = w.star;
	}
	return w;
}

/* Is `a` a better choice than `b`? Both exist and are acceptable. */
static bool is_better(const struct resource *r, const struct weights *w,
	enum coding a, enum coding b)
{
	if (w->of[a] != w->of[b])
		return w->of[a] > w->of[b];
	if (r->variants[a].size != r->variants[b].size)
		return r->variants[a].size < r->variants[b].size;
	return a > b;
}

/* Range is for GET only (14.2). */
static bool asks_range(const struct request *q)
{
	return q->method == METHOD_GET && request_has(q, FIELD_RANGE);
}

/* Is there such a variant, for this request? */
static bool is_there(
	const struct request *q, const struct resource *r, enum coding coding)
{
	const struct variant *v = &r->variants[coding];

	return v->exists && !(v->is_made && asks_range(q));
}

/* CODING_COUNT when nothing that exists is acceptable. */
static enum coding best_of(const struct request *q, const struct resource *r,
	const struct weights *w)
{
	enum coding best = CODING_COUNT;

	for (enum coding i = CODING_IDENTITY; i < CODING_COUNT; i++) {
		/* Not listed, identity is acceptable and comes last. */
		bool is_acceptable = w->of[i] > 0 ||
				     (i == CODING_IDENTITY &&
					     w->of[i] == WEIGHT_UNLISTED);
		if (!is_there(q, r, i) || !is_acceptable)
			continue;
		if (best == CODING_COUNT || is_better(r, w, i, best))
			best = i;
	}
	return best;
}

enum coding coding_choose(
	const struct request *q, const struct resource *r, struct trail *trail)
{
	unsigned there = 0, made = 0;

	if (!request_has(q, FIELD_ACCEPT_ENCODING)) {
		trail_note(trail, REASON_CODING_NONE_ASKED);
		return CODING_IDENTITY;
	}
	for (enum coding i = CODING_GZIP; i < CODING_COUNT; i++) {
		there += is_there(q, r, i);
		made += r->variants[i].is_made;
	}
	if (there == 0) {
		trail_note(trail, made > 0 ? REASON_CODING_MADE_NO_RANGE
					   : REASON_CODING_ONLY_IDENTITY);
		return CODING_IDENTITY;
	}

	struct weights w = weights_read(q);
	enum coding best = best_of(q, r, &w);
	if (best == CODING_COUNT) {
		trail_note(trail, REASON_CODING_REFUSED);
		return CODING_IDENTITY;
	}
	trail_add(trail, REASON_CODING_CHOSEN, best, r->variants[best].size);
	return best;
}

unsigned coding_wanted(const struct request *q, const struct resource *r,
	enum coding chosen, struct trail *trail)
{
	uint64_t size = r->variants[CODING_IDENTITY].size;
	unsigned wanted = 0;

	if (r->unmade == 0 || size < CODING_MADE_MIN ||
		size > CODING_MADE_MAX || asks_range(q) ||
		!request_has(q, FIELD_ACCEPT_ENCODING))
		return 0;
	struct weights w = weights_read(q);
	for (enum coding i = CODING_GZIP; i < CODING_COUNT; i++) {
		if ((r->unmade & 1u << i) != 0 && w.of[i] > 0 &&
			w.of[i] >= w.of[chosen])
			wanted |= 1u << i;
	}
	if (wanted != 0)
		trail_add(trail, REASON_CODING_WANTED, wanted, 0);
	return wanted;
}

/*
 * The Range field: which bytes it asks for, by the grammar of RFC 9110 14.1.1
 * (white space only around the commas, empty elements passed over: 5.6.1),
 * the meaning of 14.1.2 and the defences of 14.2. A position too large for 64
 * bits is as good as the largest. Reading stops at the first specifier above
 * RANGES_MAX, so that the cost is linear in the length of the field. Must not
 * know the request: method and If-Range are judged before. Pure.
 */
#include "http/range.h"

#include "http/field.h"

/* One range-spec as it stands: FIRST-, FIRST-LAST or -LAST. */
struct spec {
	bool has_first, has_last;
	uint64_t first, last;
};

/* 1*DIGIT; what exceeds 64 bits reads as UINT64_MAX. */
static bool read_position(struct span s, uint64_t *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.at[i]))
			return false;
	}
	if (s.len > 0 && !span_read_u64(s, out))
		*out = UINT64_MAX;
	return s.len > 0;
}

static bool spec_read(struct span s, struct spec *out)
{
	size_t dash = span_find(s, '-');
	if (dash == s.len)
		return false;

	struct span first = span_first(s, dash);
	struct span last = span_skip(s, dash + 1);
	*out = (struct spec){ .has_first = first.len > 0,
		.has_last = last.len > 0 };
	if (!out->has_first && !out->has_last)
		return false;
	if (out->has_first && !read_position(first, &out->first))
		return false;
	if (out->has_last && !read_position(last, &out->last))
		return false;
	return !out->has_first || !out->has_last || out->last >= out->first;
}

/* The part of the body that `spec` means; of length 0 when there is none. */
static struct range spec_resolve(const struct spec *spec, uint64_t size)
{
	if (!spec->has_first) {
		uint64_t length = min_u64(spec->last, size);
		return (struct range){ .first = size - length,
			.length = length };
	}
	if (spec->first >= size)
		return (struct range){ 0 };
	uint64_t last = spec->has_last ? min_u64(spec->last, size - 1)
				       : size - 1;
	return (struct range){ .first = spec->first,
		.length = last - spec->first + 1 };
}

static bool set_has_overlap(const struct range_set *set)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct range *a = &set->at[i];
		for (unsigned k = i + 1; k < set->count; k++) {
			const struct range *b = &set->at[k];
			if (a->first < b->first + b->length &&
				b->first < a->first + a->length)
				return true;
		}
	}
	return false;
}

static enum range_verdict refuse(
	struct trail *trail, enum reason reason, uint64_t a)
{
	trail_add(trail, reason, a, 0);
	return RANGE_WHOLE;
}

static enum range_verdict set_judge(const struct range_set *set, uint64_t size,
	struct range_set *out, struct trail *trail)
{
	if (set->count == 0) {
		trail_add(trail, REASON_RANGE_BEYOND, size, 0);
		return RANGE_UNSATISFIABLE;
	}
	if (set_has_overlap(set))
		return refuse(trail, REASON_RANGE_OVERLAPS, 0);
	for (unsigned i = 0; i < set->count; i++) {
		const struct range *r = &set->at[i];
		trail_add(trail, REASON_RANGE_SATISFIABLE, r->first,
			r->first + r->length - 1);
	}
	*out = *set;
	return RANGE_PARTIAL;
}

static enum range_verdict set_choose(struct span list, uint64_t size,
	struct range_set *out, struct trail *trail)
{
	struct range_set set = { 0 };
	struct span element;
	unsigned specs = 0;

	while (field_take_element(&list, &element)) {
		struct spec spec;
		if (!spec_read(element, &spec))
			return refuse(trail, REASON_RANGE_INVALID, 0);
		if (specs++ == RANGES_MAX)
			return refuse(trail, REASON_RANGE_TOO_MANY, RANGES_MAX);
		struct range range = spec_resolve(&spec, size);
		if (range.length > 0)
			set.at[set.count++] = range;
	}
	if (specs == 0)
		return refuse(trail, REASON_RANGE_INVALID, 0);
	return set_judge(&set, size, out, trail);
}

enum range_verdict range_choose(struct span value, uint64_t size,
	struct range_set *out, struct trail *trail)
{
	size_t equals = span_find(value, '=');
	struct span unit = span_first(value, equals);

	if (equals == value.len || !field_is_token(unit))
		return refuse(trail, REASON_RANGE_INVALID, 0);
	if (!span_equal_nocase(unit, SPAN("bytes")))
		return refuse(trail, REASON_RANGE_UNIT_IGNORED, 0);

	/* The list may begin with an element or a comma, not with a space. */
	struct span list = span_skip(value, equals + 1);
	if (list.len > 0 && span_trim(list).at != list.at)
		return refuse(trail, REASON_RANGE_INVALID, 0);
	return set_choose(list, size, out, trail);
}

/*
 * Byte ranges (RFC 9110 14.1.1, 14.1.2, 14.2) against bodies of every order
 * of size: what is given lies within the body, is not empty, and does not
 * overlap; whether the field is valid does not depend on the size.
 */
#include "fuzz.h"

#include "http/range.h"

static const uint64_t sizes[] = { 0, 1, 2, 10, 100, 4096, UINT64_C(1) << 32,
	INT64_MAX, UINT64_MAX };

static void check_set(const struct range_set *set, uint64_t size)
{
	assert(set->count >= 1 && set->count <= RANGES_MAX);
	for (unsigned i = 0; i < set->count; i++) {
		const struct range *a = &set->at[i];
		assert(a->length > 0 && a->first < size);
		assert(a->length <= size - a->first);
		for (unsigned k = 0; k < i; k++) {
			const struct range *b = &set->at[k];
			assert(a->first >= b->first + b->length ||
				b->first >= a->first + a->length);
		}
	}
}

/* The reason that stands first in the trail. */
static enum reason check(struct span value, uint64_t size)
{
	struct range_set set, before;
	struct trail trail = { 0 };

	memset(&set, 0xa5, sizeof set);
	memcpy(&before, &set, sizeof set);
	enum range_verdict verdict = range_choose(value, size, &set, &trail);
	assert(trail.count > 0);
	enum reason why = trail.steps[0].reason;
	switch (verdict) {
	case RANGE_PARTIAL:
		assert(size > 0 && why == REASON_RANGE_SATISFIABLE);
		check_set(&set, size);
		break;
	case RANGE_UNSATISFIABLE:
		assert(why == REASON_RANGE_BEYOND);
		break;
	case RANGE_WHOLE:
		assert(why != REASON_RANGE_SATISFIABLE &&
			why != REASON_RANGE_BEYOND);
		break;
	}
	if (verdict != RANGE_PARTIAL)
		assert(memcmp(&set, &before, sizeof set) == 0);
	return why;
}

static bool is_about_syntax(enum reason why)
{
	return why == REASON_RANGE_INVALID || why == REASON_RANGE_TOO_MANY ||
	       why == REASON_RANGE_UNIT_IGNORED;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span value = span_trim(fuzz_span(bytes, size));
	enum reason first = check(value, sizes[0]);

	for (size_t i = 1; i < array_count(sizes); i++) {
		enum reason why = check(value, sizes[i]);
		assert(is_about_syntax(why) == is_about_syntax(first));
		assert(!is_about_syntax(why) || why == first);
	}
	return 0;
}

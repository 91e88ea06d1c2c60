/*
 * Byte ranges (RFC 9110 14): the grammar of 14.1.1, what a range set means
 * for a body of some size (14.1.2), and the sets that 14.2 lets us answer
 * with the whole.
 */
#include "support.h"

#include <stdio.h>

#include "base/text.h"
#include "http/range.h"

/* Stands for "the set was not touched". */
#define UNTOUCHED 99

struct row {
	const char *value;
	uint64_t size;
	enum range_verdict verdict;
	enum reason reason;
	unsigned count;
	struct range want[RANGES_MAX];
};

#define ONE(value, size, first, length) \
	{ \
		value, size, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 1, \
		{ \
			{ \
				first, length \
			} \
		} \
	}
#define BEYOND(value, size) \
	{ \
		value, size, RANGE_UNSATISFIABLE, REASON_RANGE_BEYOND, 0, \
		{ \
			{ \
				0 \
			} \
		} \
	}
#define WHOLE(value, size, reason) \
	{ \
		value, size, RANGE_WHOLE, REASON_RANGE_##reason, 0, \
		{ \
			{ \
				0 \
			} \
		} \
	}

static const struct row rows[] = {
	/* 14.1.2: first-pos and last-pos are inclusive, from 0 */
	ONE("bytes=0-0", 10, 0, 1),
	ONE("bytes=0-4", 10, 0, 5),
	ONE("bytes=3-3", 10, 3, 1),
	ONE("bytes=9-9", 10, 9, 1),
	ONE("bytes=0005-0006", 10, 5, 2),
	/* 14.1.2: last-pos absent or too large means the remainder */
	ONE("bytes=5-", 10, 5, 5),
	ONE("bytes=9-", 10, 9, 1),
	ONE("bytes=0-10", 10, 0, 10),
	ONE("bytes=8-999999999999", 10, 8, 2),
	/* 15.3.7: a range of everything is a range all the same */
	ONE("bytes=0-", 10, 0, 10),
	ONE("bytes=0-9", 10, 0, 10),
	ONE("bytes=-10", 10, 0, 10),
	/* 14.1.2: the last N bytes, or all when there are fewer */
	ONE("bytes=-1", 10, 9, 1),
	ONE("bytes=-5", 10, 5, 5),
	ONE("bytes=-11", 10, 0, 10),
	/* 14.1.2: unsatisfiable are a first-pos beyond and a suffix of 0 */
	BEYOND("bytes=10-", 10),
	BEYOND("bytes=10-10", 10),
	BEYOND("bytes=100-200", 10),
	BEYOND("bytes=-0", 10),
	BEYOND("bytes=-000", 10),
	BEYOND("bytes=50-60,70-80,-0", 10),
	/* nothing lies within an empty body */
	BEYOND("bytes=0-", 0),
	BEYOND("bytes=0-0", 0),
	BEYOND("bytes=0-100", 0),
	BEYOND("bytes=-5", 0),
	BEYOND("bytes=-0", 0),
	/* 14.1.2: positions of any number of digits */
	ONE("bytes=5-18446744073709551615", 10, 5, 5),
	ONE("bytes=5-18446744073709551616", 10, 5, 5),
	ONE("bytes=5-99999999999999999999999999999999", 10, 5, 5),
	ONE("bytes=-18446744073709551615", 10, 0, 10),
	ONE("bytes=-18446744073709551616", 10, 0, 10),
	ONE("bytes=-99999999999999999999999999999999", 10, 0, 10),
	ONE("bytes=00000000000000000000000000000005-", 10, 5, 5),
	BEYOND("bytes=18446744073709551615-", 10),
	BEYOND("bytes=18446744073709551616-", 10),
	BEYOND("bytes=18446744073709551617-18446744073709551618", 10),
	BEYOND("bytes=9223372036854775808-", 10),
	/* and bodies as large as a position can be */
	ONE("bytes=0-", UINT64_MAX, 0, UINT64_MAX),
	ONE("bytes=-1", UINT64_MAX, UINT64_MAX - 1, 1),
	ONE("bytes=18446744073709551614-", UINT64_MAX, UINT64_MAX - 1, 1),
	BEYOND("bytes=18446744073709551615-", UINT64_MAX),
	/* 14.1: range units are case-insensitive */
	ONE("BYTES=0-4", 10, 0, 5),
	ONE("Bytes=0-4", 10, 0, 5),
	/* 14.2: an unknown unit is ignored */
	WHOLE("octets=0-4", 10, UNIT_IGNORED),
	WHOLE("byte=0-4", 10, UNIT_IGNORED),
	WHOLE("bytess=0-4", 10, UNIT_IGNORED),
	WHOLE("seconds=1.5-2", 10, UNIT_IGNORED),
	/* 14.1.1: ranges-specifier = range-unit "=" range-set */
	WHOLE("", 10, INVALID),
	WHOLE("bytes", 10, INVALID),
	WHOLE("0-4", 10, INVALID),
	WHOLE("=0-4", 10, INVALID),
	WHOLE("bytes =0-4", 10, INVALID),
	WHOLE(" bytes=0-4", 10, INVALID),
	WHOLE("bytes= 0-4", 10, INVALID),
	WHOLE("bytes=\t0-4", 10, INVALID),
	WHOLE("bytes==0-4", 10, INVALID),
	WHOLE("bytes:0-4", 10, INVALID),
	WHOLE("bytes,bytes=0-4", 10, INVALID),
	/* 14.1.1: int-range = first-pos "-" [ last-pos ] */
	WHOLE("bytes=0", 10, INVALID),
	WHOLE("bytes=a-b", 10, INVALID),
	WHOLE("bytes=0-b", 10, INVALID),
	WHOLE("bytes=b-4", 10, INVALID),
	WHOLE("bytes=0--4", 10, INVALID),
	WHOLE("bytes=0-4-6", 10, INVALID),
	WHOLE("bytes=+1-4", 10, INVALID),
	WHOLE("bytes=1.0-4", 10, INVALID),
	WHOLE("bytes=0x1-4", 10, INVALID),
	WHOLE("bytes=0 -4", 10, INVALID),
	WHOLE("bytes=0- 4", 10, INVALID),
	WHOLE("bytes=0-4;", 10, INVALID),
	WHOLE("bytes=0-4/10", 10, INVALID),
	WHOLE("bytes=0-99999999999999999999x", 10, INVALID),
	WHOLE("bytes=\"0-4\"", 10, INVALID),
	WHOLE("bytes=*", 10, INVALID),
	/* 14.1.1: suffix-range = "-" suffix-length */
	WHOLE("bytes=-", 10, INVALID),
	WHOLE("bytes=--4", 10, INVALID),
	WHOLE("bytes=-5-", 10, INVALID),
	WHOLE("bytes=-+5", 10, INVALID),
	WHOLE("bytes=- 5", 10, INVALID),
	/* 14.1.1: a last-pos less than first-pos makes int-range invalid */
	WHOLE("bytes=5-4", 10, INVALID),
	WHOLE("bytes=50-40", 10, INVALID),
	WHOLE("bytes=18446744073709551616-5", 10, INVALID),
	/* 14.2: and with it the whole set */
	WHOLE("bytes=0-0,5-4", 10, INVALID),
	WHOLE("bytes=0-0,bad", 10, INVALID),
	WHOLE("bytes=50-60,bad", 10, INVALID),
	WHOLE("bytes=0-4,2-6,bad", 10, INVALID),
	/* 5.6.1: empty elements do not count, but one must not be empty */
	ONE("bytes=0-4,", 10, 0, 5),
	ONE("bytes=,0-4", 10, 0, 5),
	ONE("bytes=, ,\t, 0-4 ,,", 10, 0, 5),
	WHOLE("bytes=", 10, INVALID),
	WHOLE("bytes=,", 10, INVALID),
	WHOLE("bytes=, ,", 10, INVALID),
	/* 14.1.2: satisfiable if one of the set is; the others drop out */
	ONE("bytes=0-0,50-60", 10, 0, 1),
	ONE("bytes=50-60,-0,-1", 10, 9, 1),
	/* 14.2: overlapping ranges */
	WHOLE("bytes=0-4,4-6", 10, OVERLAPS),
	WHOLE("bytes=4-6,0-4", 10, OVERLAPS),
	WHOLE("bytes=0-,0-,0-", 10, OVERLAPS),
	WHOLE("bytes=0-9,3-4", 10, OVERLAPS),
	WHOLE("bytes=3-4,0-9", 10, OVERLAPS),
	WHOLE("bytes=0-0,5-5,0-0", 10, OVERLAPS),
	WHOLE("bytes=-4,-9223372036854775604", 10, OVERLAPS),
	WHOLE("bytes=0-8,-2", 10, OVERLAPS),
	/* 15.3.7.2: several parts, in the order asked for; 5.6.1: OWS */
	{ "bytes=0-1,8-9", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 2,
		{ { 0, 2 }, { 8, 2 } } },
	{ "bytes=8-,0-1", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 2,
		{ { 8, 2 }, { 0, 2 } } },
	{ "bytes=0-1, 4-5 ,\t8-9", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE,
		3, { { 0, 2 }, { 4, 2 }, { 8, 2 } } },
	{ "bytes=0-1,99-,-2", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 2,
		{ { 0, 2 }, { 8, 2 } } },
	/* adjacent is not overlapping */
	{ "bytes=0-4,5-9", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 2,
		{ { 0, 5 }, { 5, 5 } } },
	{ "bytes=5-9,0-4", 10, RANGE_PARTIAL, REASON_RANGE_SATISFIABLE, 2,
		{ { 5, 5 }, { 0, 5 } } },
};

static void expect_set(const struct row *c, const struct range_set *got)
{
	if (c->verdict != RANGE_PARTIAL) {
		expect(got->count == UNTOUCHED, "%s: set touched", c->value);
		return;
	}
	expect(got->count == c->count, "%s: %u ranges", c->value, got->count);
	for (unsigned i = 0; i < c->count; i++)
		expect(got->at[i].first == c->want[i].first &&
				got->at[i].length == c->want[i].length,
			"%s: range %u is %llu+%llu", c->value, i,
			(unsigned long long)got->at[i].first,
			(unsigned long long)got->at[i].length);
}

/* One step, or for a set that is heeded one per range, with its ends. */
static void expect_trail(const struct row *c, const struct trail *t)
{
	bool is_partial = c->verdict == RANGE_PARTIAL;

	expect(t->count == (is_partial ? c->count : 1), "%s: %u steps",
		c->value, t->count);
	for (unsigned i = 0; i < t->count; i++) {
		const struct trail_step *s = &t->steps[i];
		const struct range *r = &c->want[i];
		expect(s->reason == c->reason, "%s: reason %d", c->value,
			(int)s->reason);
		expect(!is_partial || (s->a == r->first &&
					      s->b == r->first + r->length - 1),
			"%s: step %u names other bytes", c->value, i);
	}
	if (c->reason == REASON_RANGE_BEYOND)
		assert_int_equal(t->steps[0].a, c->size);
}

static void choose_by_table(void **state unused)
{
	for (size_t i = 0; i < array_count(rows); i++) {
		const struct row *c = &rows[i];
		struct range_set got = { .count = UNTOUCHED };
		struct trail trail = { 0 };
		enum range_verdict verdict = range_choose(
			span_of(c->value), c->size, &got, &trail);
		expect(verdict == c->verdict, "%s of %llu: verdict %d",
			c->value, (unsigned long long)c->size, (int)verdict);
		expect_set(c, &got);
		expect_trail(c, &trail);
	}
}

/* "bytes=" and `count` ranges of one byte each, every other byte. */
static struct span many(char *storage, size_t size, unsigned count)
{
	struct text t = text_in(storage, size);

	text_add_literal(&t, "bytes=");
	for (unsigned i = 0; i < count; i++) {
		text_add_u64(&t, 2 * i);
		text_add_char(&t, '-');
		text_add_u64(&t, 2 * i);
		text_add_char(&t, ',');
	}
	assert_false(t.is_full);
	return text_span(&t);
}

/* 14.2: a server may ignore a set of many small ranges. */
static void choose_limits_the_count(void **state unused)
{
	static char storage[64 * 1024];
	static const unsigned counts[] = { 1, RANGES_MAX, RANGES_MAX + 1,
		1000 };

	for (size_t i = 0; i < array_count(counts); i++) {
		unsigned n = counts[i];
		bool is_heeded = n <= RANGES_MAX;
		struct span value = many(storage, sizeof storage, n);
		struct range_set got = { .count = UNTOUCHED };
		struct trail trail = { 0 };
		enum range_verdict verdict = range_choose(
			value, 10000, &got, &trail);
		assert_int_equal(
			verdict, is_heeded ? RANGE_PARTIAL : RANGE_WHOLE);
		assert_int_equal(got.count, is_heeded ? n : UNTOUCHED);
		assert_int_equal(trail.count, is_heeded ? n : 1);
		if (is_heeded)
			continue;
		assert_int_equal(trail.steps[0].reason, REASON_RANGE_TOO_MANY);
		assert_int_equal(trail.steps[0].a, RANGES_MAX);
	}
}

/* Members that cannot be satisfied are counted: they cost the same. */
static void choose_counts_the_unsatisfiable(void **state unused)
{
	static char storage[4096];
	struct range_set got = { .count = UNTOUCHED };
	struct trail trail = { 0 };

	assert_int_equal(
		range_choose(many(storage, sizeof storage, RANGES_MAX + 1), 1,
			&got, &trail),
		RANGE_WHOLE);
	assert_int_equal(trail.steps[0].reason, REASON_RANGE_TOO_MANY);
}

/* Empty elements do not count, however many they are. */
static void choose_passes_over_commas(void **state unused)
{
	static char storage[16 * 1024];
	struct range_set got = { .count = UNTOUCHED };
	struct trail trail = { 0 };

	memset(storage, ',', sizeof storage);
	memcpy(storage, "bytes=", 6);
	memcpy(storage + sizeof storage - 3, "7-8", 3);
	assert_int_equal(range_choose((struct span){ storage, sizeof storage },
				 10, &got, &trail),
		RANGE_PARTIAL);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.at[0].first, 7);
	assert_int_equal(got.at[0].length, 2);
}

/*
 * Every range of every small body, against the definition: byte i is in
 * FIRST-LAST when FIRST <= i <= LAST, in -N when fewer than N follow it or
 * exactly N with itself.
 */
static void expect_bytes(const char *value, uint64_t size, uint64_t mask)
{
	struct range_set got = { .count = 0 };
	struct trail trail = { 0 };
	enum range_verdict verdict = range_choose(
		span_of(value), size, &got, &trail);
	uint64_t have = 0;

	for (unsigned i = 0; i < got.count; i++) {
		for (uint64_t k = 0; k < got.at[i].length; k++)
			have |= UINT64_C(1) << (got.at[i].first + k);
	}
	expect(verdict == (mask != 0 ? RANGE_PARTIAL : RANGE_UNSATISFIABLE),
		"%s of %u: verdict %d", value, (unsigned)size, (int)verdict);
	expect(have == mask, "%s of %u: bytes %#llx", value, (unsigned)size,
		(unsigned long long)have);
}

static void choose_by_definition(void **state unused)
{
	char value[64];

	for (unsigned size = 0; size < 6; size++) {
		for (unsigned a = 0; a < 8; a++) {
			uint64_t from = 0, last = 0;
			for (unsigned i = 0; i < size; i++) {
				from |= (uint64_t)(i >= a) << i;
				last |= (uint64_t)(size - i <= a) << i;
			}
			snprintf(value, sizeof value, "bytes=%u-", a);
			expect_bytes(value, size, from);
			snprintf(value, sizeof value, "bytes=-%u", a);
			expect_bytes(value, size, last);
			for (unsigned b = a; b < 8; b++) {
				uint64_t upto = (UINT64_C(2) << b) - 1;
				snprintf(value, sizeof value, "bytes=%u-%u", a,
					b);
				expect_bytes(value, size, from & upto);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choose_by_table),
		cmocka_unit_test(choose_limits_the_count),
		cmocka_unit_test(choose_counts_the_unsatisfiable),
		cmocka_unit_test(choose_passes_over_commas),
		cmocka_unit_test(choose_by_definition),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}

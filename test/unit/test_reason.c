/*
 * Reasons in words (reason.def): every entry can be written whatever its
 * numbers, no placeholder is left over, and each says where it comes from.
 */
#include "support.h"

#include "http/reason.h"

static struct span write_step(struct text *out, struct trail_step step)
{
	out->len = 0;
	reason_write(&step, out);
	return text_span(out);
}

static void numbers_are_put_in(void **state)
{
	(void)state;
	static const struct {
		struct trail_step step;
		const char *want;
	} cases[] = {
		{ { REASON_PATH_PLAIN, 1, 2 }, "names the file as it stands" },
		{ { REASON_RANGE_SATISFIABLE, 0, 99 }, "0-99, satisfiable" },
		{ { REASON_RANGE_BEYOND, UINT64_MAX, 0 },
			"no range lies within the 18446744073709551615 bytes" },
		{ { REASON_CODING_CHOSEN, 2, 1203 },
			"br: 1203 bytes, the best that is acceptable" },
		{ { REASON_CODING_WANTED, 1 << 1 | 1 << 3, 0 },
			"made for later requests: gzip, zstd" },
		{ { REASON_COND_MODIFIED_TRUE, 784111777, 0 },
			"If-Modified-Since: modified Sun, 06 Nov 1994 "
			"08:49:37 GMT" },
	};

	for (size_t i = 0; i < array_count(cases); i++) {
		char storage[160];
		struct text out = text_in(storage, sizeof storage);
		struct span got = write_step(&out, cases[i].step);
		expect(span_equal(got, span_of(cases[i].want)), "%.*s",
			(int)got.len, got.at);
	}
}

/* An unknown placeholder would stop the program: here, not in production. */
static void every_reason_can_be_written(void **state)
{
	(void)state;
	char storage[160];
	struct text out = text_in(storage, sizeof storage);

	for (unsigned i = 0; i < REASON_COUNT; i++) {
		enum reason reason = (enum reason)i;
		struct span got = write_step(
			&out, (struct trail_step){ reason, 1, 2 });
		expect(got.len > 0 && !out.is_full, "%u", i);
		expect(span_find(got, '{') == got.len &&
				span_find(got, '}') == got.len,
			"%.*s", (int)got.len, got.at);
		expect(reason_topic(reason).len > 0, "%.*s", (int)got.len,
			got.at);
	}
}

/* "RFC number section", "Fetch section", our manual page, or nothing. */
static bool is_source(struct span s)
{
	if (s.len == 0 || span_equal(s, SPAN("hstatic(1)")))
		return true;
	if (span_starts(s, SPAN("Fetch ")))
		return s.len > 6 && ascii_is_digit(s.at[6]);
	if (!span_starts(s, SPAN("RFC ")))
		return false;
	s = span_skip(s, 4);
	uint64_t number;
	size_t space = span_find(s, ' ');
	return span_read_u64(span_first(s, space), &number) && number > 0 &&
	       space + 1 < s.len && ascii_is_digit(s.at[space + 1]);
}

static void sources_can_be_looked_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		struct span source = reason_source((enum reason)i);
		expect(is_source(source), "%.*s", (int)source.len, source.at);
	}
	assert_true(span_equal(reason_source(REASON_RANGE_SATISFIABLE),
		SPAN("RFC 9110 14.1.2")));
	assert_true(span_equal(
		reason_topic(REASON_RANGE_SATISFIABLE), SPAN("range")));
}

static void small_texts_stay_whole(void **state)
{
	(void)state;
	char storage[8];
	struct text out = text_in(storage, sizeof storage);

	reason_write(
		&(struct trail_step){ REASON_RANGE_SATISFIABLE, 0, 99 }, &out);
	assert_true(out.is_full);
	assert_true(out.len <= sizeof storage);
}

static void trail_drops_what_is_too_much(void **state)
{
	(void)state;
	struct trail trail = { 0 };

	for (uint64_t i = 0; i < TRAIL_MAX + 3; i++)
		trail_add(&trail, REASON_RANGE_SATISFIABLE, i, i);
	assert_int_equal(trail.count, TRAIL_MAX);
	assert_int_equal(trail.steps[0].a, 0);
	assert_int_equal(trail.steps[TRAIL_MAX - 1].b, TRAIL_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_put_in),
		cmocka_unit_test(every_reason_can_be_written),
		cmocka_unit_test(sources_can_be_looked_up),
		cmocka_unit_test(small_texts_stay_whole),
		cmocka_unit_test(trail_drops_what_is_too_much),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}

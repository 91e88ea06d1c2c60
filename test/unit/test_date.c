/*
 * HTTP dates (RFC 9110 5.6.7): the three formats, what is none of them, the
 * century of two digits, and the calendar against the C library's.
 */
#include "support.h"

#include <stdio.h>
#include <time.h>

#include "http/date.h"

/* Thu, 01 Jan 2026 00:00:00 GMT */
#define NOW INT64_C(1767225600)

struct valid {
	const char *text;
	int64_t now, seconds;
};

static const struct valid valids[] = {
	/* 5.6.7: the example, in its three formats */
	{ "Sun, 06 Nov 1994 08:49:37 GMT", NOW, 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", NOW, 784111777 },
	{ "Sun Nov  6 08:49:37 1994", NOW, 784111777 },
	/* date3 = month SP ( 2DIGIT / ( SP 1DIGIT )) */
	{ "Sun Nov 06 08:49:37 1994", NOW, 784111777 },
	{ "Wed Nov 16 08:49:37 1994", NOW, 784975777 },
	/* the ends of what the formats can say */
	{ "Thu, 01 Jan 1970 00:00:00 GMT", NOW, 0 },
	{ "Wed, 31 Dec 1969 23:59:59 GMT", NOW, -1 },
	{ "Sat, 01 Jan 0000 00:00:00 GMT", NOW, INT64_C(-62167219200) },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", NOW, DATE_MAX },
	/* leap years of the Gregorian calendar */
	{ "Thu, 29 Feb 2024 00:00:00 GMT", NOW, 1709164800 },
	{ "Tue, 29 Feb 2000 00:00:00 GMT", NOW, 951782400 },
	/* second = 2DIGIT, up to 23:59:60: read as :59 */
	{ "Sat, 31 Dec 2016 23:59:60 GMT", NOW, 1483228799 },
	{ "Sat, 31 Dec 2016 23:59:59 GMT", NOW, 1483228799 },
	/* a valid day name that is not the date's */
	{ "Mon, 06 Nov 1994 08:49:37 GMT", NOW, 784111777 },
	/* not more than 50 years in the future */
	{ "Wednesday, 01-Jan-20 00:00:00 GMT", NOW, 1577836800 },
	{ "Thursday, 01-Jan-26 00:00:00 GMT", NOW, NOW },
	{ "Tuesday, 31-Dec-75 23:59:59 GMT", NOW, INT64_C(3345062399) },
	{ "Wednesday, 01-Jan-76 00:00:00 GMT", NOW, INT64_C(3345062400) },
	/* more than 50: the most recent year in the past */
	{ "Thursday, 01-Jan-76 00:00:01 GMT", NOW, 189302401 },
	{ "Friday, 31-Dec-76 23:59:59 GMT", NOW, 220924799 },
	{ "Saturday, 01-Jan-77 00:00:00 GMT", NOW, 220924800 },
	/* the same digits, asked in 1994 and in 2080 */
	{ "Friday, 01-Jan-44 00:00:00 GMT", 784111777, INT64_C(2335219200) },
	{ "Sunday, 01-Jan-45 00:00:00 GMT", 784111777, -788918400 },
	{ "Thursday, 01-Jan-05 00:00:00 GMT", INT64_C(3471292800),
		INT64_C(4260211200) },
	/* 29 February exists in the year that the rule chooses */
	{ "Tuesday, 29-Feb-00 00:00:00 GMT", NOW, 951782400 },
};

static void parse_accepts(void **state unused)
{
	for (size_t i = 0; i < array_count(valids); i++) {
		const struct valid *c = &valids[i];
		int64_t got = 0;
		expect(date_parse(span_of(c->text), c->now, &got),
			"refused: %s", c->text);
		expect(got == c->seconds, "%s: %lld, not %lld", c->text,
			(long long)got, (long long)c->seconds);
	}
}

#define ROW(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

static const struct span invalids[] = {
	ROW(""),
	ROW("0"),
	ROW("-1"),
	ROW("garbage"),
	ROW("784111777"),
	ROW("1994-11-06T08:49:37Z"),
	/* HTTP-date is case-sensitive */
	ROW("sun, 06 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 06 NOV 1994 08:49:37 GMT"),
	ROW("Sun, 06 Nov 1994 08:49:37 gmt"),
	/* no white space but the spaces of the grammar */
	ROW(" Sun, 06 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 06 Nov 1994 08:49:37 GMT "),
	ROW("Sun,06 Nov 1994 08:49:37 GMT"),
	ROW("Sun,  06 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 06\tNov 1994 08:49:37 GMT"),
	/* day-name */
	ROW("06 Nov 1994 08:49:37 GMT"),
	ROW("Foo, 06 Nov 1994 08:49:37 GMT"),
	ROW("Sunday, 06 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 06-Nov-94 08:49:37 GMT"),
	ROW("Sunday Nov  6 08:49:37 1994"),
	/* day: 2DIGIT, of its month */
	ROW("Sun, 6 Nov 1994 08:49:37 GMT"),
	ROW("Sun,  6 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 00 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 31 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 32 Jan 1994 08:49:37 GMT"),
	ROW("Sun, -1 Jan 1994 08:49:37 GMT"),
	ROW("Sun, +6 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 30 Feb 2024 00:00:00 GMT"),
	ROW("Sun, 29 Feb 2023 00:00:00 GMT"),
	ROW("Sun, 29 Feb 1900 00:00:00 GMT"),
	ROW("Sun, 29 Feb 2100 00:00:00 GMT"),
	ROW("Sunday, 29-Feb-23 00:00:00 GMT"),
	ROW("Sun Feb 29 00:00:00 2023"),
	ROW("Sun Nov  0 08:49:37 1994"),
	ROW("Sun Nov 6 08:49:37 1994"),
	/* month */
	ROW("Sun, 06 Foo 1994 08:49:37 GMT"),
	ROW("Sun, 06 anF 1994 08:49:37 GMT"),
	ROW("Sun, 06 11 1994 08:49:37 GMT"),
	/* year: 4DIGIT, or 2DIGIT in rfc850-date */
	ROW("Sun, 06 Nov 94 08:49:37 GMT"),
	ROW("Sun, 06 Nov 19940 08:49:37 GMT"),
	ROW("Sun, 06 Nov -994 08:49:37 GMT"),
	ROW("Sunday, 06-Nov-1994 08:49:37 GMT"),
	ROW("Sun Nov  6 08:49:37 94"),
	ROW("Sun Nov  6 08:49:37 19940"),
	/* time-of-day */
	ROW("Sun, 06 Nov 1994 24:00:00 GMT"),
	ROW("Sun, 06 Nov 1994 25:00:00 GMT"),
	ROW("Sun, 06 Nov 1994 08:60:00 GMT"),
	ROW("Sun, 06 Nov 1994 08:49:61 GMT"),
	ROW("Sun, 06 Nov 1994 8:49:37 GMT"),
	ROW("Sun, 06 Nov 1994 08:49 GMT"),
	ROW("Sun, 06 Nov 1994 08:49:37.0 GMT"),
	/* GMT */
	ROW("Sun, 06 Nov 1994 08:49:37"),
	ROW("Sun, 06 Nov 1994 08:49:37 UTC"),
	ROW("Sun, 06 Nov 1994 08:49:37 EST"),
	ROW("Sun, 06 Nov 1994 08:49:37 +0000"),
	ROW("Sun Nov  6 08:49:37 1994 GMT"),
	/* nothing after it */
	ROW("Sun, 06 Nov 1994 08:49:37 GMT; length=10"),
	ROW("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"),
	ROW("Sun, 06 Nov 1994 08:49:37 GMT\0"),
	ROW("Sun, 06 Nov 1994\00008:49:37 GMT"),
};

static void parse_refuses(void **state unused)
{
	for (size_t i = 0; i < array_count(invalids); i++) {
		int64_t got = 4711;
		expect(!date_parse(invalids[i], NOW, &got), "accepted: \"%s\"",
			invalids[i].at);
		expect(got == 4711, "touched: \"%s\"", invalids[i].at);
	}
}

static const char *const formats[] = {
	"Sun, 06 Nov 1994 08:49:37 GMT",
	"Sunday, 06-Nov-94 08:49:37 GMT",
	"Sun Nov 06 08:49:37 1994",
};

/* No character of a format is optional, and none may be another. */
static void parse_needs_every_byte(void **state unused)
{
	static const char wrong[] = { '\0', 'x', '\t', '\xff', ';' };
	char copy[64];
	int64_t got;

	for (size_t f = 0; f < array_count(formats); f++) {
		struct span s = span_of(formats[f]);
		for (size_t i = 0; i < s.len; i++)
			expect(!date_parse(span_first(s, i), NOW, &got),
				"accepted %zu bytes of %s", i, s.at);
		for (size_t i = 0; i < s.len * sizeof wrong; i++) {
			memcpy(copy, s.at, s.len);
			copy[i / sizeof wrong] = wrong[i % sizeof wrong];
			expect(!date_parse(
				       (struct span){ copy, s.len }, NOW, &got),
				"accepted %s without byte %zu", s.at,
				i / sizeof wrong);
		}
	}
}

/* Any clock at all: the century's arithmetic must not overflow. */
static void parse_survives_any_now(void **state unused)
{
	static const int64_t nows[] = { INT64_MIN, -1, 0, DATE_MAX, INT64_MAX };
	int64_t got;

	for (size_t i = 0; i < array_count(nows); i++)
		assert_true(date_parse(span_of(formats[1]), nows[i], &got));
	assert_true(date_parse(span_of(formats[1]), INT64_MIN, &got));
	assert_int_equal(got, 784111777);
}

/* What the C library says of the same second. */
static void libc_format(int64_t seconds, char *out, size_t size)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t time = (time_t)seconds;
	struct tm tm;

	assert_non_null(gmtime_r(&time, &tm));
	snprintf(out, size, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void expect_round_trip(int64_t seconds)
{
	char got[DATE_LENGTH + 1] = "", want[128];
	int64_t back = 0;

	date_format(seconds, got);
	libc_format(seconds, want, sizeof want);
	expect(strcmp(got, want) == 0, "%lld: %s, not %s", (long long)seconds,
		got, want);
	expect(date_parse(span_of(got), NOW, &back) && back == seconds,
		"%s read as %lld", got, (long long)back);
}

/* Each year's first and last second, and those around its 1 March. */
static void format_is_the_calendar(void **state unused)
{
	for (int year = 0; year <= 9999; year++) {
		struct tm first = { .tm_year = year - 1900, .tm_mday = 1 };
		struct tm march = {
			.tm_year = year - 1900, .tm_mon = 2, .tm_mday = 1
		};
		struct tm last = { .tm_year = year - 1900,
			.tm_mon = 11,
			.tm_mday = 31,
			.tm_hour = 23,
			.tm_min = 59,
			.tm_sec = 59 };
		expect_round_trip(timegm(&first));
		expect_round_trip(timegm(&march));
		expect_round_trip(timegm(&march) - 1);
		expect_round_trip(timegm(&last));
	}
}

static void format_is_every_day(void **state unused)
{
	struct tm start = { .tm_year = 1896 - 1900, .tm_mday = 1 };
	struct tm end = { .tm_year = 2105 - 1900, .tm_mday = 1 };
	int64_t last = timegm(&end);

	for (int64_t t = timegm(&start); t < last; t += 86400 - 61)
		expect_round_trip(t);
}

static void format_clamps(void **state unused)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} cases[] = {
		{ DATE_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ DATE_MAX + 1, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_C(-62167219200), "Sat, 01 Jan 0000 00:00:00 GMT" },
		{ INT64_C(-62167219201), "Sat, 01 Jan 0000 00:00:00 GMT" },
		{ INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT" },
	};

	for (size_t i = 0; i < array_count(cases); i++) {
		char got[DATE_LENGTH + 1] = "";
		date_format(cases[i].seconds, got);
		assert_string_equal(got, cases[i].want);
	}
}

static void add_is_all_or_nothing(void **state unused)
{
	char storage[DATE_LENGTH + 3];
	struct text t = text_in(storage, sizeof storage);

	text_add_literal(&t, "at ");
	date_add(&t, 784111777);
	assert_true(span_equal(
		text_span(&t), SPAN("at Sun, 06 Nov 1994 08:49:37 GMT")));
	assert_false(t.is_full);

	t = text_in(storage, DATE_LENGTH - 1);
	date_add(&t, 784111777);
	assert_true(t.is_full);
	assert_int_equal(t.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_accepts),
		cmocka_unit_test(parse_refuses),
		cmocka_unit_test(parse_needs_every_byte),
		cmocka_unit_test(parse_survives_any_now),
		cmocka_unit_test(format_is_the_calendar),
		cmocka_unit_test(format_is_every_day),
		cmocka_unit_test(format_clamps),
		cmocka_unit_test(add_is_all_or_nothing),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}

/*
 * Conditional requests (RFC 9110 13): each precondition, their order, the
 * comparison of entity-tags (8.8.3.2) and If-Range (13.1.5).
 */
#include "support.h"

#include "http/cond.h"

#define EARLIER "Tue, 31 Dec 2019 23:59:59 GMT"
#define EXACT   "Wed, 01 Jan 2020 00:00:00 GMT"
#define LATER   "Wed, 01 Jan 2020 00:00:01 GMT"
#define FUTURE  "Fri, 31 Dec 9999 23:59:59 GMT"

#define MODIFIED INT64_C(1577836800) /* EXACT */
#define NOW      (MODIFIED + 86400)

static const struct validators file = {
	.etag = { "\"abc\"", 5 },
	.modified = MODIFIED,
	.now = NOW,
};

#define IM  "If-Match"
#define IUS "If-Unmodified-Since"
#define INM "If-None-Match"
#define IMS "If-Modified-Since"
#define IR  "If-Range"

struct row {
	struct test_field fields[4];
	enum cond_verdict verdict;
	enum reason why[4];
};

#define PASS   COND_PASS
#define NOT    COND_NOT_MODIFIED
#define FAILED COND_FAILED

#define M_TRUE   REASON_COND_IF_MATCH_TRUE
#define M_FALSE  REASON_COND_IF_MATCH_FALSE
#define U_TRUE   REASON_COND_UNMODIFIED_TRUE
#define U_FALSE  REASON_COND_UNMODIFIED_FALSE
#define N_TRUE   REASON_COND_NONE_MATCH_TRUE
#define N_FALSE  REASON_COND_NONE_MATCH_FALSE
#define D_TRUE   REASON_COND_MODIFIED_TRUE
#define D_FALSE  REASON_COND_MODIFIED_FALSE
#define U_BAD    REASON_COND_UNMODIFIED_INVALID
#define U_SHADOW REASON_COND_UNMODIFIED_SHADOWED
#define D_BAD    REASON_COND_MODIFIED_INVALID
#define D_SHADOW REASON_COND_MODIFIED_SHADOWED

static const struct row rows[] = {
	/* 13.2.1: without a precondition, the method is performed */
	{ { { 0 } }, PASS, { 0 } },
	{ { { "Accept", "\"abc\"" } }, PASS, { 0 } },

	/* 13.1.1: If-Match, strong comparison */
	{ { { IM, "*" } }, PASS, { M_TRUE } },
	{ { { IM, "\"abc\"" } }, PASS, { M_TRUE } },
	{ { { "if-match", "\"abc\"" } }, PASS, { M_TRUE } },
	{ { { IM, "\"nope\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "W/\"abc\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "\"a\", \"abc\"" } }, PASS, { M_TRUE } },
	{ { { IM, "W/\"abc\", \"abc\"" } }, PASS, { M_TRUE } },
	{ { { IM, "\"a\", \"b\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "\"a\"" }, { IM, "\"abc\"" } }, PASS, { M_TRUE } },
	{ { { IM, "\"a\"" }, { IM, "\"b\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "" } }, FAILED, { M_FALSE } },
	{ { { IM, "abc" } }, FAILED, { M_FALSE } },
	/* 8.8.3.2: the characters are compared one by one */
	{ { { IM, "\"ABC\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "\"ab\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "\"abcd\"" } }, FAILED, { M_FALSE } },
	/* 13.1.1: "*" / #entity-tag: the star stands alone */
	{ { { IM, "\"a\", *" } }, FAILED, { M_FALSE } },
	{ { { IM, "**" } }, FAILED, { M_FALSE } },
	{ { { IM, "*" }, { IM, "\"a\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "\"*\"" } }, FAILED, { M_FALSE } },

	/* 13.1.4: If-Unmodified-Since */
	{ { { IUS, EXACT } }, PASS, { U_TRUE } },
	{ { { IUS, LATER } }, PASS, { U_TRUE } },
	{ { { IUS, EARLIER } }, FAILED, { U_FALSE } },
	{ { { IUS, "Tuesday, 31-Dec-19 23:59:59 GMT" } }, FAILED, { U_FALSE } },
	{ { { IUS, "Tue Dec 31 23:59:59 2019" } }, FAILED, { U_FALSE } },
	/* 13.1.4: ignored when not a valid date, or a list of dates */
	{ { { IUS, "garbage" } }, PASS, { U_BAD } },
	{ { { IUS, "" } }, PASS, { U_BAD } },
	{ { { IUS, "0" } }, PASS, { U_BAD } },
	{ { { IUS, EARLIER ", " EARLIER } }, PASS, { U_BAD } },
	{ { { IUS, EARLIER }, { IUS, EARLIER } }, PASS, { U_BAD } },
	/* 13.1.4: ignored with If-Match, whatever that says */
	{ { { IM, "\"abc\"" }, { IUS, EARLIER } }, PASS, { M_TRUE, U_SHADOW } },
	{ { { IUS, EARLIER }, { IM, "\"abc\"" } }, PASS, { M_TRUE, U_SHADOW } },
	{ { { IM, "\"nope\"" }, { IUS, LATER } }, FAILED,
		{ M_FALSE, U_SHADOW } },

	/* 13.1.2: If-None-Match, weak comparison */
	{ { { INM, "*" } }, NOT, { N_FALSE } },
	{ { { INM, "\"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "W/\"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"nope\"" } }, PASS, { N_TRUE } },
	{ { { INM, "W/\"nope\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"a\", \"b\", \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"a\",\"b\",W/\"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"a\"\t,\t\"abc\"\t,\"b\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"a\", \"b\", \"c\"" } }, PASS, { N_TRUE } },
	{ { { INM, "*, \"a\"" } }, PASS, { N_TRUE } },
	{ { { INM, "" } }, PASS, { N_TRUE } },
	/* 5.6.1: empty elements */
	{ { { INM, ",, \"abc\" ,," } }, NOT, { N_FALSE } },
	{ { { INM, ",\t," } }, PASS, { N_TRUE } },
	/* 5.3: the lines of a list make one list */
	{ { { INM, "\"a\"" }, { INM, "\"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"abc\"" }, { "Accept", "x" }, { INM, "\"a\"" } }, NOT,
		{ N_FALSE } },
	{ { { INM, "\"a\"" }, { INM, "" }, { INM, "\"b\"" } }, PASS,
		{ N_TRUE } },
	{ { { INM, "\"ab" }, { INM, "c\"" } }, PASS, { N_TRUE } },
	/* 8.8.3: a comma may be inside a tag, a backslash escapes nothing */
	{ { { INM, "\"a,b\", \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"x,\"abc\",y\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"a\\\", \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"\", \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"\xc3\xa9\", \"abc\"" } }, NOT, { N_FALSE } },
	/* 8.8.3: what is no entity-tag matches nothing */
	{ { { INM, "abc" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc" } }, PASS, { N_TRUE } },
	{ { { INM, "abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"" } }, PASS, { N_TRUE } },
	{ { { INM, "'abc'" } }, PASS, { N_TRUE } },
	{ { { INM, "w/\"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "W/abc" } }, PASS, { N_TRUE } },
	{ { { INM, "W/" } }, PASS, { N_TRUE } },
	{ { { INM, "W /\"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "W/ \"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "W/W/\"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"x\"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc\"x" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc\"\"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc\" \"abc\"" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc\";q=1" } }, PASS, { N_TRUE } },
	{ { { INM, "\"abc \"" } }, PASS, { N_TRUE } },
	/* but its neighbours count */
	{ { { INM, "abc, \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "\"a b\", \"abc\"" } }, NOT, { N_FALSE } },
	{ { { INM, "w/\"a,b\", \"abc\"" } }, NOT, { N_FALSE } },

	/* 13.1.3: If-Modified-Since */
	{ { { IMS, EXACT } }, NOT, { D_FALSE } },
	{ { { IMS, LATER } }, NOT, { D_FALSE } },
	{ { { IMS, FUTURE } }, NOT, { D_FALSE } },
	{ { { IMS, EARLIER } }, PASS, { D_TRUE } },
	{ { { IMS, "Wednesday, 01-Jan-20 00:00:00 GMT" } }, NOT, { D_FALSE } },
	{ { { IMS, "Wed Jan  1 00:00:00 2020" } }, NOT, { D_FALSE } },
	{ { { IMS, "Tue, 31 Dec 2019 23:59:60 GMT" } }, PASS, { D_TRUE } },
	/* 13.1.3: ignored when not a valid date, or more than one member */
	{ { { IMS, "garbage" } }, PASS, { D_BAD } },
	{ { { IMS, "" } }, PASS, { D_BAD } },
	{ { { IMS, "1735689600" } }, PASS, { D_BAD } },
	{ { { IMS, "Wed, 32 Jan 2020 00:00:00 GMT" } }, PASS, { D_BAD } },
	{ { { IMS, LATER "; length=10" } }, PASS, { D_BAD } },
	{ { { IMS, LATER ", " LATER } }, PASS, { D_BAD } },
	{ { { IMS, LATER }, { IMS, LATER } }, PASS, { D_BAD } },
	/* 13.1.3: ignored with If-None-Match, valid or not */
	{ { { INM, "\"nope\"" }, { IMS, EXACT } }, PASS, { N_TRUE, D_SHADOW } },
	{ { { IMS, EXACT }, { INM, "\"nope\"" } }, PASS, { N_TRUE, D_SHADOW } },
	{ { { INM, "abc" }, { IMS, EXACT } }, PASS, { N_TRUE, D_SHADOW } },
	{ { { INM, "\"abc\"" }, { IMS, EARLIER } }, NOT,
		{ N_FALSE, D_SHADOW } },

	/* also when it is no date: nobody reads it */
	{ { { INM, "\"a\"" }, { IMS, "x" } }, PASS, { N_TRUE, D_SHADOW } },

	/* 13.2.2: steps 1 and 2 come before 3 and 4, and true goes on */
	{ { { INM, "\"abc\"" }, { IM, "\"abc\"" } }, NOT, { M_TRUE, N_FALSE } },
	{ { { INM, "\"abc\"" }, { IM, "\"nope\"" } }, FAILED, { M_FALSE } },
	{ { { IMS, EXACT }, { IM, "\"nope\"" } }, FAILED, { M_FALSE } },
	{ { { IM, "*" }, { IMS, EXACT } }, NOT, { M_TRUE, D_FALSE } },
	{ { { IUS, EARLIER }, { INM, "\"abc\"" } }, FAILED, { U_FALSE } },
	{ { { IUS, LATER }, { INM, "\"abc\"" } }, NOT, { U_TRUE, N_FALSE } },
	{ { { IUS, EXACT }, { IMS, EXACT } }, NOT, { U_TRUE, D_FALSE } },
	{ { { IUS, "x" }, { IMS, "x" } }, PASS, { U_BAD, D_BAD } },
	{ { { IM, "*" }, { IUS, EARLIER }, { INM, "\"a\"" }, { IMS, EXACT } },
		PASS, { M_TRUE, U_SHADOW, N_TRUE, D_SHADOW } },
};

static void check_by_table(void **state unused)
{
	static struct request q;

	for (size_t i = 0; i < array_count(rows); i++) {
		const struct row *c = &rows[i];
		struct trail trail = { 0 };
		request_make(&q, c->fields, array_count(c->fields));
		enum cond_verdict verdict = cond_check(&q, &file, &trail);
		expect(verdict == c->verdict, "row %zu, \"%s\": verdict %d", i,
			c->fields[0].value, (int)verdict);
		expect(trail_equals(&trail, c->why, array_count(c->why)),
			"row %zu, \"%s\": other reasons", i,
			c->fields[0].value);
	}
}

/* The words of the reasons name the date of the file. */
static void check_notes_the_date(void **state unused)
{
	static const struct test_field fields[] = { { IMS, EARLIER },
		{ IUS, EARLIER } };
	static struct request q;

	for (size_t i = 0; i < array_count(fields); i++) {
		struct trail trail = { 0 };
		request_make(&q, &fields[i], 1);
		(void)cond_check(&q, &file, &trail);
		assert_int_equal(trail.count, 1);
		assert_int_equal(trail.steps[0].a, MODIFIED);
	}
}

/* 13.1.1: "*" asks only that there be a representation. */
static void check_without_etag(void **state unused)
{
	static const struct row cases[] = {
		{ { { IM, "*" } }, PASS, { M_TRUE } },
		{ { { IM, "\"\"" } }, FAILED, { M_FALSE } },
		{ { { IM, "" } }, FAILED, { M_FALSE } },
		{ { { INM, "*" } }, NOT, { N_FALSE } },
		{ { { INM, "" } }, PASS, { N_TRUE } },
	};
	const struct validators v = { .modified = MODIFIED, .now = NOW };
	static struct request q;

	for (size_t i = 0; i < array_count(cases); i++) {
		const struct row *c = &cases[i];
		struct trail trail = { 0 };
		request_make(&q, c->fields, array_count(c->fields));
		expect(cond_check(&q, &v, &trail) == c->verdict, "row %zu", i);
		expect(trail_equals(&trail, c->why, array_count(c->why)),
			"row %zu: other reasons", i);
	}
}

/* 8.8.3: etagc is %x21, %x23-7E and obs-text: no space, no DEL. */
static void check_characters_of_tags(void **state unused)
{
	static const struct {
		const char *etag;
		enum cond_verdict verdict;
	} cases[] = {
		{ "\"!#~\"", NOT },
		{ "\"\xc3\xa9\"", NOT },
		{ "\"\"", NOT },
		{ "\"a b\"", PASS },
		{ "\"a\tb\"", PASS },
		{ "\"a\x7f\"", PASS },
	};
	static struct request q;

	for (size_t i = 0; i < array_count(cases); i++) {
		const struct test_field field = { INM, cases[i].etag };
		const struct validators v = { .etag = span_of(cases[i].etag) };
		struct trail trail = { 0 };
		request_make(&q, &field, 1);
		expect(cond_check(&q, &v, &trail) == cases[i].verdict, "tag %s",
			cases[i].etag);
	}
}

struct if_range_row {
	struct test_field fields[2];
	int64_t now;
	bool applies;
};

static const struct if_range_row if_range_rows[] = {
	/* 13.1.5: an entity-tag by strong comparison */
	{ { { IR, "\"abc\"" } }, NOW, true },
	{ { { IR, "\"nope\"" } }, NOW, false },
	{ { { IR, "W/\"abc\"" } }, NOW, false },
	{ { { IR, "w/\"abc\"" } }, NOW, false },
	{ { { IR, "\"x\"abc\"" } }, NOW, false },
	/* 13.1.5: If-Range = entity-tag / HTTP-date: no list, no star */
	{ { { IR, "\"abc\", \"x\"" } }, NOW, false },
	{ { { IR, "\"x\", \"abc\"" } }, NOW, false },
	{ { { IR, "\"abc\"," } }, NOW, false },
	{ { { IR, "*" } }, NOW, false },
	{ { { IR, "" } }, NOW, false },
	{ { { IR, "abc" } }, NOW, false },
	{ { { IR, "\"abc" } }, NOW, false },
	{ { { IR, "garbage" } }, NOW, false },
	{ { { IR, EXACT " " } }, NOW, false },
	{ { { IR, EXACT ", " EXACT } }, NOW, false },
	{ { { IR, "\"abc\"" }, { IR, "\"abc\"" } }, NOW, false },
	{ { { IR, EXACT }, { IR, EXACT } }, NOW, false },
	/* 13.1.5: a date must be exactly Last-Modified */
	{ { { IR, EXACT } }, NOW, true },
	{ { { IR, "Wednesday, 01-Jan-20 00:00:00 GMT" } }, NOW, true },
	{ { { IR, EARLIER } }, NOW, false },
	{ { { IR, LATER } }, NOW, false },
	{ { { IR, FUTURE } }, NOW, false },
	/* 8.8.2.2: and strong: a minute has passed since, so that the file
	 * cannot change again in that second, by whatever clock */
	{ { { IR, EXACT } }, MODIFIED + 60, true },
	{ { { IR, EXACT } }, MODIFIED + 59, false },
	{ { { IR, EXACT } }, MODIFIED + 1, false },
	{ { { IR, EXACT } }, MODIFIED, false },
	{ { { IR, EXACT } }, MODIFIED - 1, false },
	/* which an entity-tag does not need */
	{ { { IR, "\"abc\"" } }, MODIFIED, true },
};

static void if_range_by_table(void **state unused)
{
	static struct request q;

	for (size_t i = 0; i < array_count(if_range_rows); i++) {
		const struct if_range_row *c = &if_range_rows[i];
		const enum reason why = c->applies ? REASON_RANGE_IF_TRUE
						   : REASON_RANGE_IF_FALSE;
		struct validators v = file;
		struct trail trail = { 0 };
		v.now = c->now;
		request_make(&q, c->fields, array_count(c->fields));
		expect(cond_range_applies(&q, &v, &trail) == c->applies,
			"row %zu, \"%s\"", i, c->fields[0].value);
		expect(trail_equals(&trail, &why, 1),
			"row %zu, \"%s\": other reasons", i,
			c->fields[0].value);
	}
}

static void if_range_absent(void **state unused)
{
	static const struct test_field none[] = { { "Range", "bytes=0-1" } };
	static struct request q;
	struct trail trail = { 0 };

	request_make(&q, none, 1);
	assert_true(cond_range_applies(&q, &file, &trail));
	assert_int_equal(trail.count, 0);
}

/* Without an ETag, no tag can be the file's: not even an empty value. */
static void if_range_without_etag(void **state unused)
{
	static const struct test_field fields[] = { { IR, "\"\"" },
		{ IR, "" } };
	const struct validators v = { .modified = MODIFIED, .now = NOW };
	static struct request q;

	for (size_t i = 0; i < array_count(fields); i++) {
		struct trail trail = { 0 };
		request_make(&q, &fields[i], 1);
		assert_false(cond_range_applies(&q, &v, &trail));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_by_table),
		cmocka_unit_test(check_notes_the_date),
		cmocka_unit_test(check_without_etag),
		cmocka_unit_test(check_characters_of_tags),
		cmocka_unit_test(if_range_by_table),
		cmocka_unit_test(if_range_absent),
		cmocka_unit_test(if_range_without_etag),
	};

	return cmocka_run_group_tests_name("cond", tests, NULL, NULL);
}

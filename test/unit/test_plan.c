/*
 * The heart (http/plan.h), golden: for each kind of request and file the
 * status, the source of the body, what the answer says of itself, and every
 * reason in order. One row per sentence of RFC 9110 that decides a status.
 */
#include "support.h"

#include "http/plan.h"

#define NOW   INT64_C(784111877)
#define MTIME INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */

#define FIELDS_MAX 3
#define TRAIL      7

enum says {
	ETAG = 1,
	RANGES = 2,
	VARY = 4,
	ALLOW = 8,
	RETRY = 16,
	LOCATION = 32,
	LAST = 64
};

struct plan_case {
	enum method method;
	enum resource_kind kind;
	const char *name;
	struct test_field fields[FIELDS_MAX];
	unsigned status;
	enum body_source source;
	unsigned says;
	const char *cache;
	enum reason trail[TRAIL];
};

#define SERVED REASON_METHOD_SERVED
#define PLAIN  REASON_CODING_NONE_ASKED
#define FRESH  REASON_HASHED_NOT
#define STORE  REASON_CACHE_NO_STORE
#define KEPT   REASON_CONNECTION_KEPT
#define HASHED "public, max-age=31536000, immutable"
#define FILE_  RESOURCE_FILE
#define TAG    "\"c0\"" /* of the file; "c1" of its gzip variant */
#define ALL    ETAG | RANGES

static const struct plan_case cases[] = {
	/* 15.3.1 */
	{ METHOD_GET, FILE_, "a.bin", { { 0 } }, 200, BODY_VARIANT, ALL,
		"no-cache", { SERVED, PLAIN, FRESH, KEPT } },
	/* 9.3.2: the same fields as for GET, no body */
	{ METHOD_HEAD, FILE_, "a.bin", { { 0 } }, 200, BODY_VARIANT, ALL,
		"no-cache", { SERVED, PLAIN, FRESH, KEPT } },
	/* RFC 8246: a name that changes with its content */
	{ METHOD_GET, FILE_, "app.0a1b2c3d.bin", { { 0 } }, 200, BODY_VARIANT,
		ALL, HASHED, { SERVED, PLAIN, REASON_HASHED_HEX, KEPT } },
	/* 12.5.5: Vary wherever another client might get another coding */
	{ METHOD_GET, FILE_, "a.txt", { { 0 } }, 200, BODY_VARIANT, ALL | VARY,
		"no-cache", { SERVED, PLAIN, FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.txt", { { "Accept-Encoding", "gzip" } }, 200,
		BODY_VARIANT, ALL | VARY, "no-cache",
		{ SERVED, REASON_CODING_CHOSEN, FRESH, KEPT } },
	/* 15.4.5, 13.1.2: Cache-Control, ETag and Vary go with a 304 */
	{ METHOD_GET, FILE_, "a.txt", { { "If-None-Match", TAG } }, 304,
		BODY_EMPTY, ALL | VARY, "no-cache",
		{ SERVED, PLAIN, REASON_COND_NONE_MATCH_FALSE, FRESH, KEPT } },
	{ METHOD_HEAD, FILE_, "a.txt", { { "If-None-Match", TAG } }, 304,
		BODY_EMPTY, ALL | VARY, "no-cache",
		{ SERVED, PLAIN, REASON_COND_NONE_MATCH_FALSE, FRESH, KEPT } },
	/* 8.8.3.3: the tag is that of the variant */
	{ METHOD_GET, FILE_, "a.txt",
		{ { "If-None-Match", TAG }, { "Accept-Encoding", "gzip" } },
		200, BODY_VARIANT, ALL | VARY, "no-cache",
		{ SERVED, REASON_CODING_CHOSEN, REASON_COND_NONE_MATCH_TRUE,
			FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.bin",
		{ { "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT" } },
		304, BODY_EMPTY, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_COND_MODIFIED_FALSE, FRESH, KEPT } },
	/* 15.5.13, 13.1.1 */
	{ METHOD_GET, FILE_, "a.bin", { { "If-Match", "\"x\"" } }, 412,
		BODY_PAGE, 0, "no-store",
		{ SERVED, PLAIN, REASON_COND_IF_MATCH_FALSE, STORE, KEPT } },
	/* 14.2, 15.3.7 */
	{ METHOD_GET, FILE_, "a.bin", { { "Range", "bytes=0-9" } }, 206,
		BODY_RANGE, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_SATISFIABLE, FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.bin", { { "Range", "bytes=0-0,2-2" } }, 206,
		BODY_MULTIPART, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_SATISFIABLE,
			REASON_RANGE_SATISFIABLE, FRESH, KEPT } },
	/* 15.5.17 */
	{ METHOD_GET, FILE_, "a.bin", { { "Range", "bytes=100-" } }, 416,
		BODY_PAGE, RANGES, "no-store",
		{ SERVED, PLAIN, REASON_RANGE_BEYOND, STORE, KEPT } },
	/* 14.2: ignored for any other method, and when it is malformed */
	{ METHOD_HEAD, FILE_, "a.bin", { { "Range", "bytes=0-9" } }, 200,
		BODY_VARIANT, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_METHOD, FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.bin", { { "Range", "lines=0-9" } }, 200,
		BODY_VARIANT, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_UNIT_IGNORED, FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.bin",
		{ { "Range", "bytes=0-9" }, { "Range", "bytes=0-9" } }, 200,
		BODY_VARIANT, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_REPEATED, FRESH, KEPT } },
	/* 13.2.2: the preconditions before the range */
	{ METHOD_GET, FILE_, "a.bin",
		{ { "Range", "bytes=100-" }, { "If-None-Match", TAG } }, 304,
		BODY_EMPTY, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_COND_NONE_MATCH_FALSE, FRESH, KEPT } },
	/* 13.1.5 */
	{ METHOD_GET, FILE_, "a.bin",
		{ { "Range", "bytes=0-9" }, { "If-Range", "\"x\"" } }, 200,
		BODY_VARIANT, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_IF_FALSE, FRESH, KEPT } },
	{ METHOD_GET, FILE_, "a.bin",
		{ { "Range", "bytes=0-9" }, { "If-Range", TAG } }, 206,
		BODY_RANGE, ALL, "no-cache",
		{ SERVED, PLAIN, REASON_RANGE_IF_TRUE, REASON_RANGE_SATISFIABLE,
			FRESH, KEPT } },
	/* 15.4.2; it may be kept, and the file may come */
	{ METHOD_GET, RESOURCE_DIRECTORY, "d", { { 0 } }, 301, BODY_PAGE,
		LOCATION, "no-cache",
		{ SERVED, REASON_CACHE_REVALIDATE, KEPT } },
	/* 15.5.5, without a page of the site's own and with one; conditions
	 * and ranges are for what was asked for, not for the page */
	{ METHOD_GET, RESOURCE_ABSENT, "", { { 0 } }, 404, BODY_PAGE, 0,
		"no-store", { SERVED, STORE, KEPT } },
	{ METHOD_GET, RESOURCE_ABSENT, "404.html",
		{ { "If-None-Match", "*" }, { "Range", "bytes=0-9" } }, 404,
		BODY_VARIANT, VARY, "no-store",
		{ SERVED, STORE, PLAIN, KEPT } },
	/* 15.5.4, 15.6.4 with 10.2.3, 15.6.1, 15.5.1 */
	{ METHOD_GET, RESOURCE_FORBIDDEN, "", { { 0 } }, 403, BODY_PAGE, 0,
		"no-store", { SERVED, STORE, KEPT } },
	{ METHOD_GET, RESOURCE_BUSY, "", { { 0 } }, 503, BODY_PAGE, RETRY,
		"no-store", { SERVED, STORE, KEPT } },
	{ METHOD_GET, RESOURCE_BROKEN, "", { { 0 } }, 500, BODY_PAGE, 0,
		"no-store", { SERVED, STORE, KEPT } },
	{ METHOD_GET, RESOURCE_UNNAMED, "", { { 0 } }, 400, BODY_PAGE, 0,
		"no-store", { SERVED, STORE, KEPT } },
	/* 15.5.15 */
	{ METHOD_GET, RESOURCE_OVERLONG, "", { { 0 } }, 414, BODY_PAGE, 0,
		"no-store", { SERVED, STORE, KEPT } },
	/* 9.3.7, 15.5.6 with 10.2.1, 15.6.2: no file is looked at */
	{ METHOD_OPTIONS, FILE_, "a.bin", { { 0 } }, 204, BODY_EMPTY, ALLOW, "",
		{ REASON_METHOD_OPTIONS, KEPT } },
	{ METHOD_NOT_SERVED, FILE_, "a.bin", { { "If-Match", "\"x\"" } }, 405,
		BODY_PAGE, ALLOW, "no-store",
		{ REASON_METHOD_NOT_SERVED, STORE, KEPT } },
	{ METHOD_UNKNOWN, FILE_, "a.bin", { { 0 } }, 501, BODY_PAGE, 0,
		"no-store", { REASON_METHOD_UNKNOWN, STORE, KEPT } },
};

static struct resource resource_make(enum resource_kind kind, const char *name)
{
	struct resource r = {
		.kind = kind, .name = span_of(name), .mtime = MTIME
	};
	bool has_body = kind == RESOURCE_FILE || r.name.len > 1;

	for (enum coding c = 0; c <= CODING_GZIP && has_body; c++)
		r.variants[c] = (struct variant){ .exists = true,
			.fd = -1,
			.size = c == CODING_IDENTITY ? 100 : 50,
			.etag_len = 4,
			.etag = { '"', 'c', (char)('0' + (int)c), '"' } };
	/* Of these two names only one has a coded variant. */
	if (span_ends(r.name, SPAN(".bin")))
		r.variants[CODING_GZIP].exists = false;
	return r;
}

static unsigned says_of(const struct plan *p)
{
	return (p->says_etag ? ETAG : 0u) | (p->says_ranges ? RANGES : 0u) |
	       (p->varies_coding ? VARY : 0u) | (p->says_allow ? ALLOW : 0u) |
	       (p->says_retry ? RETRY : 0u) |
	       (p->says_location ? LOCATION : 0u) | (p->is_last ? LAST : 0u);
}

static void plans_are_golden(void **state)
{
	(void)state;
	static struct request q;
	const struct policy policy = { 0 };

	for (size_t i = 0; i < array_count(cases); i++) {
		const struct plan_case *c = &cases[i];
		struct resource r = resource_make(c->kind, c->name);
		request_make(&q, c->fields, FIELDS_MAX);
		q.method = c->method;
		bool needs = plan_needs_resource(&q);
		expect(needs == (c->method == METHOD_GET ||
					c->method == METHOD_HEAD),
			"row %zu: needs", i);
		struct plan p = plan_response(
			&q, needs ? &r : NULL, &policy, (uint64_t)NOW);
		expect(p.status == c->status, "row %zu: %u", i, p.status);
		expect(p.source == c->source, "row %zu: source %d", i,
			(int)p.source);
		expect(says_of(&p) == c->says, "row %zu: says %u", i,
			says_of(&p));
		expect(span_equal(p.cache_control, span_of(c->cache)),
			"row %zu: cache", i);
		expect(p.is_head == (c->method == METHOD_HEAD), "row %zu: head",
			i);
		for (unsigned k = 0; k < p.trail.count; k++)
			expect(p.trail.steps[k].reason == c->trail[k],
				"row %zu: step %u is %d", i, k,
				(int)p.trail.steps[k].reason);
		expect(trail_equals(&p.trail, c->trail, TRAIL),
			"row %zu: %u steps", i, p.trail.count);
	}
}

static void numbers_go_into_the_plan(void **state)
{
	(void)state;
	static struct request q;
	const struct test_field fields[] = { { "Range", "bytes=10-19,30-" },
		{ "Accept-Encoding", "gzip" } };
	const struct policy policy = { 0 };
	struct resource r = resource_make(RESOURCE_FILE, "a.txt");

	request_make(&q, fields, 2);
	struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
	assert_int_equal(p.coding, CODING_GZIP);
	assert_int_equal(p.size, 50);
	assert_true(span_equal(p.type, SPAN("text/plain; charset=utf-8")));
	assert_int_equal(p.ranges.count, 2);
	assert_int_equal(p.ranges.at[0].first, 10);
	assert_int_equal(p.ranges.at[1].length, 20);
	assert_int_equal(p.date, NOW);
	assert_int_equal(p.modified, MTIME);
	/* 8.8.2.1: Last-Modified is never later than Date */
	r.mtime = NOW + 1000;
	p = plan_response(&q, &r, &policy, (uint64_t)NOW);
	assert_int_equal(p.modified, NOW);
}

/* What stands in for something else is not what its name says. */
static const struct {
	enum resource_kind kind;
	const char *name;
	struct test_field field;
	bool is_stand_in;
	unsigned minor, status;
	const char *cache;
	enum body_source source;
	bool is_last;
} stand_ins[] = {
	{ FILE_, "app.0a1b2c3d.bin", { 0 }, false, 1, 200, HASHED, BODY_VARIANT,
		false },
	{ FILE_, "app.0a1b2c3d.bin", { 0 }, true, 1, 200, "no-cache",
		BODY_VARIANT, false },
	{ FILE_, "app.0a1b2c3d.bin", { "If-None-Match", TAG }, true, 1, 304,
		"no-cache", BODY_EMPTY, false },
	{ FILE_, "app.0a1b2c3d.bin", { "If-Match", "\"z\"" }, true, 1, 412,
		"no-store", BODY_PAGE, false },
	{ RESOURCE_ABSENT, "app.0a1b2c3d.bin", { 0 }, true, 1, 404, "no-store",
		BODY_VARIANT, false },
	/* a listing has neither tag nor date (13.1) */
	{ RESOURCE_LISTING, "a/", { 0 }, false, 1, 200, "no-cache",
		BODY_LISTING, false },
	{ RESOURCE_LISTING, "a/", { "If-None-Match", "*" }, false, 1, 304,
		"no-cache", BODY_EMPTY, false },
	{ RESOURCE_LISTING, "a/", { "If-None-Match", TAG }, false, 1, 200,
		"no-cache", BODY_LISTING, false },
	{ RESOURCE_LISTING, "a/", { "If-Match", TAG }, false, 1, 412,
		"no-store", BODY_PAGE, false },
	{ RESOURCE_LISTING, "a/",
		{ "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT" }, false,
		1, 200, "no-cache", BODY_LISTING, false },
	{ RESOURCE_LISTING, "a/",
		{ "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT" },
		false, 1, 200, "no-cache", BODY_LISTING, false },
	/* nor ranges */
	{ RESOURCE_LISTING, "a/", { "Range", "bytes=0-1" }, false, 1, 200,
		"no-cache", BODY_LISTING, false },
	/* events are nobody else's, and never over */
	{ RESOURCE_EVENTS, "a", { 0 }, false, 1, 200, "no-store", BODY_EVENTS,
		false },
	{ RESOURCE_EVENTS, "a", { "If-None-Match", "*" }, false, 1, 200,
		"no-store", BODY_EVENTS, false },
	{ RESOURCE_EVENTS, "a", { "Range", "bytes=0-1" }, false, 1, 200,
		"no-store", BODY_EVENTS, false },
	{ RESOURCE_EVENTS, "a", { 0 }, false, 0, 200, "no-store", BODY_EVENTS,
		true },
	/* RFC 9112 6.3: without chunks, the end of the connection ends it */
	{ RESOURCE_LISTING, "a/", { 0 }, false, 0, 200, "no-cache",
		BODY_LISTING, true },
};

static void stand_ins_are_not_kept(void **state)
{
	(void)state;
	static struct request q;
	const struct policy policy = { 0 };

	for (size_t i = 0; i < array_count(stand_ins); i++) {
		struct resource r = resource_make(
			stand_ins[i].kind, stand_ins[i].name);
		r.is_stand_in = stand_ins[i].is_stand_in;
		r.varies_accept = true;
		request_make(&q, &stand_ins[i].field,
			stand_ins[i].field.name != NULL);
		q.minor = stand_ins[i].minor;
		struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
		expect(p.status == stand_ins[i].status, "row %zu: %u", i,
			p.status);
		expect(p.source == stand_ins[i].source, "row %zu: source", i);
		expect(p.is_last == stand_ins[i].is_last, "row %zu: last", i);
		expect(p.varies_accept, "row %zu: Vary", i);
		expect(span_equal(p.cache_control, span_of(stand_ins[i].cache)),
			"row %zu: cache", i);
	}
}

/* A variant that we made later does not make a reload a new answer. */
static void what_the_client_holds_is_good(void **state)
{
	(void)state;
	static struct request q;
	const struct policy policy = { 0 };

	for (unsigned is_made = 0; is_made < 2; is_made++) {
		const struct test_field fields[] = { { "If-None-Match", TAG },
			{ "Accept-Encoding", "gzip" } };
		struct resource r = resource_make(RESOURCE_FILE, "a.txt");
		r.variants[CODING_GZIP].is_made = is_made;
		request_make(&q, fields, 2);
		struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
		assert_int_equal(p.status, is_made ? 304 : 200);
		assert_int_equal(
			p.coding, is_made ? CODING_IDENTITY : CODING_GZIP);
	}
}

/* Fetch 4.8: who may ask, and that this says nothing about methods. */
static void preflights_are_answered(void **state)
{
	(void)state;
	static struct request q;
	const struct test_field asks = { "Access-Control-Request-Method",
		"GET" };

	for (unsigned i = 0; i < 8; i++) {
		const struct policy policy = { .allows_origins = i & 1 };
		struct resource r = resource_make(RESOURCE_FILE, "a.bin");
		request_make(&q, &asks, i >> 1 & 1);
		q.method = i & 4 ? METHOD_OPTIONS : METHOD_GET;
		struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
		assert_int_equal(p.says_origins, policy.allows_origins);
		assert_int_equal(p.says_preflight, i == 7);
		assert_int_equal(p.status, i & 4 ? 204 : 200);
	}
}

/* PRODUCT, Codings: of a compressible type, and for whoever accepts it. */
static void codings_are_wanted_for_later(void **state)
{
	(void)state;
	static const struct {
		enum resource_kind kind;
		const char *name;
		unsigned want;
	} rows[] = {
		{ RESOURCE_FILE, "a.txt", 1u << CODING_GZIP },
		{ RESOURCE_FILE, "a.png", 0 },
		{ RESOURCE_ABSENT, "404.html", 1u << CODING_GZIP },
	};
	static const struct test_field field = { "Accept-Encoding", "gzip" };
	static struct request q;
	const struct policy policy = { 0 };

	request_make(&q, &field, 1);
	for (size_t i = 0; i < array_count(rows); i++) {
		struct resource r = resource_make(rows[i].kind, rows[i].name);
		r.variants[CODING_IDENTITY].exists = true;
		r.variants[CODING_IDENTITY].size = 1000;
		r.variants[CODING_GZIP].exists = false;
		r.unmade = 1u << CODING_GZIP | 1u << CODING_BR;
		struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
		expect(p.coding == CODING_IDENTITY, "row %zu", i);
		expect(p.wanted_codings == rows[i].want, "row %zu: %x", i,
			p.wanted_codings);
	}
}

static const struct {
	bool keeps_alive, is_draining;
	unsigned refusal;
	bool is_last;
	enum reason why;
} ends[] = {
	/* RFC 9112 9.3, 9.6 */
	{ true, false, 0, false, REASON_CONNECTION_KEPT },
	{ false, false, 0, true, REASON_CONNECTION_CLOSE_ASKED },
	{ true, true, 0, true, REASON_CONNECTION_CLOSE_DRAIN },
	{ false, true, 0, true, REASON_CONNECTION_CLOSE_ASKED },
	{ true, false, 400, true, REASON_CONNECTION_CLOSE_ERROR },
	{ true, true, 408, true, REASON_CONNECTION_CLOSE_ERROR },
};

static void the_last_answer_is_known_as_such(void **state)
{
	(void)state;
	static struct request q;
	struct resource r = resource_make(RESOURCE_FILE, "a.bin");

	for (size_t i = 0; i < array_count(ends); i++) {
		struct policy policy = { .is_draining = ends[i].is_draining };
		request_make(&q, NULL, 0);
		q.keeps_alive = ends[i].keeps_alive;
		q.refusal = ends[i].refusal;
		q.refusal_reason = REASON_HEAD_TOO_LARGE;
		q.refusal_number = 7;
		struct plan p = plan_response(&q, &r, &policy, (uint64_t)NOW);
		const struct trail_step *last =
			&p.trail.steps[p.trail.count - 1];
		expect(p.is_last == ends[i].is_last, "row %zu", i);
		expect(last->reason == ends[i].why, "row %zu: reason %d", i,
			(int)last->reason);
		if (q.refusal == 0)
			continue;
		/* What is refused is told why, with its number; no file. */
		assert_false(plan_needs_resource(&q));
		assert_int_equal(p.status, q.refusal);
		assert_int_equal(p.source, BODY_PAGE);
		assert_int_equal(
			p.trail.steps[0].reason, REASON_HEAD_TOO_LARGE);
		assert_int_equal(p.trail.steps[0].a, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_are_golden),
		cmocka_unit_test(numbers_go_into_the_plan),
		cmocka_unit_test(stand_ins_are_not_kept),
		cmocka_unit_test(what_the_client_holds_is_good),
		cmocka_unit_test(preflights_are_answered),
		cmocka_unit_test(codings_are_wanted_for_later),
		cmocka_unit_test(the_last_answer_is_known_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

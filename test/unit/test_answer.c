/*
 * Answers as they are rendered (http/answer.h): for each status the fields, in
 * their order and with their values, and the generated bodies. RFC 9110 6.6.1,
 * 8.6, 10.2, 14.4, 14.6, 15.
 */
#include "support.h"

#include "http/answer.h"
#include "http/listing_page.h"
#include "http/status.h"

#define DATE_LINES "Server: hstatic\nDate: Sun, 06 Nov 1994 08:51:17 GMT\n"
#define TYPE_LINES(type, length) \
	"Content-Type: " type "\nContent-Length: " length \
	"\nX-Content-Type-Options: nosniff\n"
#define PAGE_LINES TYPE_LINES("text/html; charset=utf-8", "77")
#define VALID_LINES \
	"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nETag: \"abc\"\n"

static const struct resource resource = {
	.kind = RESOURCE_FILE,
	.name = { "dir/a b", 7 },
	.variants = { { .exists = true, .etag_len = 5, .etag = "\"abc\"" },
		{ .exists = true, .etag_len = 5, .etag = "\"gzz\"" } },
};

static const struct {
	struct plan plan;
	const char *want;
} cases[] = {
	/* 15.3.1 */
	{ { .status = 200,
		  .source = BODY_VARIANT,
		  .says_etag = true,
		  .says_ranges = true,
		  .size = 100,
		  .cache_control = { "no-cache", 8 } },
		DATE_LINES TYPE_LINES("text/x", "77") VALID_LINES
		"Accept-Ranges: bytes\nCache-Control: no-cache\n" },
	/* 8.4: the coding is named, the tag is the variant's */
	{ { .status = 200,
		  .source = BODY_VARIANT,
		  .coding = CODING_GZIP,
		  .says_etag = true,
		  .varies_coding = true,
		  .size = 100 },
		DATE_LINES TYPE_LINES("text/x",
			"77") "Content-Encoding: gzip\n"
			      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n"
			      "ETag: \"gzz\"\nVary: Accept-Encoding\n" },
	/* 15.3.7.1, 14.4: a single part has Content-Range */
	{ { .status = 206,
		  .source = BODY_RANGE,
		  .size = 100,
		  .ranges = { 1, { { 10, 5 } } } },
		DATE_LINES TYPE_LINES(
			"text/x", "77") "Content-Range: bytes 10-14/100\n" },
	/* 15.3.7.2: multiple parts have none of their own */
	{ { .status = 206,
		  .source = BODY_MULTIPART,
		  .size = 100,
		  .ranges = { 2, { { 0, 1 }, { 9, 1 } } } },
		DATE_LINES TYPE_LINES(
			"multipart/byteranges; boundary=hstatic-abc", "77") },
	/* 15.5.17: Content-Range tells the current length */
	{ { .status = 416,
		  .source = BODY_PAGE,
		  .size = 100,
		  .says_ranges = true,
		  .coding = CODING_GZIP },
		DATE_LINES PAGE_LINES
		"Content-Range: bytes */100\nAccept-Ranges: bytes\n" },
	/* 15.4.5: no content; 8.6: no Content-Length that would be wrong */
	{ { .status = 304,
		  .source = BODY_EMPTY,
		  .says_etag = true,
		  .varies_coding = true,
		  .cache_control = { "no-cache", 8 } },
		DATE_LINES VALID_LINES
		"Vary: Accept-Encoding\nCache-Control: no-cache\n" },
	/* 15.3.5, 8.6: a 204 MUST NOT have Content-Length */
	{ { .status = 204, .source = BODY_EMPTY, .says_allow = true },
		DATE_LINES "Allow: GET, HEAD, OPTIONS\n" },
	/* 15.5.6: Allow MUST be there */
	{ { .status = 405, .source = BODY_PAGE, .says_allow = true },
		DATE_LINES PAGE_LINES "Allow: GET, HEAD, OPTIONS\n" },
	/* 10.2.3 */
	{ { .status = 503, .source = BODY_PAGE, .says_retry = true },
		DATE_LINES PAGE_LINES "Retry-After: 1\n" },
	/* 10.2.2: one slash first, escaped, the query kept */
	{ { .status = 301, .source = BODY_PAGE, .says_location = true },
		DATE_LINES PAGE_LINES "Location: /dir/a%20b/?q=1&r\n" },
	{ { .status = 404,
		  .source = BODY_PAGE,
		  .cache_control = { "no-store", 8 } },
		DATE_LINES PAGE_LINES "Cache-Control: no-store\n" },
	/* 12.5.5: all that the choice depended on */
	{ { .status = 304,
		  .source = BODY_EMPTY,
		  .varies_coding = true,
		  .varies_accept = true },
		DATE_LINES "Vary: Accept, Accept-Encoding\n" },
	{ { .status = 304, .source = BODY_EMPTY, .varies_accept = true },
		DATE_LINES "Vary: Accept\n" },
	/* a listing has no length */
	{ { .status = 200,
		  .source = BODY_LISTING,
		  .listing = LISTING_JSON,
		  .varies_accept = true },
		DATE_LINES "Content-Type: text/x\n"
			   "X-Content-Type-Options: nosniff\n"
			   "Vary: Accept\n" },
	{ { .status = 200, .source = BODY_LISTING, .listing = LISTING_HTML },
		DATE_LINES "Content-Type: text/x\n"
			   "X-Content-Type-Options: nosniff\n"
			   "Content-Security-Policy: (the page's)\n" },
	{ { .status = 200, .source = BODY_EVENTS },
		DATE_LINES "Content-Type: text/x\n"
			   "X-Content-Type-Options: nosniff\n" },
	/* Fetch 3.2.3, 4.8 */
	{ { .status = 304, .source = BODY_EMPTY, .says_origins = true },
		DATE_LINES "Access-Control-Allow-Origin: *\n"
			   "Cross-Origin-Resource-Policy: cross-origin\n"
			   "Access-Control-Expose-Headers: *\n" },
	{ { .status = 204,
		  .source = BODY_EMPTY,
		  .says_allow = true,
		  .says_origins = true,
		  .says_preflight = true },
		DATE_LINES "Allow: GET, HEAD, OPTIONS\n"
			   "Access-Control-Allow-Origin: *\n"
			   "Cross-Origin-Resource-Policy: cross-origin\n"
			   "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\n"
			   "Access-Control-Allow-Headers: *\n"
			   "Access-Control-Max-Age: 86400\n" },
	/* 9.3.2: HEAD has the fields of GET */
	{ { .status = 200, .source = BODY_VARIANT, .is_head = true },
		DATE_LINES TYPE_LINES("text/x", "77") },
};

static void fields_render(const struct answer *a, struct text *out)
{
	struct answer_field fields[ANSWER_FIELDS_MAX];
	char storage[512];
	struct text values = text_in(storage, sizeof storage);
	unsigned count = answer_fields(a, &values, fields);

	assert_false(values.is_full);
	for (unsigned i = 0; i < count; i++) {
		text_add(out, fields[i].name);
		text_add_literal(out, ": ");
		bool is_csp = span_equal(fields[i].value, listing_csp());
		text_add(out, is_csp ? SPAN("(the page's)") : fields[i].value);
		text_add_char(out, '\n');
	}
	text_add_char(out, '\0');
}

static void each_status_has_its_fields(void **state)
{
	(void)state;
	static struct request q;

	request_make(&q, NULL, 0);
	q.query = SPAN("?q=1&r");
	for (size_t i = 0; i < array_count(cases); i++) {
		char got[2048];
		struct text out = text_in(got, sizeof got);
		struct plan p = cases[i].plan;
		p.type = SPAN("text/x");
		p.date = 784111877;
		p.modified = 784111777;
		struct answer a = { &p, &q, &resource, 77 };
		fields_render(&a, &out);
		assert_string_equal(got, cases[i].want);
	}
}

/* An answer without a resource: a refused request has none. */
static void a_refusal_needs_no_resource(void **state)
{
	(void)state;
	static struct request q;
	char got[512];
	struct text out = text_in(got, sizeof got);
	struct plan p = {
		.status = 400, .source = BODY_PAGE, .date = 784111877
	};
	struct answer a = { &p, &q, NULL, 77 };

	fields_render(&a, &out);
	assert_string_equal(got, DATE_LINES PAGE_LINES);
}

static void small_storage_is_noticed(void **state)
{
	(void)state;
	static struct request q;
	struct plan p = { .status = 400, .source = BODY_PAGE };
	struct answer a = { &p, &q, NULL, 77 };
	struct answer_field fields[ANSWER_FIELDS_MAX];
	char storage[30];
	struct text values = text_in(storage, sizeof storage);

	answer_fields(&a, &values, fields);
	assert_true(values.is_full);
}

static const unsigned statuses[] = {
#define STATUS(code, phrase, advice) code,
#include "http/status.def"
#undef STATUS
};

static void every_status_has_a_page(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(statuses); i++) {
		char got[2048];
		struct text out = text_in(got, sizeof got);
		struct plan p = { .status = statuses[i] };
		char title[128];
		struct text t = text_in(title, sizeof title);
		text_add_literal(&t, "<title>");
		text_add_u64(&t, statuses[i]);
		text_add_char(&t, ' ');
		text_add(&t, status_phrase(statuses[i]));
		text_add_literal(&t, "</title>");
		answer_page(&p, &out);
		assert_false(out.is_full);
		assert_true(span_starts(text_span(&out),
			SPAN("<!doctype html>\n<html lang=\"en\">")));
		assert_true(span_ends(text_span(&out), SPAN("</html>\n")));
		assert_non_null(memmem(out.at, out.len, t.at, t.len));
		struct span advice = status_advice(statuses[i]);
		expect(statuses[i] < 400 || advice.len > 0, "%u: no advice",
			statuses[i]);
		assert_non_null(memmem(out.at, out.len, advice.at, advice.len));
	}
	assert_int_equal(status_phrase(299).len, 0);
}

/* RFC 2046 5.1.1: CRLF and two hyphens before each part, two more at the
 * end; 14.6: each part with its own type and range. */
static void parts_are_delimited(void **state)
{
	(void)state;
	char got[512];
	struct text out = text_in(got, sizeof got);
	struct plan p = { .status = 206,
		.source = BODY_MULTIPART,
		.size = 100,
		.type = SPAN("text/x"),
		.ranges = { 2, { { 0, 1 }, { 98, 2 } } } };

	for (unsigned i = 0; i <= 2; i++)
		answer_part_head(&p, &resource, i, &out);
	text_add_char(&out, '\0');
	assert_string_equal(got, "\r\n--hstatic-abc\r\nContent-Type: text/x\r\n"
				 "Content-Range: bytes 0-0/100\r\n\r\n"
				 "\r\n--hstatic-abc\r\nContent-Type: text/x\r\n"
				 "Content-Range: bytes 98-99/100\r\n\r\n"
				 "\r\n--hstatic-abc--\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_status_has_its_fields),
		cmocka_unit_test(a_refusal_needs_no_resource),
		cmocka_unit_test(small_storage_is_noticed),
		cmocka_unit_test(every_status_has_a_page),
		cmocka_unit_test(parts_are_delimited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

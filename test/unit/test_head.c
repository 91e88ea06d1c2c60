/*
 * Heads, one row per sentence of RFC 9112 2 to 5 and of what they take from
 * RFC 9110: what is read, what is refused and with which words, and the
 * limits at the byte where they begin. The rules that need the whole head are
 * test_framing's.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/head.h"

static const struct head_limits limits = {
	.line_max = 8192,
	.head_max = 16384,
	.field_max = 100,
	.body_max = 1 << 20,
};

#define HOST "Host: a\r\n"

static const struct {
	struct span bytes;
	unsigned refusal;
	enum reason reason;
} refusals[] = {
	/* 2.2: a recipient MAY recognise a single LF; we refuse it */
	{ SPAN("GET / HTTP/1.1\n"), 400, REASON_HEAD_BARE_LF },
	{ SPAN("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400, REASON_HEAD_BARE_LF },
	{ SPAN("GET / HTTP/1.1\r\n" HOST "\n"), 400, REASON_HEAD_BARE_LF },
	/* 2.2: a bare CR is invalid in any element but the content */
	{ SPAN("GET / HTTP/1.1\r\nA: b\rc\r\n"), 400, REASON_HEAD_BARE_CR },
	{ SPAN("GET / HTTP/1.1\r\nA: b\r\r\n"), 400, REASON_HEAD_BARE_CR },
	{ SPAN("GET / HTTP/1.1\r\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	/* 2.2: white space between start-line and first field is refused */
	{ SPAN("GET / HTTP/1.1\r\n A: b\r\n"), 400, REASON_HEAD_FOLDED },
	{ SPAN("GET / HTTP/1.1\r\n\tA: b\r\n"), 400, REASON_HEAD_FOLDED },
	/* 2.2: "at least one empty line" before it is passed over, not more
	 * than a few */
	{ SPAN("\r\n\r\n\r\n\r\n\r\n"), 400, REASON_HEAD_NOT_HTTP },
	{ SPAN("\n"), 400, REASON_HEAD_NOT_HTTP },
	/* 2.3: HTTP-version is case-sensitive, "HTTP/" DIGIT "." DIGIT */
	{ SPAN("GET / http/1.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/1.10\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/01.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/1,1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/x.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET /\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / \r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/2.0\r\n"), 505, REASON_HEAD_VERSION_UNSUPPORTED },
	{ SPAN("GET / HTTP/0.9\r\n"), 505, REASON_HEAD_VERSION_UNSUPPORTED },
	{ SPAN("PRI * HTTP/2.0\r\n"), 505, REASON_HEAD_VERSION_UNSUPPORTED },
	/* 3: method SP request-target SP HTTP-version, single spaces */
	{ SPAN("GET  / HTTP/1.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET /  HTTP/1.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET / HTTP/1.1 \r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET\t/\tHTTP/1.1\r\n"), 400, REASON_HEAD_METHOD_INVALID },
	{ SPAN(" GET / HTTP/1.1\r\n"), 400, REASON_HEAD_NOT_HTTP },
	/* 3.1: method = token; what is none is refused at its first byte */
	{ SPAN("\x16\x03\x01"), 400, REASON_HEAD_NOT_HTTP },
	{ SPAN("G(T"), 400, REASON_HEAD_METHOD_INVALID },
	{ SPAN("GET\0 "), 400, REASON_HEAD_METHOD_INVALID },
	{ SPAN("SSH-2.0-x/\r\n"), 400, REASON_HEAD_METHOD_INVALID },
	/* 3.2: no white space, no fragment, nothing that is no URI character */
	{ SPAN("GET /a b HTTP/1.1\r\n"), 400, REASON_HEAD_VERSION_INVALID },
	{ SPAN("GET /#a HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /\xff HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /\x7f HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /\0 HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /a\\b HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /\"a\" HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	{ SPAN("GET /?<a> HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_INVALID },
	/* 3.2: one of the four forms, "*" for OPTIONS alone (3.2.4) */
	{ SPAN("GET * HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_FORM },
	{ SPAN("GET a HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_FORM },
	{ SPAN("GET ftp://a/ HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_FORM },
	{ SPAN("GET ?a HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_FORM },
	{ SPAN("OPTIONS *a HTTP/1.1\r\n"), 400, REASON_HEAD_TARGET_FORM },
	/* RFC 9110 7.4: https over a connection that is not secured */
	{ SPAN("GET HTTPS://a/ HTTP/1.1\r\n"), 421, REASON_HEAD_SCHEME_HTTPS },
	/* 5.1: no white space between name and colon: 400 */
	{ SPAN("GET / HTTP/1.1\r\nHost : a\r\n"), 400,
		REASON_HEAD_NAME_INVALID },
	{ SPAN("GET / HTTP/1.1\r\nHost\t: a\r\n"), 400,
		REASON_HEAD_NAME_INVALID },
	/* 5: field-name ":" OWS field-value OWS, field-name a token */
	{ SPAN("GET / HTTP/1.1\r\nHost\r\n"), 400, REASON_HEAD_NAME_INVALID },
	{ SPAN("GET / HTTP/1.1\r\n: a\r\n"), 400, REASON_HEAD_NAME_INVALID },
	{ SPAN("GET / HTTP/1.1\r\nH(t: a\r\n"), 400, REASON_HEAD_NAME_INVALID },
	{ SPAN("GET / HTTP/1.1\r\nH\xc3: a\r\n"), 400,
		REASON_HEAD_NAME_INVALID },
	/* RFC 9110 5.5: CR, LF, NUL are invalid, other controls are too */
	{ SPAN("GET / HTTP/1.1\r\nA: b\0c\r\n"), 400,
		REASON_HEAD_VALUE_INVALID },
	{ SPAN("GET / HTTP/1.1\r\nA: \x01\r\n"), 400,
		REASON_HEAD_VALUE_INVALID },
	{ SPAN("GET / HTTP/1.1\r\nA: \x7f\r\n"), 400,
		REASON_HEAD_VALUE_INVALID },
	/* 5.2: obs-fold is 400 */
	{ SPAN("GET / HTTP/1.1\r\nA: b\r\n c\r\n"), 400, REASON_HEAD_FOLDED },
	{ SPAN("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n"), 400, REASON_HEAD_FOLDED },
};

static void what_is_refused_says_why(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(refusals); i++) {
		head_parse(refusals[i].bytes, &limits, &q);
		expect(q.refusal == refusals[i].refusal &&
				q.refusal_reason == refusals[i].reason,
			"row %zu: %u, reason %d", i, q.refusal,
			(int)q.refusal_reason);
	}
}

static const struct {
	const char *bytes;
	enum method method;
	enum target_form form;
	const char *path, *query, *authority;
} heads[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", METHOD_GET, TARGET_ORIGIN, "/", "",
		"a" },
	/* 3.1: the method is case-sensitive */
	{ "get / HTTP/1.1\r\n" HOST "\r\n", METHOD_UNKNOWN, TARGET_ORIGIN, "/",
		"", "a" },
	{ "HEAD / HTTP/1.1\r\n" HOST "\r\n", METHOD_HEAD, TARGET_ORIGIN, "/",
		"", "a" },
	{ "M!#$%&'*+-.^_`|~ / HTTP/1.1\r\n" HOST "\r\n", METHOD_UNKNOWN,
		TARGET_ORIGIN, "/", "", "a" },
	{ "DELETE / HTTP/1.1\r\n" HOST "\r\n", METHOD_NOT_SERVED, TARGET_ORIGIN,
		"/", "", "a" },
	/* 3.2.1: origin-form = absolute-path [ "?" query ] */
	{ "GET /a?b?c=/d HTTP/1.1\r\n" HOST "\r\n", METHOD_GET, TARGET_ORIGIN,
		"/a", "?b?c=/d", "a" },
	{ "GET /? HTTP/1.1\r\n" HOST "\r\n", METHOD_GET, TARGET_ORIGIN, "/",
		"?", "a" },
	{ "GET //b/c HTTP/1.1\r\n" HOST "\r\n", METHOD_GET, TARGET_ORIGIN,
		"//b/c", "", "a" },
	{ "GET /?{|}\\^` HTTP/1.1\r\n" HOST "\r\n", METHOD_GET, TARGET_ORIGIN,
		"/", "?{|}\\^`", "a" },
	/* 3.2.2: absolute-form is accepted, and its host counts, not Host */
	{ "GET http://b/c?d HTTP/1.1\r\n" HOST "\r\n", METHOD_GET,
		TARGET_ABSOLUTE, "/c", "?d", "b" },
	{ "GET HTTP://b:1 HTTP/1.1\r\n" HOST "\r\n", METHOD_GET,
		TARGET_ABSOLUTE, "/", "", "b:1" },
	{ "GET http://b?d/e HTTP/1.1\r\n" HOST "\r\n", METHOD_GET,
		TARGET_ABSOLUTE, "/", "?d/e", "b" },
	/* 3.2.3: authority-form, of CONNECT alone */
	{ "CONNECT b:443 HTTP/1.1\r\n" HOST "\r\n", METHOD_NOT_SERVED,
		TARGET_AUTHORITY, "", "", "b:443" },
	/* 3.2.4: asterisk-form, also through a proxy */
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", METHOD_OPTIONS, TARGET_ASTERISK,
		"", "", "a" },
	{ "OPTIONS http://b HTTP/1.1\r\n" HOST "\r\n", METHOD_OPTIONS,
		TARGET_ASTERISK, "/", "", "b" },
	{ "OPTIONS http://b/ HTTP/1.1\r\n" HOST "\r\n", METHOD_OPTIONS,
		TARGET_ABSOLUTE, "/", "", "b" },
	/* 2.2: empty lines before the request line */
	{ "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", METHOD_GET,
		TARGET_ORIGIN, "/", "", "a" },
	/* 5.1: OWS around the value; names whatever their case */
	{ "GET / HTTP/1.1\r\nhOSt:\t a \t\r\n\r\n", METHOD_GET, TARGET_ORIGIN,
		"/", "", "a" },
	{ "GET / HTTP/1.1\r\nHost:a\r\n\r\n", METHOD_GET, TARGET_ORIGIN, "/",
		"", "a" },
};

static void what_is_read_is_what_was_sent(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(heads); i++) {
		struct span s = span_of(heads[i].bytes);
		expect(head_parse(s, &limits, &q) == s.len && q.refusal == 0,
			"row %zu: %u", i, q.refusal);
		expect(q.method == heads[i].method && q.form == heads[i].form,
			"row %zu: method %d, form %d", i, (int)q.method,
			(int)q.form);
		expect(span_equal(q.path, span_of(heads[i].path)) &&
				span_equal(q.query, span_of(heads[i].query)),
			"row %zu: path or query", i);
		expect(span_equal(q.authority, span_of(heads[i].authority)),
			"row %zu: authority", i);
		for (size_t len = 0; len < s.len; len++)
			expect(head_parse(span_first(s, len), &limits, &q) ==
						0 &&
					q.refusal == 0,
				"row %zu: not partial at %zu", i, len);
	}
}

static void fields_keep_their_order_and_bytes(void **state)
{
	(void)state;
	static struct request q;
	struct span s = SPAN("GET / HTTP/1.0\r\nA: 1\r\nAccept: x\r\n"
			     "b:\r\nACCEPT: \xc3\xa9 y\r\n\r\nGET");
	struct span value;
	unsigned at = 0;

	assert_int_equal(head_parse(s, &limits, &q), s.len - 3);
	assert_int_equal(q.refusal, 0);
	assert_int_equal(q.minor, 0);
	assert_int_equal(q.field_count, 4);
	assert_true(span_equal(q.fields[0].name, SPAN("A")));
	assert_int_equal(q.fields[0].id, FIELD_OTHER);
	assert_int_equal(q.fields[2].value.len, 0);
	assert_true(request_next_line(&q, FIELD_ACCEPT, &at, &value));
	assert_true(span_equal(value, SPAN("x")));
	assert_true(request_next_line(&q, FIELD_ACCEPT, &at, &value));
	/* RFC 9110 5.5: obs-text is opaque data */
	assert_true(span_equal(value, SPAN("\xc3\xa9 y")));
	assert_false(request_next_line(&q, FIELD_ACCEPT, &at, &value));
}

/* A request line of `line` bytes, a head of `head` bytes in all, or an
 * unlimited one for 0. The caller's. */
static struct span head_of(size_t line, size_t head)
{
	static const char start[] = "GET /", end[] = " HTTP/1.1";
	static const char rest[] = "\r\nHost: a\r\nX: ";
	size_t size = head > 0 ? head : line + sizeof rest + 3;
	char *at = malloc(size + 1);
	assert_non_null(at);

	memset(at, 'a', size);
	memcpy(at, start, 5);
	memcpy(at + line - 9, end, 9);
	memcpy(at + line, rest, sizeof rest - 1);
	memcpy(at + size - 4, "\r\n\r\n", 4);
	return (struct span){ at, size };
}

static const struct {
	size_t line, head;
	struct head_limits limits;
	unsigned refusal;
	uint64_t number;
} sizes[] = {
	/* RFC 9112 3: a line longer than the server reads is 414 */
	{ 100, 0, { 100, 500, 9, 0 }, 0, 0 },
	{ 101, 0, { 100, 500, 9, 0 }, 414, 100 },
	{ 5000, 0, { 100, 500, 9, 0 }, 414, 100 },
	/* RFC 6585 5: and a longer head 431 */
	{ 20, 500, { 100, 500, 9, 0 }, 0, 0 },
	{ 20, 501, { 100, 500, 9, 0 }, 431, 500 },
	{ 20, 9000, { 100, 500, 9, 0 }, 431, 500 },
	/* as many fields as are allowed, and one more */
	{ 20, 0, { 100, 500, 2, 0 }, 0, 0 },
	{ 20, 0, { 100, 500, 1, 0 }, 431, 1 },
	{ 20, 0, { 100, 500, 0, 0 }, 431, 0 },
};

static void limits_are_exact(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(sizes); i++) {
		struct span s = head_of(sizes[i].line, sizes[i].head);
		size_t size = head_parse(s, &sizes[i].limits, &q);
		expect(q.refusal == sizes[i].refusal &&
				q.refusal_number == sizes[i].number,
			"row %zu: %u, %llu", i, q.refusal,
			(unsigned long long)q.refusal_number);
		expect(q.refusal != 0 || size == s.len, "row %zu: size", i);
		free((void *)s.at);
	}
}

/* What has no end yet is refused with the first byte too many, no earlier. */
static void limits_hold_before_the_end(void **state)
{
	(void)state;
	static struct request q;
	const struct head_limits small = { 100, 500, 9, 0 };
	struct span line = head_of(150, 0), head = head_of(20, 900);

	assert_int_equal(head_parse(span_first(line, 101), &small, &q), 0);
	assert_int_equal(q.refusal, 0);
	head_parse(span_first(line, 102), &small, &q);
	assert_int_equal(q.refusal, 414);
	assert_int_equal(head_parse(span_first(head, 500), &small, &q), 0);
	assert_int_equal(q.refusal, 0);
	head_parse(span_first(head, 501), &small, &q);
	assert_int_equal(q.refusal, 431);
	assert_int_equal(q.refusal_reason, REASON_HEAD_TOO_LARGE);
	free((void *)line.at);
	free((void *)head.at);
}

/* A head is too large whatever its last lines are: one that comes at once is
 * judged like one that comes in pieces. */
static void the_limit_comes_before_what_lies_beyond(void **state)
{
	(void)state;
	static struct request q;
	const struct head_limits small = { 100, 500, 9, 0 };
	struct span head = head_of(20, 900);
	char *bytes = (char *)head.at;

	memcpy(bytes + 800, "\r\n bad\r\n", 8);
	head_parse(head, &small, &q);
	assert_int_equal(q.refusal, 431);
	free(bytes);
}

static void a_hundred_fields_and_no_more(void **state)
{
	(void)state;
	static char bytes[2048];
	static struct request q;

	for (int count = 100; count <= 101; count++) {
		int len = snprintf(bytes, sizeof bytes, "GET / HTTP/1.0\r\n");
		for (int i = 0; i < count; i++)
			len += snprintf(bytes + len, sizeof bytes - (size_t)len,
				"F%d: x\r\n", i);
		len += snprintf(
			bytes + len, sizeof bytes - (size_t)len, "\r\n");
		size_t got = head_parse(
			(struct span){ bytes, (size_t)len }, &limits, &q);
		if (count == 100)
			assert_int_equal(got, len);
		assert_int_equal(q.refusal, count == 100 ? 0 : 431);
		assert_int_equal(q.field_count, 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused_says_why),
		cmocka_unit_test(what_is_read_is_what_was_sent),
		cmocka_unit_test(fields_keep_their_order_and_bytes),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(limits_hold_before_the_end),
		cmocka_unit_test(the_limit_comes_before_what_lies_beyond),
		cmocka_unit_test(a_hundred_fields_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Keys (http/key.h): what two requests may differ in and still get the same
 * answer, what tells them apart, and what has no key at all.
 */
#include "support.h"

#include <stdio.h>

#include "http/head.h"
#include "http/key.h"

static const struct head_limits limits = {
	.line_max = 8192, .head_max = 16384, .field_max = 100
};

/* The key of a whole head; empty when it has none. */
static struct span key_of(const char *head, char out[KEY_MAX])
{
	struct request q;
	struct text t = text_in(out, KEY_MAX);

	assert_true(head_parse(span_of(head), &limits, &q) > 0);
	return request_key(&q, &t) ? text_span(&t) : SPAN("");
}

#define GET(rest) "GET /a?b HTTP/1.1\r\nHost: x\r\n" rest "\r\n"

static const struct {
	const char *one, *other;
	bool is_same;
} pairs[] = {
	{ GET(""), GET(""), true },
	/* Nobody asks who asks, nor for which page. */
	{ GET(""), "GET /a?b HTTP/1.1\r\nHost: y\r\nReferer: z\r\n\r\n", true },
	{ GET(""), GET("User-Agent: Mozilla/5.0\r\nAccept: */*\r\n"), true },
	{ GET(""), GET("If-Range: \"a\"\r\n"), true },
	{ GET("If-None-Match: \"a\"\r\n"),
		GET("If-None-Match: \"a\"\r\nIf-Modified-Since: x\r\n"), true },
	{ GET(""), GET("Connection: keep-alive\r\n"), true },
	/* What the plan and the head depend on. */
	{ GET(""), "HEAD /a?b HTTP/1.1\r\nHost: x\r\n\r\n", false },
	{ GET(""), "GET /a?b HTTP/1.0\r\nHost: x\r\n\r\n", false },
	{ GET(""), "GET /a?c HTTP/1.1\r\nHost: x\r\n\r\n", false },
	{ GET(""), "GET /A?b HTTP/1.1\r\nHost: x\r\n\r\n", false },
	{ GET(""), "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", false },
	{ GET(""), GET("Connection: close\r\n"), false },
	{ "GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false },
	{ GET(""), GET("Accept-Encoding: gzip\r\n"), false },
	{ GET("Accept-Encoding: br\r\n"), GET("Accept-Encoding: gzip\r\n"),
		false },
	/* Without the field anything is acceptable, with an empty one only
	 * identity is (RFC 9110 12.5.3). */
	{ GET(""), GET("Accept-Encoding:\r\n"), false },
	{ GET(""), GET("If-None-Match: \"a\"\r\n"), false },
	{ GET("If-None-Match: \"b\"\r\n"), GET("If-None-Match: \"a\"\r\n"),
		false },
	/* The bytes of one are not taken for the other's. */
	{ GET("Accept-Encoding: x\r\n"), GET("If-None-Match: x\r\n"), false },
	{ GET("Accept-Encoding: ab\r\nIf-None-Match: c\r\n"),
		GET("Accept-Encoding: a\r\nIf-None-Match: bc\r\n"), false },
};

static void tells_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(pairs); i++) {
		char a[KEY_MAX], b[KEY_MAX];
		struct span one = key_of(pairs[i].one, a);
		struct span other = key_of(pairs[i].other, b);
		assert_true(one.len > 0 && other.len > 0);
		if (span_equal(one, other) != pairs[i].is_same)
			fail_msg("%s%s", pairs[i].one, pairs[i].other);
	}
}

static const char *const without[] = {
	"POST /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"OPTIONS /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
	/* Refused. */
	"GET /a HTTP/1.1\r\n\r\n",
	GET("Range: bytes=0-1\r\n"),
	GET("If-Match: *\r\n"),
	GET("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
	/* A date is compared with the clock. */
	GET("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
	/* Lists over several lines. */
	GET("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"),
	GET("If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n"),
	/* A body comes. */
	GET("Content-Length: 1\r\n"),
	GET("Transfer-Encoding: chunked\r\n"),
};

static void has_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(without); i++) {
		char out[KEY_MAX];
		if (key_of(without[i], out).len > 0)
			fail_msg("%s", without[i]);
	}
}

static void is_bounded(void **state)
{
	char head[2 * KEY_MAX], out[KEY_MAX];

	(void)state;
	for (int len = KEY_MAX - 10; len <= KEY_MAX + 1; len++) {
		snprintf(head, sizeof head,
			"GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", len - 1, 0);
		/* A byte for the kind and four for two lengths. */
		bool fits = len + 5 <= KEY_MAX;
		assert_int_equal(key_of(head, out).len, fits ? len + 5 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_apart),
		cmocka_unit_test(has_none),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

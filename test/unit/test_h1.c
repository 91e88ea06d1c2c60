/*
 * The HTTP/1 engine (RFC 9112 9): bytes fed, segments pulled, writes cut
 * short; pipelining, bodies, 100-continue, and lines that are too long. How
 * connections end is test_h1_end's.
 */
#include "h1_stage.h"

static const struct {
	const char *bytes, *want;
	int end;      /* what pull says in the end */
	bool lingers; /* the peer may still be talking */
} conversations[] = {
	{ GET("/a"), "200 /a", 0, false },
	/* 9.3.2: pipelined requests, answered in the order received */
	{ GET("/a") GET("/b") GET("/c"), "200 /a, 200 /b, 200 /c", 0, false },
	/* 9.6: after close nothing more is read */
	{ "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/b"),
		"200 /a close", -1, true },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"200 /a close", -1, false },
	{ "GET /a HTTP/1.0\r\n\r\n", "200 /a close", -1, false },
	{ "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 /a", 0,
		false },
	/* a body is read to its end, and is not taken for a request */
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /" GET(
		  "/b"),
		"200 /a, 200 /b", 0, false },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "4\r\nGET \r\n0\r\nA: b\r\n\r\n" GET("/b"),
		"200 /a, 200 /b", 0, false },
	/* 2.2: an empty line too many behind it is passed over */
	{ GET("/a") "\r\n" GET("/b"), "200 /a, 200 /b", 0, false },
	/* 11.2: what cannot be framed ends the connection, with all before
	 * it answered */
	{ GET("/a") "GET /b HTTP/1.1\r\n\r\n" GET("/c"), "200 /a, 400 close",
		-1, true },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "zzz\r\n" GET("/b"),
		"400 close", -1, true },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\n",
		"413 close", -1, true },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "15\r\n",
		"413 close", -1, true },
	/* nothing to say before there is a request */
	{ "", "", 0, false },
	{ "GET /a HTTP/1.1\r\nHost: a\r\n", "", 0, false },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcd", "", 0,
		false },
	/* RFC 9110 10.1.1: no interim answer when the body has come already */
	{ "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	  "Content-Length: 1\r\n\r\nx",
		"200 /a", 0, false },
	/* nor when there is none to come */
	{ "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
		"200 /a", 0, false },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	  "Content-Length: 1\r\n\r\n",
		"100", 0, false },
};

static void conversations_go_as_they_should(void **state)
{
	(void)state;
	static const size_t steps[] = { SIZE_MAX, 1, 7 };

	for (size_t i = 0; i < array_count(conversations); i++) {
		for (size_t k = 0; k < array_count(steps); k++) {
			stage_start(64, 4);
			if (conversations[i].bytes[0] != '\0')
				feed(conversations[i].bytes, 0);
			int end = drink(steps[k], 0);
			expect(end == conversations[i].end, "row %zu: %d", i,
				end);
			expect_answers(conversations[i].want);
			expect(s.h1.wire.lingers == conversations[i].lingers,
				"row %zu: lingers", i);
			stage_stop();
		}
	}
}

/* The answers of a batch are shown together, so that one write takes them. */
static void a_batch_is_pulled_at_once(void **state)
{
	(void)state;
	struct segment segments[8];
	struct wire *w = &s.h1.wire;

	stage_start(64, 4);
	feed(GET("/a") GET("/b") GET("/c"), 0);
	assert_int_equal(w->ops->pull(w, segments, 8, 0), 3);
	/* To look is not to take; fewer are shown where fewer are wanted. */
	assert_int_equal(w->ops->pull(w, segments, 2, 0), 2);
	uint64_t all = segments[0].len + segments[1].len;
	w->ops->advance(w, all + 5, 0);
	assert_int_equal(pool_used(&s.host.exchanges), 1);
	assert_int_equal(w->ops->pull(w, segments, 8, 0), 1);
	assert_memory_equal(segments[0].at, "1.1 200", 7);
	w->ops->advance(w, segments[0].len, 0);
	assert_int_equal(w->ops->pull(w, segments, 8, 0), 0);
	stage_stop();
}

/* Whether more may follow: a send that says so wrongly would be held back. */
static void the_last_bytes_are_known(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		unsigned max;
		int count;
		bool is_final;
	} rows[] = {
		{ GET("/a"), 8, 1, false },
		{ GET("/a") "GET /b HTTP/1.0\r\n\r\n", 8, 2, true },
		/* Not all of it is shown, or it cannot be told. */
		{ GET("/a") "GET /b HTTP/1.0\r\n\r\n", 1, 1, false },
		{ GET("/a") "GET /b HTTP/1.0\r\n\r\n", 2, 2, false },
		{ "GET /b HTTP/1.0\r\n\r\n", 8, 1, true },
		{ "nonsense\r\n\r\n", 8, 2, true },
		{ "GET /a HTTP/1.0\r\nContent-Length: 1\r\n\r\n", 8, 0, false },
		{ "GET /a HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", 8, 1, true },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct segment segments[8];
		struct wire *w = &s.h1.wire;
		stage_start(64, 4);
		feed(rows[i].bytes, 0);
		int count = w->ops->pull(w, segments, rows[i].max, 0);
		expect(count == rows[i].count, "row %zu: %d", i, count);
		expect(w->is_final == rows[i].is_final, "row %zu", i);
		stage_stop();
	}
}

/* More requests than are planned at once wait, and none is lost. */
static void a_long_pipeline_waits_its_turn(void **state)
{
	(void)state;
	static char bytes[64 * sizeof(GET("/00"))], want[64 * 16];
	struct text t = text_in(bytes, sizeof bytes);
	struct text w = text_in(want, sizeof want);
	unsigned count = EXCHANGES_QUEUED_MAX + 10;

	for (unsigned i = 0; i < count; i++) {
		text_add_literal(&t, "GET /");
		text_add_u64(&t, i);
		text_add_literal(&t, " HTTP/1.1\r\nHost: a\r\n\r\n");
		text_add(&w, i > 0 ? SPAN(", 200 /") : SPAN("200 /"));
		text_add_u64(&w, i);
	}
	text_add_char(&t, '\0');
	text_add_char(&w, '\0');
	stage_start(64, 4);
	feed(bytes, 0);
	assert_int_equal(s.planned, EXCHANGES_QUEUED_MAX);
	assert_int_equal(drink(100, 0), 0);
	assert_int_equal(s.planned, count);
	expect_answers(want);
	/* And the next one is as good as the first. */
	feed(GET("/x"), 0);
	assert_int_equal(drink(100, 0), 0);
	assert_int_equal(s.planned, count + 1);
	stage_stop();
}

static void continue_comes_before_the_answer(void **state)
{
	(void)state;

	stage_start(64, 4);
	feed(GET("/a") "GET /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
		       "Content-Length: 3\r\n\r\n",
		0);
	assert_int_equal(drink(1, 0), 0);
	expect_answers("200 /a, 100");
	feed("ab", 0);
	assert_int_equal(drink(1, 0), 0);
	expect_answers("200 /a, 100");
	feed("c" GET("/d"), 0);
	assert_int_equal(drink(1, 0), 0);
	expect_answers("200 /a, 100, 200 /b, 200 /d");
	stage_stop();
}

/* Empty lines before it are not part of the request line: however a line
 * that is too long comes, it is 414 as soon as it is (RFC 9112 3). */
static void long_lines_are_414_in_any_pieces(void **state)
{
	(void)state;
	static const unsigned steps[] = { 1, 50, 99, 103, 150 };

	for (size_t i = 0; i < array_count(steps); i++) {
		unsigned fed = 0;
		stage_start(4, 4);
		feed("\r\n\r\n", 0);
		while (drink(99, 0) == 0 && fed < 300) {
			char piece[151] = { 0 };
			memset(piece, 'A', steps[i]);
			memcpy(piece, "GET /", fed == 0 ? 5 : 0);
			if (fed == 0 && steps[i] < 5)
				memset(piece, 'A', steps[i]);
			feed(piece, 0);
			fed += steps[i];
		}
		expect_answers("414 close");
		expect(fed < 102 + steps[i], "step %u: after %u bytes",
			steps[i], fed);
		stage_stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_go_as_they_should),
		cmocka_unit_test(a_batch_is_pulled_at_once),
		cmocka_unit_test(the_last_bytes_are_known),
		cmocka_unit_test(a_long_pipeline_waits_its_turn),
		cmocka_unit_test(continue_comes_before_the_answer),
		cmocka_unit_test(long_lines_are_414_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

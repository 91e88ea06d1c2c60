/*
 * How an HTTP/1 connection ends (RFC 9112 9.3, 9.5, 9.6): the three
 * deadlines, the peer's end, draining, and what happens when memory is out.
 */
#include "h1_stage.h"

static void clocks_start_with_the_first_byte(void **state)
{
	(void)state;
	const struct wire *w = &s.h1.wire;

	stage_start(64, 4);
	assert_int_equal(w->deadline, IDLE_MS);
	feed("G", 50);
	assert_int_equal(w->deadline, 50 + HEAD_MS);
	/* A byte now and then does not move it. */
	feed("ET / HTTP/1.1\r\n", 80);
	assert_int_equal(w->deadline, 50 + HEAD_MS);
	feed("Host: a\r\nContent-Length: 3\r\n\r\n", 100);
	assert_int_equal(w->deadline, 100 + BODY_MS);
	feed("ab", 700);
	assert_int_equal(w->deadline, 100 + BODY_MS);
	feed("c", 800);
	/* Idle from the answer's last byte on, not from the request's. */
	drink(SIZE_MAX, 900);
	assert_int_equal(w->deadline, 900 + IDLE_MS);
	/* The clock of a head that came along with another request. */
	feed(GET("/") "G", 1000);
	drink(SIZE_MAX, 1000);
	assert_int_equal(w->deadline, 1000 + HEAD_MS);
	stage_stop();
}

static const struct {
	const char *bytes;
	const char *after_expire, *after_end;
} endings[] = {
	/* RFC 9110 15.5.9: 408 for what was begun; nothing for who is idle;
	 * 9.3 and 8: a connection that ends inside a request is incomplete */
	{ "", "", "" },
	{ GET("/a"), "200 /a", "200 /a" },
	{ "GET /a", "408 close", "400 close" },
	{ "\r\n", "", "" },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
		"408 close", "400 close" },
	{ GET("/a") "GET /b", "200 /a, 408 close", "200 /a, 400 close" },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n",
		"408 close", "400 close" },
};

static void endings_are_told_apart(void **state)
{
	(void)state;

	for (size_t i = 0; i < 2 * array_count(endings); i++) {
		bool ends = i % 2 == 1;
		struct wire *w = &s.h1.wire;
		stage_start(64, 4);
		if (endings[i / 2].bytes[0] != '\0')
			feed(endings[i / 2].bytes, 0);
		assert_int_equal(drink(9, 0), 0);
		if (ends)
			w->ops->end(w, 1);
		else
			w->ops->expire(w, w->deadline);
		expect(drink(9, 1) == -1, "row %zu", i);
		expect_answers(ends ? endings[i / 2].after_end
				    : endings[i / 2].after_expire);
		assert_true(!ends || !w->lingers);
		assert_true(w->deadline == UINT64_MAX);
		stage_stop();
	}
}

static const struct {
	const char *before, *after; /* the drain */
	const char *want;
	int end; /* what pull says then */
} drains[] = {
	/* 9.6: what was begun, or is on its way, is answered with close;
	 * 9.5: who says nothing is left without a word */
	{ "", NULL, "", 0 },
	{ "", GET("/a"), "200 /a close", -1 },
	{ GET("/a"), NULL, "200 /a", 0 },
	{ GET("/a"), GET("/b"), "200 /a, 200 /b close", -1 },
	{ "GET /a", " HTTP/1.1\r\nHost: a\r\n\r\n", "200 /a close", -1 },
	/* planned before the drain; the next one is told */
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab", "c",
		"200 /a", 0 },
	{ "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
		"c" GET("/b"), "200 /a, 200 /b close", -1 },
};

static void draining_finishes_what_was_begun(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(drains); i++) {
		struct wire *w = &s.h1.wire;
		stage_start(64, 4);
		if (drains[i].before[0] != '\0')
			feed(drains[i].before, 0);
		drink(9, 0);
		s.policy.is_draining = true;
		w->ops->drain(w, 0);
		expect(drink(9, 0) == 0, "row %zu: ends at once", i);
		if (drains[i].after != NULL)
			feed(drains[i].after, 0);
		int end = drink(9, 0);
		expect(end == drains[i].end, "row %zu: %d", i, end);
		expect_answers(drains[i].want);
		if (end == 0) {
			expect(w->deadline < IDLE_MS / 2, "row %zu: waits", i);
			w->ops->expire(w, w->deadline);
			assert_int_equal(drink(9, w->deadline), -1);
			expect_answers(drains[i].want);
		}
		stage_stop();
	}
}

/* An answer that is on its way is sent whole before the end. */
static void draining_waits_for_the_answer(void **state)
{
	(void)state;
	struct segment segments[4];
	struct wire *w = &s.h1.wire;

	stage_start(64, 4);
	feed(GET("/a") GET("/b"), 0);
	assert_int_equal(w->ops->pull(w, segments, 4, 0), 2);
	w->ops->advance(w, 7, 0);
	memcpy(s.out, segments[0].at, s.len = 7);
	w->ops->drain(w, 0);
	assert_int_equal(drink(5, 900), 0);
	expect_answers("200 /a, 200 /b");
	assert_in_range(w->deadline, 900, 900 + IDLE_MS / 2);
	stage_stop();
}

static const struct {
	unsigned exchanges, buffers;
	const char *bytes, *want;
	int end;
} shortages[] = {
	/* no place for an exchange: what was planned is sent, then the end */
	{ 0, 4, GET("/a"), "", -1 },
	/* one place: the next request waits for the answer to be sent */
	{ 1, 4, GET("/a") GET("/b"), "200 /a, 200 /b", 0 },
	{ 1, 4, GET("/a"), "200 /a", 0 },
	/* no place to keep half a head: 503 */
	{ 4, 0, "GET /a", "503 close", -1 },
	{ 4, 0, GET("/a") "GET /b", "200 /a, 503 close", -1 },
	{ 0, 0, "GET /a", "", -1 },
	/* a whole head needs none */
	{ 4, 0, GET("/a"), "200 /a", 0 },
	/* no place for 100: the client sends unasked */
	{ 1, 4,
		"GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
		"Content-Length: 1\r\n\r\n",
		"", 0 },
};

static void shortages_end_in_order(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(shortages); i++) {
		stage_start(shortages[i].exchanges, shortages[i].buffers);
		feed(shortages[i].bytes, 0);
		expect(drink(9, 0) == shortages[i].end, "row %zu", i);
		expect_answers(shortages[i].want);
		stage_stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_start_with_the_first_byte),
		cmocka_unit_test(endings_are_told_apart),
		cmocka_unit_test(draining_finishes_what_was_begun),
		cmocka_unit_test(draining_waits_for_the_answer),
		cmocka_unit_test(shortages_end_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Bodies that are made while they are sent (wire.h, struct producer): chunks
 * of RFC 9112 7.1, the end of the connection in HTTP/1.0 (6.3), and what they
 * hold given back at whatever moment the connection ends.
 */
#include "h1_stage.h"

#include "wire/exchange.h"

static struct maker {
	struct producer producer;
	unsigned pieces, made; /* how many there are to be */
	size_t size;           /* of each */
	bool is_broken;        /* after them */
	bool is_done;
	uint64_t now, due; /* nothing yet before then */
	uint64_t pause;    /* from one piece to the next */
} maker;

static enum production make(struct producer *p, struct text *out)
{
	assert_ptr_equal(p, &maker.producer);
	assert_false(maker.is_done);
	if (maker.now < maker.due) {
		p->due = maker.due;
		return PRODUCTION_LATER;
	}
	maker.due += maker.pause;
	if (maker.made == maker.pieces)
		return maker.is_broken ? PRODUCTION_BROKEN : PRODUCTION_END;
	for (size_t i = 0; i < maker.size; i++)
		text_add_char(out, (char)('a' + maker.made % 26));
	maker.made++;
	return PRODUCTION_PIECE;
}

static void maker_done(struct producer *p)
{
	assert_ptr_equal(p, &maker.producer);
	assert_false(maker.is_done);
	maker.is_done = true;
}

static void on_listing(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	on_exchange(host, ex, q);
	if (!span_equal(q->path, SPAN("/list/")))
		return;
	ex->plan.source = BODY_LISTING;
	ex->plan.is_last |= q->minor == 0;
	if (q->method == METHOD_HEAD)
		return;
	assert_ptr_equal(ex->wire, &s.h1.wire);
	maker.producer = (struct producer){ .produce = make,
		.done = maker_done };
	ex->producer = &maker.producer;
}

static void listing_start(unsigned pieces, size_t size, unsigned buffers)
{
	stage_start(64, buffers);
	s.host.on_exchange = on_listing;
	maker = (struct maker){ .pieces = pieces, .size = size };
}

/* What is behind the end of the first head. */
static const char *body(void)
{
	const char *end = strstr(s.out, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

#define CHUNK3 "0003\r\naaa\r\n0003\r\nbbb\r\n0000\r\n\r\n"

static void chunks_are_made_as_they_are_sent(void **state)
{
	(void)state;
	static const size_t steps[] = { SIZE_MAX, 1, 7 };

	for (size_t i = 0; i < array_count(steps); i++) {
		listing_start(2, 3, 2);
		feed(GET("/list/"), 0);
		/* Not ahead of time: one piece waits. */
		assert_int_equal(maker.made, 1);
		assert_int_equal(drink(steps[i], 0), 0);
		assert_non_null(
			strstr(s.out, "\r\nTransfer-Encoding: chunked\r\n"));
		assert_null(strstr(s.out, "Content-Length"));
		assert_string_equal(body(), CHUNK3);
		assert_true(maker.is_done);
		stage_stop();
	}
}

static void the_next_answer_waits_for_the_last_chunk(void **state)
{
	(void)state;
	listing_start(2, 3, 2);
	feed(GET("/a") GET("/list/") GET("/b"), 0);
	assert_int_equal(drink(5, 0), 0);
	expect_answers("200 /a, 200 /list/, 200 /b");
	const char *chunks = strstr(s.out, CHUNK3);
	assert_non_null(chunks);
	assert_memory_equal(chunks + strlen(CHUNK3), "HTTP/1.1 200", 12);
	stage_stop();
}

static void the_largest_piece_has_room(void **state)
{
	(void)state;
	listing_start(3, PRODUCER_PIECE_MAX, 1);
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	assert_memory_equal(body(), "3c00\r\naaa", 9);
	assert_int_equal(strlen(body()),
		3 * (PRODUCER_PIECE_MAX + 8) + strlen("0000\r\n\r\n"));
	stage_stop();
}

/* RFC 9112 6.3 */
static void http_1_0_reads_to_the_end(void **state)
{
	(void)state;
	listing_start(2, 3, 2);
	feed("GET /list/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0);
	assert_int_equal(drink(1, 0), -1);
	assert_string_equal(body(), "aaabbb");
	assert_null(strstr(s.out, "Transfer-Encoding"));
	assert_non_null(strstr(s.out, "\r\nConnection: close\r\n"));
	stage_stop();
}

static void a_head_has_no_body(void **state)
{
	(void)state;
	listing_start(2, 3, 2);
	feed("HEAD /list/ HTTP/1.1\r\nHost: a\r\n\r\n" GET("/a"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	assert_int_equal(maker.made, 0);
	assert_memory_equal(body(), "HTTP/1.1 200", 12);
	stage_stop();
}

static void what_it_holds_is_given_back(void **state)
{
	(void)state;
	struct segment segments[4];

	for (unsigned sent = 0; sent < 4; sent++) {
		listing_start(9, 3, 2);
		feed(GET("/list/"), 0);
		for (unsigned i = 0; i < sent; i++) {
			int count = s.h1.wire.ops->pull(
				&s.h1.wire, segments, 4, 0);
			assert_true(count > 0);
			s.h1.wire.ops->advance(&s.h1.wire, segments[0].len, 0);
		}
		assert_false(maker.is_done);
		stage_stop();
		assert_true(maker.is_done);
	}
	/* Without a block for its pieces there is no answer. */
	listing_start(2, 3, 0);
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), -1);
	assert_int_equal(s.len, 0);
	assert_true(maker.is_done);
	stage_stop();
}

/* RFC 9112 8: a body without its last chunk is not whole, and nothing follows
 * that could be taken for its end. */
static void a_broken_body_has_no_end(void **state)
{
	(void)state;
	static const char *const requests[] = {
		GET("/list/") GET("/a"),
		"GET /list/ HTTP/1.0\r\n\r\n",
		GET("/list/") "nonsense\r\n\r\n",
	};

	for (size_t i = 0; i < array_count(requests); i++) {
		listing_start(2, 3, 2);
		maker.is_broken = true;
		feed(requests[i], 0);
		assert_int_equal(drink(SIZE_MAX, 0), -1);
		assert_string_equal(body(),
			i == 1 ? "aaabbb" : "0003\r\naaa\r\n0003\r\nbbb\r\n");
		assert_true(maker.is_done);
		assert_false(s.h1.wire.lingers);
		stage_stop();
	}
	/* From the start: there is no answer either. */
	listing_start(0, 3, 2);
	maker.is_broken = true;
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), -1);
	assert_int_equal(s.len, 0);
	assert_true(maker.is_done);
	stage_stop();
}

static unsigned asked;

static void on_counted(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	asked++;
	on_listing(host, ex, q);
}

/* Nothing is taken up behind a body that is still made. */
static void one_at_a_time(void **state)
{
	(void)state;
	listing_start(2, 3, 2);
	s.host.on_exchange = on_counted;
	asked = 0;
	feed(GET("/a") GET("/list/") GET("/b") GET("/c"), 0);
	assert_int_equal(asked, 2);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	assert_int_equal(asked, 4);
	expect_answers("200 /a, 200 /list/, 200 /b, 200 /c");
	stage_stop();
}

/* A stage whose maker has nothing yet before each of its pieces. */
static void waiting_start(unsigned pieces, unsigned buffers)
{
	listing_start(pieces, 3, buffers);
	maker.due = 500;
	maker.pause = 400;
}

static void expire(uint64_t now)
{
	assert_true(s.h1.wire.deadline <= now);
	maker.now = now;
	s.h1.wire.ops->expire(&s.h1.wire, now);
}

/* RFC 9112 7.1: a chunk goes as soon as there is one, and none before. */
static void it_is_asked_again_when_it_said(void **state)
{
	(void)state;
	static const char *const requests[] = {
		GET("/list/"),
		/* The last of its connection, which ends only with it. */
		"GET /list/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET /list/ HTTP/1.0\r\n\r\n",
	};

	for (size_t i = 0; i < array_count(requests); i++) {
		waiting_start(1, 2);
		feed(requests[i], 0);
		assert_int_equal(drink(7, 0), 0);
		assert_string_equal(body(), "");
		assert_int_equal(s.h1.wire.deadline, 500);
		assert_false(s.h1.wire.ops->is_idle(&s.h1.wire));
		expire(500);
		assert_int_equal(drink(7, 500), 0);
		assert_string_equal(body(), i == 2 ? "aaa" : "0003\r\naaa\r\n");
		assert_int_equal(s.h1.wire.deadline, 900);
		expire(900);
		assert_int_equal(drink(7, 900), i == 0 ? 0 : -1);
		assert_string_equal(
			body(), i == 2 ? "aaa" : "0003\r\naaa\r\n0000\r\n\r\n");
		assert_true(maker.is_done);
		if (i == 0)
			assert_int_equal(s.h1.wire.deadline, 900 + IDLE_MS);
		stage_stop();
	}
}

static void it_may_be_asked_too_early(void **state)
{
	(void)state;
	waiting_start(1, 2);
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	maker.due = 700;
	expire(500);
	assert_int_equal(drink(SIZE_MAX, 500), 0);
	assert_string_equal(body(), "");
	assert_int_equal(s.h1.wire.deadline, 700);
	expire(700);
	assert_int_equal(drink(SIZE_MAX, 700), 0);
	assert_string_equal(body(), "0003\r\naaa\r\n");
	stage_stop();
	assert_true(maker.is_done);
}

static void it_may_break_after_a_while(void **state)
{
	(void)state;
	waiting_start(0, 2);
	maker.is_broken = true;
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	expire(500);
	assert_int_equal(drink(SIZE_MAX, 500), -1);
	assert_string_equal(body(), "");
	assert_true(maker.is_done);
	stage_stop();
}

/* What comes meanwhile is answered behind it, in order. */
static void requests_wait_behind_it(void **state)
{
	(void)state;
	waiting_start(1, 2);
	feed(GET("/a") GET("/list/") GET("/b"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	expect_answers("200 /a, 200 /list/");
	feed("GET /c HTTP/1.1\r\n", 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	feed("Host: a\r\n\r\n", 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	assert_int_equal(s.h1.wire.deadline, 500);
	expect_answers("200 /a, 200 /list/");
	expire(500);
	assert_int_equal(drink(SIZE_MAX, 500), 0);
	expect_answers("200 /a, 200 /list/");
	expire(900);
	assert_int_equal(drink(SIZE_MAX, 900), 0);
	expect_answers("200 /a, 200 /list/, 200 /b, 200 /c");
	stage_stop();
}

/* Nobody is there to take the rest: so does a browser leave a stream. */
static void it_ends_with_its_listener(void **state)
{
	(void)state;
	waiting_start(9, 2);
	feed(GET("/list/") "GET", 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	s.h1.wire.ops->end(&s.h1.wire, 0);
	assert_true(maker.is_done);
	assert_int_equal(drink(SIZE_MAX, 0), -1);
	assert_string_equal(body(), "");
	stage_stop();
}

/* A buffer's worth is kept; who sends more is let go of. */
static void its_listener_cannot_send_for_ever(void **state)
{
	(void)state;
	static char much[WIRE_FEED_MAX + 1];
	const size_t room = WIRE_BUFFER_SIZE(&s.host.limits);

	memset(much, 'x', sizeof much - 1);
	waiting_start(9, 2);
	feed(GET("/list/"), 0);
	assert_int_equal(drink(SIZE_MAX, 0), 0);
	for (size_t sent = WIRE_FEED_MAX; sent <= room; sent += WIRE_FEED_MAX) {
		feed(much, 0);
		assert_int_equal(drink(SIZE_MAX, 0), 0);
	}
	assert_false(maker.is_done);
	feed(much, 0);
	assert_int_equal(drink(SIZE_MAX, 0), -1);
	assert_true(maker.is_done);
	stage_stop();
	/* Behind the last answer of a connection nothing is kept at all. */
	waiting_start(9, 2);
	feed("GET /list/ HTTP/1.0\r\n\r\n", 0);
	for (unsigned i = 0; i < 9; i++) {
		assert_int_equal(drink(SIZE_MAX, 0), 0);
		feed(much, 0);
	}
	assert_false(maker.is_done);
	assert_true(s.h1.wire.lingers);
	stage_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_made_as_they_are_sent),
		cmocka_unit_test(the_next_answer_waits_for_the_last_chunk),
		cmocka_unit_test(the_largest_piece_has_room),
		cmocka_unit_test(http_1_0_reads_to_the_end),
		cmocka_unit_test(a_head_has_no_body),
		cmocka_unit_test(what_it_holds_is_given_back),
		cmocka_unit_test(a_broken_body_has_no_end),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(it_is_asked_again_when_it_said),
		cmocka_unit_test(it_may_be_asked_too_early),
		cmocka_unit_test(it_may_break_after_a_while),
		cmocka_unit_test(requests_wait_behind_it),
		cmocka_unit_test(it_ends_with_its_listener),
		cmocka_unit_test(its_listener_cannot_send_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Pictures and streams of them (server/feed.h): one picture for all who ask in
 * the same half second, events that are whole whatever the size of a piece,
 * and nothing kept when the last reader has gone.
 */
#include "support.h"

#include <stdlib.h>

#include "server/feed.h"

static struct loop loop;
static struct feed feed;
static unsigned drawn;
static int draw_error;
static size_t draw_size;

static int draw(struct feed *f, struct text *out)
{
	assert_ptr_equal(f, &feed);
	drawn++;
	text_add_literal(out, "{\"n\":\n");
	text_add_u64(out, drawn);
	for (size_t i = 0; i < draw_size; i++)
		text_add_char(out, ' ');
	text_add_literal(out, "}\n");
	return draw_error;
}

static void lead(struct feed *f, struct text *out)
{
	assert_ptr_equal(f, &feed);
	text_add_literal(out, "event: a\ndata: 1\n\n");
}

static void feed_start(void)
{
	loop = (struct loop){ .now_ms = 1000 };
	drawn = 0;
	draw_error = 0;
	draw_size = 0;
	assert_int_equal(feed_init(&feed, &loop), 0);
	feed.draw = draw;
	feed.lead = lead;
}

/* LeakSanitizer looks after the rest. */
static void feed_stop(void)
{
	assert_int_equal(feed.streams, 0);
	if (feed.latest != NULL) {
		assert_int_equal(feed.latest->refs, 1);
		frame_put(feed.latest);
	}
	free(feed.storage);
}

static void a_picture_is_shared_while_it_is_fresh(void **state)
{
	(void)state;
	feed_start();
	struct frame *a = feed_event(&feed);
	loop.now_ms += 499;
	struct frame *b = feed_event(&feed);
	loop.now_ms += 1;
	struct frame *c = feed_event(&feed);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(drawn, 2);
	struct span json = frame_json(a);
	assert_true(span_equal(json, SPAN("{\"n\": 1} ")));
	assert_true(span_equal((struct span){ a->at, a->len },
		SPAN("event: a\ndata: 1\n\ndata: {\"n\": 1} \n\n")));
	frame_put(a);
	frame_put(b);
	frame_put(c);
	feed_stop();
}

/* Everything that a stream says until it waits. */
static size_t take(struct producer *p, char *out, size_t piece_max)
{
	size_t len = 0;

	for (;;) {
		struct text piece = text_in(out + len, piece_max);
		enum production got = p->produce(p, &piece);
		if (got == PRODUCTION_LATER)
			return len;
		assert_int_equal(got, PRODUCTION_PIECE);
		assert_true(piece.len > 0 && !piece.is_full);
		len += piece.len;
	}
}

static void a_stream_says_each_second(void **state)
{
	(void)state;
	static char out[100000];
	static const size_t pieces[] = { 1, 7, 1000, PRODUCER_PIECE_MAX };

	for (size_t i = 0; i < array_count(pieces); i++) {
		feed_start();
		draw_size = 20000;
		struct producer *p = feed_stream(&feed, SPAN("hello\n\n"));
		assert_non_null(p);
		size_t len = take(p, out, pieces[i]);
		assert_memory_equal(out, "hello\n\nevent: a\n", 16);
		assert_memory_equal(out + len - 4, "} \n\n", 4);
		assert_true(len > draw_size);
		assert_int_equal(p->due, 2000);
		loop.now_ms = 1999;
		assert_int_equal(take(p, out, pieces[i]), 0);
		loop.now_ms = 2000;
		assert_int_equal(take(p, out, pieces[i]), len - 7);
		assert_int_equal(drawn, 2);
		p->done(p);
		feed_stop();
	}
}

/* Others go on with the picture that they have begun. */
static void a_stream_ends_anywhere(void **state)
{
	(void)state;
	static char out[1000];

	feed_start();
	struct producer *a = feed_stream(&feed, SPAN("x"));
	struct producer *b = feed_stream(&feed, SPAN("y"));
	struct text first = text_in(out, 1), second = text_in(out + 1, 1);
	assert_int_equal(a->produce(a, &first), PRODUCTION_PIECE);
	assert_int_equal(a->produce(a, &second), PRODUCTION_PIECE);
	loop.now_ms += 5000;
	assert_true(take(b, out, sizeof out / 2) > 0);
	a->done(a);
	b->done(b);
	feed_stop();
}

static void what_cannot_be_drawn_breaks_the_stream(void **state)
{
	(void)state;
	static char out[100];

	for (unsigned i = 0; i < 2; i++) {
		feed_start();
		draw_error = i == 0 ? -1 : 0;
		draw_size = i == 0 ? 0 : FEED_PICTURE_MAX;
		struct producer *p = feed_stream(&feed, SPAN("x"));
		struct text piece = text_in(out, sizeof out);
		assert_int_equal(p->produce(p, &piece), PRODUCTION_PIECE);
		piece.len = 0;
		assert_int_equal(p->produce(p, &piece), PRODUCTION_BROKEN);
		assert_null(feed_event(&feed));
		p->done(p);
		feed_stop();
	}
}

static void streams_have_a_limit(void **state)
{
	(void)state;
	struct producer *all[FEED_STREAMS_MAX];

	feed_start();
	for (unsigned i = 0; i < FEED_STREAMS_MAX; i++)
		assert_non_null(all[i] = feed_stream(&feed, SPAN("x")));
	assert_null(feed_stream(&feed, SPAN("x")));
	for (unsigned i = 0; i < FEED_STREAMS_MAX; i++)
		all[i]->done(all[i]);
	feed_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_shared_while_it_is_fresh),
		cmocka_unit_test(a_stream_says_each_second),
		cmocka_unit_test(a_stream_ends_anywhere),
		cmocka_unit_test(what_cannot_be_drawn_breaks_the_stream),
		cmocka_unit_test(streams_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

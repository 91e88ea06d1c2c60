/*
 * The small parts of HTTP/2: heads of frames and padding (wire/h2_frame.h),
 * the order of streams (h2_queue.h), meters (h2_limit.h), batches
 * (h2_batch.h). Must not know what a connection makes of them.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "wire/h2_batch.h"
#include "wire/h2_frame.h"
#include "wire/h2_limit.h"
#include "wire/h2_queue.h"

static void test_frame(void **state)
{
	static const char bytes[] = "\x00\x00\x03\x01\x25\xff\xff\xff\xfe"
				    "abc";
	struct h2_frame f;
	char back[H2_FRAME_HEAD];

	(void)state;
	for (size_t len = 0; len < sizeof bytes - 1; len++)
		assert_int_equal(
			h2_frame_read((struct span){ bytes, len }, &f), 0);
	assert_int_equal(h2_frame_read(SPAN(bytes), &f), sizeof bytes - 1);
	assert_int_equal(f.type, H2_HEADERS);
	assert_int_equal(f.flags, 0x25);
	assert_int_equal(f.stream, 0x7ffffffe); /* less its reserved bit */
	assert_true(span_equal(f.payload, SPAN("abc")));
	h2_frame_write(back, &f);
	assert_memory_equal(back, "\x00\x00\x03\x01\x25\x7f\xff\xff\xfe", 9);
}

static void test_padding(void **state)
{
	static const struct {
		unsigned flags;
		struct span payload, want; /* at NULL: refused */
	} rows[] = {
		{ 0, { "abc", 3 }, { "abc", 3 } },
		{ H2_PADDED, { "\0abc", 4 }, { "abc", 3 } },
		{ H2_PADDED, { "\1abc", 4 }, { "ab", 2 } },
		{ H2_PADDED, { "\3abc", 4 }, { "", 0 } },
		{ H2_PADDED, { "\4abc", 4 }, { NULL, 0 } },
		{ H2_PADDED, { "\0", 1 }, { "", 0 } },
		{ H2_PADDED, { "", 0 }, { NULL, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < array_count(rows); i++) {
		struct h2_frame f = { .flags = (uint8_t)rows[i].flags,
			.payload = rows[i].payload };
		bool is_good = h2_frame_unpad(&f);
		expect(is_good == (rows[i].want.at != NULL), "row %zu", i);
		expect(!is_good || span_equal(f.payload, rows[i].want),
			"row %zu", i);
	}
}

static struct h2_place places[8];
static struct h2_queue queue;

static void enqueue(unsigned i, uint32_t id, unsigned urgency)
{
	struct priority p = { .urgency = (uint8_t)urgency };

	h2_place_init(&places[i], id, p);
	h2_queue_add(&queue, &places[i]);
}

/* "1 3 5": the ids in the order of the queue. */
static void expect_order(const char *want)
{
	char storage[64];
	struct text got = text_in(storage, sizeof storage);

	for (struct h2_place *p = h2_queue_first(&queue); p != NULL;
		p = h2_queue_next(&queue, p)) {
		if (got.len > 0)
			text_add_char(&got, ' ');
		text_add_u64(&got, p->id);
	}
	expect(span_equal(text_span(&got), span_of(want)), "%.*s, not %s",
		(int)got.len, got.at, want);
}

static void test_queue(void **state)
{
	(void)state;
	h2_queue_init(&queue);
	expect_order("");
	enqueue(0, 1, 3);
	enqueue(1, 3, 3);
	enqueue(2, 5, 0);
	enqueue(3, 7, 7);
	expect_order("5 1 3 7");
	/* One that comes back goes before those that came after it. */
	list_remove(&places[0].node);
	expect_order("5 3 7");
	h2_queue_add(&queue, &places[0]);
	expect_order("5 1 3 7");
	h2_queue_turn(&queue, &places[0]);
	expect_order("5 3 1 7");
	list_remove(&places[2].node);
	list_remove(&places[1].node);
	list_remove(&places[0].node);
	expect_order("7");
	assert_true(h2_place_is_queued(&places[3]));
	list_remove(&places[3].node);
	assert_false(h2_place_is_queued(&places[3]));
	expect_order("");
	enqueue(0, 9, 0);
	expect_order("9");
}

/* How many at once, from an empty meter, before it is too much? */
static unsigned burst(struct h2_meter *meters, uint64_t now)
{
	unsigned count = 0;

	while (h2_meter_add(meters, H2_METER_SETTINGS, now))
		count++;
	return count;
}

static void test_meters(void **state)
{
	struct h2_meter meters[H2_METER_COUNT] = { 0 };

	(void)state;
	assert_int_equal(burst(meters, 5000), 32);
	/* Two a second flow out, and the one that was too much is in it. */
	assert_int_equal(burst(meters, 6000), 1);
	assert_int_equal(burst(meters, 6100), 0);
	assert_int_equal(burst(meters, 500000), 32);
	h2_meter_lower(meters, H2_METER_SETTINGS, 3);
	assert_int_equal(burst(meters, 500000), 2);
	h2_meter_lower(meters, H2_METER_SETTINGS, 1000);
	assert_int_equal(burst(meters, 500000), 32);
	assert_int_equal(meters[H2_METER_PING].level, 0);
	for (enum h2_meter_id id = 0; id < H2_METER_COUNT; id++)
		assert_true(h2_meter_words(id).len > 0);
}

/* A clock of 32 bits comes round every seven weeks. */
static void test_meter_clock(void **state)
{
	struct h2_meter meters[H2_METER_COUNT] = { 0 };

	(void)state;
	assert_int_equal(burst(meters, UINT64_C(0xffffffff)), 32);
	assert_int_equal(burst(meters, UINT64_C(0xffffffff) + 1000), 1);
}

#define BATCH_SIZE (sizeof(struct h2_batch) + 256)

static void test_batch(void **state)
{
	static const char body[] = "0123456789";
	struct h2_batch *b = malloc(BATCH_SIZE);
	struct segment file = { .fd = 7, .offset = 100, .len = 50 };
	struct segment memory = { .at = body, .fd = -1, .len = 10 };
	struct segment shown[4];

	(void)state;
	assert_non_null(b);
	h2_batch_init(b, BATCH_SIZE);
	assert_int_equal(h2_batch_show(b, shown, 4), 0);
	h2_batch_copy(b, SPAN("ab"));
	memcpy(h2_batch_reserve(b, 2), "cd", 2);
	h2_batch_refer(b, &file, 20);
	h2_batch_refer(b, &memory, 10);
	h2_batch_copy(b, SPAN("ef"));
	assert_int_equal(h2_batch_show(b, shown, 4), 4);
	assert_int_equal(shown[0].len, 4);
	assert_memory_equal(shown[0].at, "abcd", 4);
	assert_int_equal(h2_batch_show(b, shown, 2), 2);
	assert_null(shown[1].at);
	assert_int_equal(shown[1].offset, 100);
	assert_int_equal(shown[1].len, 20);
	/* A write may end anywhere. */
	assert_false(h2_batch_advance(b, 3));
	assert_false(h2_batch_advance(b, 6));
	assert_int_equal(h2_batch_show(b, shown, 4), 3);
	assert_int_equal(shown[0].offset, 105);
	assert_int_equal(shown[0].len, 15);
	assert_false(h2_batch_advance(b, 15 + 4));
	h2_batch_show(b, shown, 1);
	assert_ptr_equal(shown[0].at, body + 4);
	assert_true(h2_batch_advance(b, 6 + 2));
	free(b);
}

/* Room is what a frame's head, one reference and bytes behind it want. */
static void test_batch_room(void **state)
{
	struct h2_batch *b = malloc(BATCH_SIZE);
	struct segment file = { .fd = 7, .len = H2_BATCH_MAX };
	unsigned frames = 0;

	(void)state;
	assert_non_null(b);
	h2_batch_init(b, BATCH_SIZE);
	assert_true(h2_batch_has_room(b, 256));
	assert_false(h2_batch_has_room(b, 257));
	for (; h2_batch_has_room(b, 2); frames++) {
		h2_batch_copy(b, SPAN("x"));
		h2_batch_refer(b, &file, 1);
	}
	assert_int_equal(frames, (H2_BATCH_SEGMENTS - 3) / 2 + 1);
	h2_batch_init(b, BATCH_SIZE);
	h2_batch_refer(b, &file, H2_BATCH_MAX);
	assert_false(h2_batch_has_room(b, 1));
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_meters),
		cmocka_unit_test(test_meter_clock),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

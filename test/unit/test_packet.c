/*
 * Captured bytes as segments, and the rungs they are drawn as: whole headers,
 * headers that lie, arrows at several widths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/packet.h"

/* From 127.0.0.1:40000 to 127.0.0.1:8080, seq 1000, ack 2000, PSH,ACK, "Hi" */
static const uint8_t whole[] = { 0x45, 0, 0, 42, 0, 0, 0, 0, 64, 6, 0, 0, 127,
	0, 0, 1, 127, 0, 0, 1, /* TCP */ 0x9c, 0x40, 0x1f, 0x90, 0, 0, 3, 0xe8,
	0, 0, 7, 0xd0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0, 'H', 'i' };

static void test_whole(void **state)
{
	struct packet p;
	(void)state;

	assert_true(packet_parse(
		(struct span){ (const char *)whole, sizeof whole }, &p));
	assert_int_equal(p.source, 0x7f000001);
	assert_int_equal(p.source_port, 40000);
	assert_int_equal(p.destination_port, 8080);
	assert_int_equal(p.sequence, 1000);
	assert_int_equal(p.acknowledged, 2000);
	assert_int_equal(p.flags, PACKET_PSH | PACKET_ACK);
	assert_int_equal(p.length, 2);
}

/* A byte of the whole one changed: still a segment? */
static const struct {
	size_t at;
	uint8_t value;
	bool is_segment;
	uint32_t length;
} changes[] = {
	{ 0, 0x45, true, 2 }, { 0, 0x65, false, 0 }, /* IPv6 */
	{ 0, 0x44, false, 0 }, /* a header shorter than there can be */
	{ 0, 0x4f, false, 0 }, /* options beyond the end */
	{ 3, 40, true, 0 },    /* what follows the packet is padding */
	{ 3, 39, false, 0 },   /* no room for TCP's header */
	{ 3, 43, false, 0 },   /* more than was captured */
	{ 9, 17, false, 0 },   /* UDP */
	{ 32, 0x40, false, 0 },
	{ 32, 0x60, false, 0 }, /* options of TCP beyond the end */
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(changes); i++) {
		uint8_t bytes[sizeof whole];
		struct packet p = { .length = 0 };
		memcpy(bytes, whole, sizeof bytes);
		bytes[changes[i].at] = changes[i].value;
		bool is = packet_parse(
			(struct span){ (char *)bytes, sizeof bytes }, &p);
		if (is != changes[i].is_segment ||
			p.length != changes[i].length)
			fail_msg("row %zu", i);
	}
	for (size_t len = 0; len < sizeof whole; len++) {
		struct packet p;
		assert_false(packet_parse(
			(struct span){ (const char *)whole, len }, &p));
	}
}

static const struct {
	unsigned flags;
	const char *want;
} names[] = {
	{ PACKET_SYN, "SYN" },
	{ PACKET_SYN | PACKET_ACK, "SYN,ACK" },
	{ PACKET_FIN | PACKET_ACK, "FIN,ACK" },
	{ PACKET_RST, "RST" },
	{ PACKET_PSH | PACKET_ACK, "PSH,ACK" },
	{ 0, "-" },
};

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(names); i++) {
		char storage[32];
		struct text t = text_in(storage, sizeof storage);
		packet_flags_write(names[i].flags, &t);
		assert_int_equal(t.len, strlen(names[i].want));
		assert_memory_equal(storage, names[i].want, t.len);
	}
}

/* One conversation, its first numbers far from 0. */
static const struct {
	struct packet packet;
	unsigned width;
	const char *want;
} rungs[] = {
	{ { .at_us = 0,
		  .source_port = 40000,
		  .destination_port = 8080,
		  .sequence = UINT32_MAX,
		  .flags = PACKET_SYN },
		60,
		"   0.000 ms  :40000 -- SYN seq 0 -----------------> :8080" },
	{ { .at_us = 1234567,
		  .source_port = 8080,
		  .destination_port = 40000,
		  .sequence = 77,
		  .acknowledged = 0, /* past the end of 32 bits */
		  .flags = PACKET_SYN | PACKET_ACK },
		60,
		"1234.567 ms  :40000 <- SYN,ACK seq 0 ack 1 --------- :8080" },
	{ { .at_us = 99,
		  .source_port = 40000,
		  .destination_port = 8080,
		  .sequence = 0,
		  .acknowledged = 78,
		  .flags = PACKET_ACK,
		  .length = 5 },
		10, /* too narrow: nothing is cut */
		"   0.099 ms  :40000 -- ACK seq 1 ack 1 len 5 --> :8080" },
};

static void test_rungs(void **state)
{
	struct rung rung = { .server_port = 8080 };
	(void)state;

	for (size_t i = 0; i < array_count(rungs); i++) {
		char storage[128];
		struct text t = text_in(storage, sizeof storage - 1);
		packet_rung_learn(&rung, &rungs[i].packet);
		packet_rung_write(&rungs[i].packet, &rung, rungs[i].width, &t);
		storage[t.len] = '\0';
		/* How long the arrow is, is the width's affair. */
		assert_memory_equal(storage, rungs[i].want, 40);
		assert_string_equal(storage + t.len - 6,
			rungs[i].want + strlen(rungs[i].want) - 6);
		if (rungs[i].width == 60)
			assert_in_range(t.len, 56, 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_rungs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

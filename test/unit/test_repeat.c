/*
 * Kept answers (wire/repeat.h) on a stage of their own: what is planned once
 * and given again, byte for byte but for its Date, and what makes it planned
 * anew. Must not know how they are stored.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "http/head.h"
#include "http/plan.h"
#include "wire/exchange.h"
#include "wire/repeat.h"

#define NOW  INT64_C(784111777)
#define DATE "Date: Sun, 06 Nov 1994 08:49:"

static struct stage {
	struct wire_host host;
	struct repeats repeats;
	struct resource resource;
	uint64_t stamp;
	int64_t now;
	unsigned planned, repeated, held;
	bool has_stamp, is_refused;
	char body[4096];
} s;

static void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	static const struct policy policy;

	(void)host;
	s.planned++;
	ex->resource = &s.resource;
	ex->plan = plan_response(q, &s.resource, &policy, (uint64_t)s.now);
	ex->stamp = s.has_stamp ? &s.stamp : NULL;
	ex->held = &s;
	s.held++;
}

static bool on_repeat(struct wire_host *host, struct exchange *ex, void *held)
{
	(void)host;
	assert_ptr_equal(held, &s);
	if (s.is_refused)
		return false;
	s.repeated++;
	ex->plan.date = s.now;
	ex->held = held;
	s.held++;
	return true;
}

static void on_done(struct wire_host *host, struct exchange *ex)
{
	(void)host;
	assert_ptr_equal(ex->held, &s);
	s.held--;
}

/* A file of so many bytes, in memory, or behind a descriptor. */
static void file_set(uint64_t size, bool is_in_memory)
{
	struct variant *v = &s.resource.variants[CODING_IDENTITY];

	s.resource.kind = RESOURCE_FILE;
	s.resource.name = SPAN("a.png");
	*v = (struct variant){ .exists = true,
		.fd = is_in_memory ? -1 : 7,
		.bytes = is_in_memory ? s.body : NULL,
		.size = size,
		.etag_len = 3,
		.etag = "\"e\"" };
}

static int start(void **state)
{
	(void)state;
	memset(&s, 0, sizeof s);
	memset(s.body, 'b', sizeof s.body);
	s.host = (struct wire_host){ .on_exchange = on_exchange,
		.on_repeat = on_repeat,
		.on_done = on_done,
		.limits = { .line_max = 8192,
			.head_max = 16384,
			.field_max = 100 },
		.repeats = &s.repeats };
	pool_init(&s.host.exchanges, sizeof(struct exchange), 4);
	pool_init(&s.host.buffers, WIRE_BUFFER_SIZE(&s.host.limits), 4);
	s.now = NOW;
	s.has_stamp = true;
	file_set(1000, true);
	return repeats_init(&s.repeats, 1);
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(s.held, 0);
	assert_int_equal(pool_used(&s.host.exchanges), 0);
	repeats_done(&s.repeats);
	pool_done(&s.host.exchanges);
	pool_done(&s.host.buffers);
	return 0;
}

/* What is sent for a head, memory alone; the last segment in *last. */
static size_t ask_with(
	const char *head, char *out, size_t size, struct segment *last)
{
	struct request q;
	struct exchange *ex = exchange_take(&s.host);
	size_t len = 0;

	assert_true(head_parse(span_of(head), &s.host.limits, &q) > 0);
	assert_true(repeat_answer(&s.host, ex, &q));
	assert_int_equal(ex->plan.is_head, q.method == METHOD_HEAD);
	assert_int_equal(ex->plan.is_last, !q.keeps_alive);
	for (unsigned i = 0; i < ex->segment_count; i++) {
		*last = ex->segments[i];
		if (last->at == NULL)
			continue;
		assert_true(len + last->len < size);
		memcpy(out + len, last->at, last->len);
		len += last->len;
	}
	out[len] = '\0';
	exchange_put(&s.host, ex);
	return len;
}

static char said[2][8192];

static size_t ask(const char *head)
{
	struct segment last;

	memcpy(said[1], said[0], sizeof said[0]);
	return ask_with(head, said[0], sizeof said[0], &last);
}

static void expect_counts(unsigned planned, unsigned repeated)
{
	assert_int_equal(s.planned, planned);
	assert_int_equal(s.repeated, repeated);
}

#define GET       "GET /a.png HTTP/1.1\r\nHost: x\r\n\r\n"
#define GET_CLOSE "GET /a.png HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define HEAD      "HEAD /a.png HTTP/1.1\r\nHost: x\r\n\r\n"
#define IF_NONE   "GET /a.png HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"e\"\r\n\r\n"
#define RANGE     "GET /a.png HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n"

static void the_same_bytes_again(void **state)
{
	static const struct {
		const char *head, *first;
		uint64_t size;
		bool has_body;
	} rows[] = {
		{ GET, "HTTP/1.1 200 OK\r\n", 0, true },
		{ GET, "HTTP/1.1 200 OK\r\n", 1, true },
		{ GET, "HTTP/1.1 200 OK\r\n", 1000, true },
		{ GET, "HTTP/1.1 200 OK\r\n", 4096, true },
		{ GET_CLOSE, "HTTP/1.1 200 OK\r\n", 1000, true },
		{ HEAD, "HTTP/1.1 200 OK\r\n", 1000, false },
		{ IF_NONE, "HTTP/1.1 304 Not Modified\r\n", 1000, false },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		stop(state);
		start(state);
		file_set(rows[i].size, true);
		size_t once = ask(rows[i].head);
		size_t twice = ask(rows[i].head);
		expect_counts(1, 1);
		assert_int_equal(once, twice);
		assert_memory_equal(said[0], said[1], once);
		assert_true(
			span_starts(span_of(said[0]), span_of(rows[i].first)));
		const char *end = strstr(said[0], "\r\n\r\n");
		assert_int_equal(
			strlen(end + 4), rows[i].has_body ? rows[i].size : 0);
	}
}

static void of_a_file_a_slice(void **state)
{
	struct segment last;

	(void)state;
	file_set(UINT64_C(5) << 30, false);
	for (unsigned i = 0; i < 2; i++) {
		ask_with(GET, said[0], sizeof said[0], &last);
		assert_null(last.at);
		assert_int_equal(last.fd, 7);
		assert_int_equal(last.offset, 0);
		assert_int_equal(last.len, UINT64_C(5) << 30);
	}
	expect_counts(1, 1);
}

static void the_date_is_its_own(void **state)
{
	(void)state;
	ask(GET);
	assert_non_null(strstr(said[0], DATE "37 GMT\r\n"));
	s.now++;
	ask(GET);
	assert_non_null(strstr(said[0], DATE "38 GMT\r\n"));
	/* Clocks are set back, too. */
	s.now -= 10;
	ask(GET);
	assert_non_null(strstr(said[0], DATE "28 GMT\r\n"));
	expect_counts(1, 2);
}

static void planned_anew(void **state)
{
	(void)state;
	ask(GET);
	s.stamp++;
	ask(GET);
	expect_counts(2, 0);
	ask(GET);
	expect_counts(2, 1);
	s.is_refused = true;
	ask(GET);
	expect_counts(3, 1);
	s.is_refused = false;
	repeats_clear(&s.repeats);
	ask(GET);
	expect_counts(4, 1);
	/* Another request. */
	ask(HEAD);
	expect_counts(5, 1);
	ask(GET);
	expect_counts(5, 2);
}

static void never_kept(void **state)
{
	(void)state;
	ask(RANGE);
	ask(RANGE);
	expect_counts(2, 0);
	s.has_stamp = false;
	ask(GET);
	ask(GET);
	expect_counts(4, 0);
	s.host.repeats = NULL;
	s.has_stamp = true;
	ask(GET);
	ask(GET);
	expect_counts(6, 0);
}

static void ask_number(unsigned i)
{
	char head[64];
	struct segment last;

	snprintf(head, sizeof head, "GET /%u HTTP/1.1\r\nHost: x\r\n\r\n", i);
	ask_with(head, said[0], sizeof said[0], &last);
}

/* The oldest of its size goes, and the others stay. */
static void they_are_not_too_many(void **state)
{
	static const struct {
		uint64_t size;
		unsigned max;
	} rows[] = { { 1000, 3276 }, { 4000, 16384 } };

	for (size_t i = 0; i < array_count(rows); i++) {
		stop(state);
		start(state);
		file_set(rows[i].size, true);
		for (unsigned n = 0; n < rows[i].max + 10; n++)
			ask_number(n);
		expect_counts(rows[i].max + 10, 0);
		assert_int_equal(s.repeats.kept.count, rows[i].max);
		for (unsigned n = 10; n < rows[i].max + 10; n++)
			ask_number(n);
		expect_counts(rows[i].max + 10, rows[i].max);
		ask_number(9);
		expect_counts(rows[i].max + 11, rows[i].max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_same_bytes_again, start, stop),
		cmocka_unit_test_setup_teardown(of_a_file_a_slice, start, stop),
		cmocka_unit_test_setup_teardown(
			the_date_is_its_own, start, stop),
		cmocka_unit_test_setup_teardown(planned_anew, start, stop),
		cmocka_unit_test_setup_teardown(never_kept, start, stop),
		cmocka_unit_test_setup_teardown(
			they_are_not_too_many, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * One connection of the HTTP/1 engine on a stage: what it is fed, what it
 * plans, what it sends, and a count of what it holds. Every request is
 * answered by a 200 with its own target as the Cache-Control, so that answers
 * can be told apart. Must not know what the tests expect.
 */
#pragma once

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/h1.h"

#define HEAD_MS 100
#define BODY_MS 1000
#define IDLE_MS 10000

static struct stage {
	struct wire_host host;
	struct policy policy;
	unsigned planned, held;
	char targets[64][32];
	struct h1 h1;
	char out[1 << 17];
	size_t len;
} s;

static inline void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	assert_ptr_equal(host, &s.host);
	assert_true(s.planned < array_count(s.targets));
	char *target = s.targets[s.planned++];
	static const struct resource none = { .kind = RESOURCE_ABSENT };

	ex->plan = plan_response(q, &none, &s.policy, 0);
	if (q->refusal == 0) {
		snprintf(target, 32, "%.*s", (int)q->path.len, q->path.at);
		ex->plan.status = 200;
		ex->plan.cache_control = span_of(target);
		ex->plan.source = BODY_EMPTY;
	}
	ex->held = &s;
	s.held++;
}

static inline void on_done(struct wire_host *host, struct exchange *ex)
{
	assert_ptr_equal(host, &s.host);
	assert_ptr_equal(ex->held, &s);
	s.held--;
}

static inline void stage_start(unsigned exchanges_max, unsigned buffers_max)
{
	memset(&s, 0, sizeof s);
	s.host.on_exchange = on_exchange;
	s.host.on_done = on_done;
	s.host.limits = (struct head_limits){
		.line_max = 100, .head_max = 400, .field_max = 9, .body_max = 20
	};
	s.host.timeouts = (struct wire_timeouts){
		.head_ms = HEAD_MS, .body_ms = BODY_MS, .idle_ms = IDLE_MS
	};
	pool_init(&s.host.exchanges, sizeof(struct exchange), exchanges_max);
	pool_init(
		&s.host.buffers, WIRE_BUFFER_SIZE(&s.host.limits), buffers_max);
	h1_init(&s.h1, &s.host, 0);
}

/* All that was taken is given back, at whatever moment it ends. */
static inline void stage_stop(void)
{
	s.h1.wire.ops->done(&s.h1.wire);
	assert_int_equal(s.held, 0);
	assert_int_equal(pool_used(&s.host.exchanges), 0);
	assert_int_equal(pool_used(&s.host.buffers), 0);
	pool_done(&s.host.exchanges);
	pool_done(&s.host.buffers);
}

static inline void feed(const char *bytes, uint64_t now)
{
	/* Gone after the call: nothing may be kept of it. */
	char *copy = strdup(bytes);

	assert_non_null(copy);
	s.h1.wire.ops->feed(&s.h1.wire, span_of(copy), now);
	free(copy);
}

/* Takes all that can be sent now, in writes of at most `step` bytes: 0 when
 * the peer has to speak, -1 at the end. */
static inline int drink(size_t step, uint64_t now)
{
	struct segment segments[4];
	struct wire *w = &s.h1.wire;
	int count;

	while ((count = w->ops->pull(w, segments, 4, now)) > 0) {
		size_t n = (size_t)min_u64(step, segments[0].len);
		assert_true(n > 0 && s.len + n < sizeof s.out);
		memcpy(s.out + s.len, segments[0].at, n);
		s.len += n;
		w->ops->advance(w, n, now);
	}
	s.out[s.len] = '\0';
	return count;
}

/* "200 /a, 200 /b close": statuses, targets, and who closes. */
static inline void expect_answers(const char *want)
{
	char got[4096];
	struct text t = text_in(got, sizeof got);

	for (char *at = s.out; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++) {
		char *end = strstr(at, "\r\n\r\n");
		assert_non_null(end);
		if (t.len > 0)
			text_add_literal(&t, ", ");
		text_add(&t, (struct span){ at + 9, 3 });
		struct span head = span_between(at, end);
		char *cache = memmem(head.at, head.len, "Cache-Control: /", 16);
		if (cache != NULL) {
			text_add_char(&t, ' ');
			struct span value = span_of(cache + 15);
			text_add(&t, span_first(value, span_find(value, '\r')));
		}
		if (memmem(head.at, head.len, "Connection: close", 17) != NULL)
			text_add_literal(&t, " close");
	}
	text_add_char(&t, '\0');
	assert_string_equal(got, want);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/*
 * The stage of the loops' tests: each loop (io/loop.h) in turn on a socket
 * pair, and what happened as one line of text. Without io_uring its half of the
 * cases fails; for a machine that has none there is HSTATIC_TEST_LOOP=epoll,
 * which leaves it out. Static functions in a header, because two programs
 * include it.
 */
#pragma once

#include "support.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/epoll.h"
#include "io/uring.h"

#define CASES_MAX 32

static const struct backend {
	const char *name;
	int (*open)(struct loop **);
} backends[] = {
	{ "epoll", epoll_loop_open },
	{ "uring", uring_loop_open },
};

static struct loop *loop;
static int pair[2]; /* the loop's end, and the peer's */
static struct timer timer;

/* What happened, in order: "batch", "in 3", "out 5", ... */
static char story[1024];
static size_t story_len;

static inline void tell(const char *what, long number)
{
	story_len += (size_t)snprintf(story + story_len,
		sizeof story - story_len, "%s%s %ld", story_len > 0 ? ", " : "",
		what, number);
}

static inline void expect_story(const char *want)
{
	assert_string_equal(story, want);
	story[0] = '\0';
	story_len = 0;
}

static inline void timer_stops(struct timer *t)
{
	(void)t;
	loop_stop(loop);
}

/* Runs for at least `ms`, or until something stops it. */
static inline void run_for(uint64_t ms)
{
	timer_init(&timer, timer_stops);
	loop->is_stopped = false;
	wheel_set(&loop->timers, &timer, loop->now_ms + ms);
	assert_int_equal(loop->ops->run(loop), 0);
	wheel_clear(&loop->timers, &timer);
}

static inline void on_batch(struct loop *l)
{
	assert_ptr_equal(l, loop);
	tell("batch", 0);
}

static bool stops;

static inline void done_in(struct op *op, int res, struct span data)
{
	assert_true(op_is_idle(op));
	assert_true(res < 0 || data.len == (size_t)res);
	tell("in", res);
	if (stops)
		loop_stop(loop);
}

static inline void done_out(struct op *op, int res, struct span data)
{
	(void)data;
	assert_true(op_is_idle(op));
	tell("out", res);
	if (stops)
		loop_stop(loop);
}

static struct op in, out;

static inline int start(void **state)
{
	const struct backend *backend = *state;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(backend->open(&loop), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	loop->on_batch = on_batch;
	op_init(&in, done_in);
	op_init(&out, done_out);
	story_len = 0;
	story[0] = '\0';
	stops = true;
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	assert_true(op_is_idle(&in) && op_is_idle(&out));
	loop->ops->close(loop, pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	loop->ops->free(loop);
	return 0;
}

static inline void peer_says(const char *text)
{
	assert_int_equal(write(pair[1], text, strlen(text)), strlen(text));
}

static char large[1 << 20];

static inline size_t peer_drink(void)
{
	static char sink[1 << 16];
	size_t total = 0;
	ssize_t got;

	while ((got = read(pair[1], sink, sizeof sink)) > 0)
		total += (size_t)got;
	return total;
}

/* A send that has waited: either it says that there is room, or uses it. */
static inline void expect_room(void)
{
	long sent = -1;

	assert_int_equal(sscanf(story, "out %ld", &sent), 1);
	assert_null(strchr(story, ','));
	assert_in_range(sent, 0, sizeof large);
	assert_int_equal(peer_drink(), sent);
	story[story_len = 0] = '\0';
}

#define CASE(name) \
	{ \
#name, name, start, stop, NULL \
	}

/* Runs the cases on each loop. */
static inline int loops_run(const struct CMUnitTest *cases, size_t case_count)
{
	const char *only = getenv("HSTATIC_TEST_LOOP");
	struct CMUnitTest tests[array_count(backends) * CASES_MAX];
	char names[array_count(tests)][80];
	unsigned count = 0;

	assert(case_count <= CASES_MAX);
	for (unsigned b = 0; b < array_count(backends); b++) {
		if (only != NULL && strcmp(only, backends[b].name) != 0)
			continue;
		for (unsigned c = 0; c < case_count; c++) {
			tests[count] = cases[c];
			tests[count].initial_state = (void *)&backends[b];
			snprintf(names[count], sizeof names[count], "%s: %s",
				backends[b].name, cases[c].name);
			tests[count].name = names[count];
			count++;
		}
	}
	return _cmocka_run_group_tests("loop", tests, count, NULL, NULL);
}

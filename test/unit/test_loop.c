/*
 * Each loop (io/loop.h) on socket pairs and a loopback listener: completions
 * come later and in order, on_batch before what was received, nothing is lost
 * by waiting, cancelling, a peer that is gone, or a change of loops. Without
 * io_uring its half of the cases fails; for a machine that has none there is
 * HSTATIC_TEST_LOOP=epoll, which leaves it out.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/epoll.h"
#include "io/uring.h"

#define STEPS_MAX 64

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

static void tell(const char *what, long number)
{
	story_len += (size_t)snprintf(story + story_len,
		sizeof story - story_len, "%s%s %ld", story_len > 0 ? ", " : "",
		what, number);
}

static void expect_story(const char *want)
{
	assert_string_equal(story, want);
	story[0] = '\0';
	story_len = 0;
}

static void timer_stops(struct timer *t)
{
	(void)t;
	loop_stop(loop);
}

/* Runs for at least `ms`, or until something stops it. */
static void run_for(uint64_t ms)
{
	timer_init(&timer, timer_stops);
	loop->is_stopped = false;
	wheel_set(&loop->timers, &timer, loop->now_ms + ms);
	assert_int_equal(loop->ops->run(loop), 0);
	wheel_clear(&loop->timers, &timer);
}

static void on_batch(struct loop *l)
{
	assert_ptr_equal(l, loop);
	tell("batch", 0);
}

static bool stops;

static void done_in(struct op *op, int res, struct span data)
{
	assert_true(op_is_idle(op));
	assert_true(res < 0 || data.len == (size_t)res);
	tell("in", res);
	if (stops)
		loop_stop(loop);
}

static void done_out(struct op *op, int res, struct span data)
{
	(void)data;
	assert_true(op_is_idle(op));
	tell("out", res);
	if (stops)
		loop_stop(loop);
}

static struct op in, out;

static int start(void **state)
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

static int stop(void **state)
{
	(void)state;
	assert_true(op_is_idle(&in) && op_is_idle(&out));
	loop->ops->close(loop, pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	loop->ops->free(loop);
	return 0;
}

static void peer_says(const char *text)
{
	assert_int_equal(write(pair[1], text, strlen(text)), strlen(text));
}

static void recv_waits_for_its_bytes(void **state)
{
	(void)state;

	loop->ops->recv(loop, &in, pair[0]);
	stops = false;
	run_for(1);
	expect_story("");
	stops = true;
	peer_says("abc");
	run_for(2000);
	expect_story("batch 0, in 3");
	/* Registered by now: the next one waits for its event. */
	peer_says("abcd");
	loop->ops->recv(loop, &in, pair[0]);
	expect_story("");
	run_for(2000);
	expect_story("batch 0, in 4");
}

/* What is there already needs no wait, and yet is not done inside recv. */
static void recv_takes_what_is_there(void **state)
{
	(void)state;

	peer_says("abcde");
	loop->ops->recv(loop, &in, pair[0]);
	assert_false(op_is_idle(&in));
	expect_story("");
	run_for(2000);
	expect_story("batch 0, in 5");
}

static void recv_is_bounded(void **state)
{
	(void)state;
	static char bytes[LOOP_RECV_MAX + 10];

	memset(bytes, 'a', sizeof bytes - 1);
	peer_says(bytes);
	loop->ops->recv(loop, &in, pair[0]);
	run_for(2000);
	loop->ops->recv(loop, &in, pair[0]);
	run_for(2000);
	expect_story("batch 0, in 16384, batch 0, in 9");
}

static void a_closed_peer_is_the_end(void **state)
{
	(void)state;
	struct iovec iov = { (void *)"x", 1 };
	struct gather gather = { .iov = &iov, .count = 1 };

	loop->ops->recv(loop, &in, pair[0]);
	peer_says("abc");
	close(pair[1]);
	pair[1] = -1;
	run_for(2000);
	expect_story("batch 0, in 3");
	loop->ops->recv(loop, &in, pair[0]);
	run_for(2000);
	expect_story("in 0");
	/* An error, not a SIGPIPE. */
	loop->ops->send(loop, &out, pair[0], &gather);
	run_for(2000);
	assert_int_equal(EPIPE, 32);
	expect_story("out -32");
}

static char large[1 << 20];

static size_t peer_drink(void)
{
	static char sink[1 << 16];
	size_t total = 0;
	ssize_t got;

	while ((got = read(pair[1], sink, sizeof sink)) > 0)
		total += (size_t)got;
	return total;
}

/* A send that has waited: either it says that there is room, or uses it. */
static void expect_room(void)
{
	long sent = -1;

	assert_int_equal(sscanf(story, "out %ld", &sent), 1);
	assert_null(strchr(story, ','));
	assert_in_range(sent, 0, sizeof large);
	assert_int_equal(peer_drink(), sent);
	story[story_len = 0] = '\0';
}

/* A short write, then one that has to wait. */
static void send_is_short_then_waits(void **state)
{
	(void)state;
	struct iovec iov[2] = { { large, 10 }, { large, sizeof large } };
	struct gather gather = { .iov = iov, .count = 2 };
	long sent;

	loop->ops->send(loop, &out, pair[0], &gather);
	expect_story("");
	run_for(2000);
	assert_int_equal(sscanf(story, "out %ld", &sent), 1);
	assert_in_range(sent, 11, sizeof large - 1);
	story[story_len = 0] = '\0';
	/* The array need not stay. */
	loop->ops->send(loop, &out, pair[0], &gather);
	memset(iov, 0, sizeof iov);
	stops = false;
	run_for(1);
	expect_story("");
	assert_false(op_is_idle(&out));
	assert_int_equal(peer_drink(), sent);
	stops = true;
	run_for(2000);
	expect_room();
}

static void send_and_recv_wait_side_by_side(void **state)
{
	(void)state;
	struct iovec iov = { large, sizeof large };
	struct gather gather = { .iov = &iov, .count = 1 };

	loop->ops->send(loop, &out, pair[0], &gather);
	run_for(2000);
	loop->ops->send(loop, &out, pair[0], &gather);
	loop->ops->recv(loop, &in, pair[0]);
	story[story_len = 0] = '\0';
	peer_says("ab");
	run_for(2000);
	expect_story("batch 0, in 2");
	peer_drink();
	run_for(2000);
	expect_room();
}

static void sendfile_sends_a_slice(void **state)
{
	(void)state;
	char got[32] = { 0 };
	int fd = memfd_create("body", MFD_CLOEXEC);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	struct file_slice slice = { .fd = fd, .offset = 2, .len = 5 };

	loop->ops->sendfile(loop, &out, pair[0], &slice);
	run_for(2000);
	expect_story("out 5");
	assert_int_equal(read(pair[1], got, sizeof got), 5);
	assert_string_equal(got, "23456");
	/* Shorter than it was said to be: what is there, then the truth. */
	slice = (struct file_slice){ .fd = fd, .offset = 8, .len = 5 };
	loop->ops->sendfile(loop, &out, pair[0], &slice);
	run_for(2000);
	expect_story("out 2");
	slice.offset = 10;
	loop->ops->sendfile(loop, &out, pair[0], &slice);
	run_for(2000);
	assert_int_equal(ENODATA, 61);
	expect_story("out -61");
	close(fd);
}

static void cancel_is_answered_once(void **state)
{
	(void)state;

	/* Harmless on what is idle. */
	loop->ops->cancel(loop, &in);
	/* What is to be tried, */
	loop->ops->recv(loop, &in, pair[0]);
	loop->ops->cancel(loop, &in);
	loop->ops->cancel(loop, &in);
	expect_story("");
	run_for(2000);
	assert_int_equal(ECANCELED, 125);
	expect_story("in -125");
	/* what waits, */
	loop->ops->recv(loop, &in, pair[0]);
	stops = false;
	run_for(1);
	loop->ops->cancel(loop, &in);
	stops = true;
	run_for(2000);
	expect_story("in -125");
	/* and what came before it is not lost to the next. */
	peer_says("abc");
	loop->ops->recv(loop, &in, pair[0]);
	run_for(2000);
	expect_story("batch 0, in 3");
}

static void poll_is_for_other_descriptors(void **state)
{
	(void)state;
	int pipes[2];

	assert_int_equal(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
	op_init(&in, done_out); /* res is no length here */
	loop->ops->poll(loop, &in, pipes[0]);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	run_for(2000);
	expect_story("out 1");
	loop->ops->close(loop, pipes[0]);
	close(pipes[1]);
}

static struct op acceptor;
static int accepted[STEPS_MAX];
static unsigned accepted_count;

static void done_accept(struct op *op, int res, struct span data)
{
	(void)data;
	assert_ptr_equal(op, &acceptor);
	assert_true(op_is_idle(op) == (res < 0));
	tell("accept", res < 0 ? res : 1);
	if (res >= 0)
		accepted[accepted_count++] = res;
	loop_stop(loop);
}

static int listener_open(struct sockaddr_in *address)
{
	socklen_t len = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static int caller_open(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
		connect(fd, (const struct sockaddr *)address, sizeof *address),
		0);
	return fd;
}

/* Out of descriptors it stops, says so, and can be begun again: nobody in the
 * kernel's queue is lost by it. */
static void accept_repeats_until_it_cannot(void **state)
{
	(void)state;
	struct sockaddr_in address;
	struct rlimit limit, low;
	int fd = listener_open(&address), callers[3];

	accepted_count = 0;
	op_init(&acceptor, done_accept);
	loop->ops->accept(loop, &acceptor, fd);
	for (int i = 0; i < 3; i++)
		callers[i] = caller_open(&address);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	/* Descriptors are given out lowest first: room for one more. */
	int free_fd = dup(fd);
	assert_true(free_fd > 0 && close(free_fd) == 0);
	low = (struct rlimit){ (rlim_t)free_fd + 1, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while (!op_is_idle(&acceptor))
		run_for(2000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(EMFILE, 24);
	expect_story("accept 1, accept -24");
	assert_true(op_is_idle(&acceptor));
	/* Nobody accepts: nothing wakes the loop. */
	stops = false;
	run_for(1);
	expect_story("");
	loop->ops->accept(loop, &acceptor, fd);
	run_for(2000);
	expect_story("accept 1, accept 1");
	loop->ops->cancel(loop, &acceptor);
	run_for(2000);
	expect_story("accept -125");
	for (unsigned i = 0; i < accepted_count; i++)
		loop->ops->close(loop, accepted[i]);
	for (int i = 0; i < 3; i++)
		close(callers[i]);
	loop->ops->close(loop, fd);
}

static void timers_fire_when_due(void **state)
{
	(void)state;
	uint64_t before = loop->now_ms;

	run_for(200);
	uint64_t took = loop->now_ms - before;
	assert_in_range(took, 200, 200 + 2 * WHEEL_SLOT_MS + 1000);
	assert_true(loop->wall_s > INT64_C(1600000000));
}

#define CASE(name) \
	{ \
#name, name, start, stop, NULL \
	}
static const struct CMUnitTest cases[] = {
	CASE(recv_waits_for_its_bytes),
	CASE(recv_takes_what_is_there),
	CASE(recv_is_bounded),
	CASE(a_closed_peer_is_the_end),
	CASE(send_is_short_then_waits),
	CASE(send_and_recv_wait_side_by_side),
	CASE(sendfile_sends_a_slice),
	CASE(cancel_is_answered_once),
	CASE(poll_is_for_other_descriptors),
	CASE(accept_repeats_until_it_cannot),
	CASE(timers_fire_when_due),
};

int main(void)
{
	const char *only = getenv("HSTATIC_TEST_LOOP");
	struct CMUnitTest tests[array_count(backends) * array_count(cases)];
	char names[array_count(tests)][80];
	unsigned count = 0;

	for (unsigned b = 0; b < array_count(backends); b++) {
		if (only != NULL && strcmp(only, backends[b].name) != 0)
			continue;
		for (unsigned c = 0; c < array_count(cases); c++) {
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

/*
 * Each loop (io/loop.h) on a socket pair: completions come later and in order,
 * on_batch before what was received, nothing is lost by waiting, cancelling or
 * a peer that is gone.
 */
#include "loop_stage.h"

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

/* More than a loop has buffers, or room in one call, for. */
#define CROWD 300

static struct op crowd[CROWD];
static unsigned crowd_count, crowd_cancelled;

static void done_crowd(struct op *op, int res, struct span data)
{
	unsigned i = (unsigned)(op - crowd);

	if (res == -ECANCELED) {
		crowd_cancelled++;
	} else {
		/* Its own bytes, not those of another. */
		assert_int_equal(res, sizeof i);
		assert_memory_equal(data.at, &i, sizeof i);
		crowd_count++;
	}
	if (crowd_count + crowd_cancelled == CROWD)
		loop_stop(loop);
}

static void crowd_run(bool cancels)
{
	int pairs[CROWD][2];

	crowd_count = crowd_cancelled = 0;
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				pairs[i]),
			0);
		assert_int_equal(write(pairs[i][1], &i, sizeof i), sizeof i);
		op_init(&crowd[i], done_crowd);
		loop->ops->recv(loop, &crowd[i], pairs[i][0]);
	}
	for (unsigned i = 0; cancels && i < CROWD; i += 2)
		loop->ops->cancel(loop, &crowd[i]);
	run_for(5000);
	assert_int_equal(crowd_count + crowd_cancelled, CROWD);
	for (unsigned i = 0; i < CROWD; i++) {
		assert_true(op_is_idle(&crowd[i]));
		loop->ops->close(loop, pairs[i][0]);
		close(pairs[i][1]);
	}
}

static void a_crowd_is_received(void **state)
{
	(void)state;

	crowd_run(false);
	assert_int_equal(crowd_count, CROWD);
	/* Whoever was called off may have been faster, once. */
	crowd_run(true);
	assert_in_range(crowd_count, CROWD / 2, CROWD);
	crowd_run(false);
	assert_int_equal(crowd_count, CROWD);
}

/* What is there together is told together: on_batch once, and first. */
static void batch_comes_before_all_it_brings(void **state)
{
	(void)state;
	int second[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, second), 0);
	op_init(&out, done_in);
	loop->ops->recv(loop, &in, pair[0]);
	loop->ops->recv(loop, &out, second[0]);
	stops = false;
	run_for(1);
	peer_says("abc");
	assert_int_equal(write(second[1], "abc", 3), 3);
	run_for(1);
	expect_story("batch 0, in 3, in 3");
	loop->ops->close(loop, second[0]);
	close(second[1]);
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

int main(void)
{
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
		CASE(a_crowd_is_received),
		CASE(batch_comes_before_all_it_brings),
		CASE(timers_fire_when_due),
	};

	return loops_run(cases, array_count(cases));
}

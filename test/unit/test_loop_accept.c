/*
 * Each loop on a listener, and beside the other loop: accepting goes on until
 * it cannot, a listener may be shared between loops, and a connection may go
 * from one to the other.
 */
#include "loop_stage.h"

#include "io/sock.h"

#include <netinet/in.h>
#include <sys/resource.h>

#define STEPS_MAX 64

static struct op acceptor;
static int accepted[STEPS_MAX];
static unsigned accepted_count;

static bool has_enough; /* after the first */

static void done_accept(struct op *op, int res, struct span data)
{
	(void)data;
	assert_ptr_equal(op, &acceptor);
	assert_true(op_is_idle(op) == (res < 0));
	tell("accept", res < 0 ? res : 1);
	if (res >= 0)
		accepted[accepted_count++] = res;
	if (has_enough && res >= 0)
		loop->ops->cancel(loop, op);
	loop_stop(loop);
}

static void done_other(struct op *op, int res, struct span data)
{
	(void)op;
	(void)data;
	if (res >= 0)
		accepted[accepted_count++] = res;
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
	while (accepted_count < 3)
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

/* It asks for as many as there were, and for more after eight times. */
static void pace_follows_the_queue(void **state)
{
	static const struct {
		unsigned times, found, count_after;
	} steps[] = {
		{ 0, 0, 1 },
		{ 7, 1, 1 },
		{ 1, 1, 2 },
		/* One of two: none was there for the second. */
		{ 1, 1, 1 },
		{ 8, 1, 2 },
		{ 8, 2, 4 },
		{ 1, 3, 3 },
		{ 1, 0, 1 },
		{ 8, 32, 2 },
		{ 8, 32, 4 },
		{ 8, 32, 8 },
		{ 8, 32, 16 },
		{ 8, 32, 32 },
		{ 80, 32, 32 },
		{ 1, 31, 31 },
	};
	struct accept_pace pace = { 0 };

	(void)state;
	for (size_t i = 0; i < array_count(steps); i++) {
		for (unsigned n = 0; n < steps[i].times; n++) {
			unsigned most = accept_pace_count(&pace);
			unsigned found = steps[i].found;
			accept_pace_learn(&pace, found < most ? found : most,
				found < most);
		}
		expect(accept_pace_count(&pace) == steps[i].count_after,
			"step %zu: %u", i, accept_pace_count(&pace));
	}
}

/* Runs the other loop for a moment, as its own process would. */
static void other_runs(struct loop *other, uint64_t ms)
{
	struct loop *mine = loop;

	loop = other;
	run_for(ms);
	loop = mine;
}

/* Whoever has enough says so in `done`: the others stay in the kernel's queue,
 * for whoever asks next. */
static void accept_ends_where_it_is_told(void **state)
{
	(void)state;
	struct sockaddr_in address;
	int fd = listener_open(&address), callers[3];

	accepted_count = 0;
	has_enough = true;
	op_init(&acceptor, done_accept);
	for (int i = 0; i < 3; i++)
		callers[i] = caller_open(&address);
	for (int i = 0; i < 3; i++) {
		loop->ops->accept(loop, &acceptor, fd);
		while (!op_is_idle(&acceptor))
			run_for(2000);
		expect_story("accept 1, accept -125");
	}
	has_enough = false;
	for (unsigned i = 0; i < accepted_count; i++)
		loop->ops->close(loop, accepted[i]);
	for (int i = 0; i < 3; i++)
		close(callers[i]);
	loop->ops->close(loop, fd);
}

/* A worker may share its listener with one that runs on the other loop: who
 * has stopped takes nothing, who goes on gets them all. */
static void listener_is_shared_between_loops(void **state)
{
	const struct backend *backend = *state;
	struct sockaddr_in address;
	struct op other_op;
	struct loop *other;
	int fd = listener_open(&address), callers[4];
	unsigned count = accepted_count = 0;

	assert_int_equal(backends[backend == backends].open(&other), 0);
	op_init(&acceptor, done_accept);
	op_init(&other_op, done_other);
	stops = false;
	loop->ops->accept(loop, &acceptor, fd);
	other->ops->accept(other, &other_op, fd);
	run_for(1);
	other_runs(other, 1);
	/* Both are told of it, or one: only one gets it. */
	callers[count++] = caller_open(&address);
	run_for(1);
	other_runs(other, 1);
	assert_int_equal(accepted_count, 1);
	story[story_len = 0] = '\0';
	loop->ops->cancel(loop, &acceptor);
	run_for(1);
	expect_story("accept -125");
	while (count < array_count(callers))
		callers[count++] = caller_open(&address);
	run_for(1);
	expect_story("");
	while (accepted_count < count)
		other_runs(other, 1);
	other->ops->cancel(other, &other_op);
	while (!op_is_idle(&other_op))
		other_runs(other, 1);
	for (unsigned i = 0; i < count; i++) {
		other->ops->close(other, accepted[i]);
		close(callers[i]);
	}
	other->ops->close(other, fd);
	other->ops->free(other);
}

/* Reads `want` bytes that are `fill`, on what may be a slow reader. */
static void peer_reads(size_t want, char fill)
{
	static char sink[1 << 16];

	while (want > 0) {
		ssize_t got = read(pair[1], sink, sizeof sink);
		assert_true(got > 0);
		assert_int_equal(sink[0], fill);
		want -= (size_t)got;
	}
}

/* A connection that is handed over comes as the other loop has left it: that
 * must neither block this one nor make it give up where it has to wait. */
static void connection_changes_loops(void **state)
{
	const struct backend *backend = *state;
	struct iovec iov = { large, sizeof large };
	struct gather gather = { .iov = &iov, .count = 1 };
	int file = memfd_create("body", MFD_CLOEXEC);
	struct file_slice slice = { .fd = file, .len = sizeof large };
	struct loop *other, *mine = loop;

	assert_int_equal(write(file, large, sizeof large), sizeof large);
	assert_int_equal(backends[backend == backends].open(&other), 0);
	for (unsigned i = 0; i < 4; i++) {
		loop = i % 2 == 0 ? other : mine;
		op_init(&in, done_in);
		/* It waits for its bytes, */
		loop->ops->recv(loop, &in, pair[0]);
		stops = false;
		run_for(1);
		expect_story("");
		stops = true;
		peer_says("abc");
		run_for(2000);
		assert_non_null(strstr(story, "in 3"));
		/* fills the socket, and then waits for room. */
		size_t total = 0;
		do {
			story[story_len = 0] = '\0';
			if (i < 2)
				loop->ops->sendfile(
					loop, &out, pair[0], &slice);
			else
				loop->ops->send(loop, &out, pair[0], &gather);
			stops = false;
			run_for(1);
			stops = true;
			total += story_len > 0 ? (size_t)atol(story + 4) : 0;
		} while (op_is_idle(&out));
		peer_reads(total, large[0]);
		run_for(2000);
		expect_room();
		/* It is let go of. */
		int copy = dup(pair[0]);
		loop->ops->close(loop, pair[0]);
		pair[0] = copy;
	}
	other->ops->free(other);
	loop = mine;
	close(file);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(accept_repeats_until_it_cannot),
		CASE(pace_follows_the_queue),
		CASE(accept_ends_where_it_is_told),
		CASE(listener_is_shared_between_loops),
		CASE(connection_changes_loops),
	};

	return loops_run(cases, array_count(cases));
}

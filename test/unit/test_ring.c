/*
 * The restricted io_uring (io/ring.h): what it refuses, each tried on a ring
 * without restrictions as well, where it succeeds; and what becomes of a loop
 * where io_uring is forbidden, missing or short of memory. Fails where there
 * is no io_uring; for a machine that has none there is HSTATIC_TEST_LOOP=epoll,
 * which leaves it out but for the last.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/ring.h"
#include "server/loop_kind.h"

static struct ring ours;
static struct io_uring any;
static struct sockaddr_in listening;

static void prepare_openat(struct io_uring_sqe *r)
{
	io_uring_prep_openat(r, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static void prepare_openat2(struct io_uring_sqe *r)
{
	static struct open_how how;
	io_uring_prep_openat2(r, AT_FDCWD, "/etc/passwd", &how);
}

static void prepare_socket(struct io_uring_sqe *r)
{
	io_uring_prep_socket(r, AF_INET, SOCK_STREAM, 0, 0);
}

static int tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void prepare_connect(struct io_uring_sqe *r)
{
	io_uring_prep_connect(r, tcp_socket(), (struct sockaddr *)&listening,
		sizeof listening);
}

static void prepare_fastopen(struct io_uring_sqe *r)
{
	static char byte;
	static struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	static struct msghdr m = { .msg_name = &listening,
		.msg_namelen = sizeof listening,
		.msg_iov = &bytes,
		.msg_iovlen = 1 };
	io_uring_prep_sendmsg(r, tcp_socket(), &m, MSG_FASTOPEN);
}

static void prepare_send(struct io_uring_sqe *r)
{
	static int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	io_uring_prep_send(r, pair[0], "x", 1, 0);
}

static void prepare_accept(struct io_uring_sqe *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof to;
	int fd = tcp_socket(), caller = tcp_socket();
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	assert_int_equal(connect(caller, (struct sockaddr *)&to, len), 0);
	io_uring_prep_accept(r, fd, NULL, NULL, 0);
}

static void prepare_statx(struct io_uring_sqe *r)
{
	static struct statx facts;
	io_uring_prep_statx(r, AT_FDCWD, "/etc/passwd", 0, 0, &facts);
}

static void prepare_read(struct io_uring_sqe *r)
{
	static char byte;
	io_uring_prep_read(r, open("/dev/zero", O_RDONLY), &byte, 1, 0);
}

static void prepare_unlink(struct io_uring_sqe *r)
{
	static char path[] = "/tmp/hstatic-ring-XXXXXX";
	memcpy(path + sizeof path - 7, "XXXXXX", 6);
	close(mkstemp(path));
	io_uring_prep_unlink(r, path, 0);
}

static void prepare_close(struct io_uring_sqe *r)
{
	io_uring_prep_close(r, dup(0));
}

static void prepare_nop(struct io_uring_sqe *r)
{
	io_uring_prep_nop(r);
}

static void prepare_async_poll(struct io_uring_sqe *r)
{
	static int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	io_uring_prep_poll_add(r, pair[0], POLLOUT);
	r->flags |= IOSQE_ASYNC;
}

static const struct {
	const char *what;
	void (*prepare)(struct io_uring_sqe *);
} refused[] = {
	{ "OPENAT", prepare_openat },
	{ "OPENAT2", prepare_openat2 },
	{ "SOCKET", prepare_socket },
	{ "CONNECT", prepare_connect },
	{ "SENDMSG that connects", prepare_fastopen },
	{ "SEND", prepare_send },
	{ "ACCEPT", prepare_accept },
	{ "STATX", prepare_statx },
	{ "READ", prepare_read },
	{ "UNLINKAT", prepare_unlink },
	{ "CLOSE", prepare_close },
	{ "NOP", prepare_nop },
	{ "a flag that is not needed", prepare_async_poll },
};

static int ask(
	struct io_uring *u, void (*prepare)(struct io_uring_sqe *request))
{
	struct io_uring_cqe *completion;
	struct io_uring_sqe *request = io_uring_get_sqe(u);

	assert_non_null(request);
	prepare(request);
	assert_true(io_uring_submit_and_wait(u, 1) >= 0);
	assert_int_equal(io_uring_peek_cqe(u, &completion), 0);
	int res = completion->res;
	io_uring_cqe_seen(u, completion);
	return res;
}

static int rings_open(void **state)
{
	socklen_t len = sizeof listening;
	int fd = tcp_socket();

	(void)state;
	listening = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	assert_int_equal(bind(fd, (struct sockaddr *)&listening, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(
		getsockname(fd, (struct sockaddr *)&listening, &len), 0);
	assert_int_equal(ring_open(&ours), 0);
	assert_int_equal(io_uring_queue_init(8, &any, 0), 0);
	return 0;
}

static int rings_close(void **state)
{
	(void)state;
	ring_close(&ours);
	io_uring_queue_exit(&any);
	return 0;
}

static void other_operations_are_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(refused); i++) {
		int without = ask(&any, refused[i].prepare);
		int res = ask(&ours.uring, refused[i].prepare);
		/* It has begun to connect: that is success, too. */
		expect(without >= 0 || without == -EINPROGRESS,
			"%s, not restricted: %s", refused[i].what,
			strerror(-without));
		expect(res == -EACCES, "%s: %d", refused[i].what, res);
	}
}

static void nothing_more_can_be_registered(void **state)
{
	(void)state;
	int none = -1;
	const struct {
		unsigned what;
		const void *at;
		unsigned count;
	} rows[] = {
		{ IORING_REGISTER_FILES, &none, 1 },
		{ IORING_REGISTER_PERSONALITY, NULL, 0 },
		{ IORING_REGISTER_RESTRICTIONS, NULL, 0 },
		{ IORING_UNREGISTER_PBUF_RING, NULL, 1 },
	};

	for (size_t i = 0; i < array_count(rows); i++)
		expect(syscall(SYS_io_uring_register, ours.uring.ring_fd,
			       rows[i].what, rows[i].at, rows[i].count) < 0,
			"register %u", rows[i].what);
	long res = syscall(SYS_io_uring_register, any.ring_fd,
		IORING_REGISTER_FILES, &none, 1);
	assert_int_equal(res, 0);
}

/* Buffers go round: more receives than there are of them, one by one. */
static void buffers_come_back(void **state)
{
	(void)state;
	int pair[2];
	struct io_uring_cqe *completion;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (unsigned i = 0; i < 3 * RING_BUFFERS; i++) {
		char said = (char)i;
		struct io_uring_sqe *request = ring_request(&ours);
		assert_non_null(request);
		ring_prepare_recv(request, pair[0]);
		assert_int_equal(write(pair[1], &said, 1), 1);
		assert_int_equal(ring_wait(&ours, 2000), 0);
		assert_int_equal(
			io_uring_peek_cqe(&ours.uring, &completion), 0);
		assert_int_equal(completion->res, 1);
		int buffer = ring_buffer(completion);
		assert_in_range(buffer, 0, RING_BUFFERS - 1);
		assert_int_equal(*ring_buffer_span(&ours, buffer, 1).at, said);
		io_uring_cqe_seen(&ours.uring, completion);
		ring_buffer_return(&ours, buffer);
	}
	close(pair[0]);
	close(pair[1]);
}

/* In a child, where `call` fails with `error`: the result for `kind`, and what
 * the state says of it. */
static void opened_without(int call, int error, enum loop_kind kind, int *res,
	struct loop_state *out)
{
	int pipes[2], status;

	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct loop *loop;
		struct loop_state state;
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
		if (filter == NULL ||
			seccomp_rule_add(filter,
				SCMP_ACT_ERRNO((uint16_t)error), call,
				0) != 0 ||
			seccomp_load(filter) != 0)
			_exit(1);
		int got = loop_kind_open(kind, 1, &loop, &state);
		_exit(write(pipes[1], &got, sizeof got) < 0 ||
			write(pipes[1], &state, sizeof state) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipes[0], res, sizeof *res), sizeof *res);
	assert_int_equal(read(pipes[0], out, sizeof *out), sizeof *out);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_loop_is_found_without_it(void **state)
{
	(void)state;
	const struct {
		int call, error;
	} rows[] = {
		{ SCMP_SYS(io_uring_setup), EPERM },
		{ SCMP_SYS(io_uring_setup), ENOSYS },
		{ SCMP_SYS(io_uring_setup), EINVAL },
		{ SCMP_SYS(io_uring_setup), ENOMEM },
		{ SCMP_SYS(io_uring_register), EPERM },
		{ SCMP_SYS(io_uring_register), EINVAL },
	};
	struct loop_state got;
	int res;

	for (size_t i = 0; i < array_count(rows); i++) {
		int error = rows[i].error;
		opened_without(rows[i].call, error, LOOP_URING, &res, &got);
		expect(res == -error && !got.has_ring, "uring, row %zu: %d", i,
			res);
		opened_without(rows[i].call, error, LOOP_AUTO, &res, &got);
		expect(res == 0 && !got.has_ring && got.ring_error == error,
			"auto, row %zu: %d", i, res);
		opened_without(rows[i].call, error, LOOP_EPOLL, &res, &got);
		expect(res == 0 && !got.has_ring && got.ring_error == 0,
			"epoll, row %zu: %d", i, res);
		expect(strstr(loop_ring_advice(error), "--loop=epoll") != NULL,
			"advice, row %zu", i);
	}
}

static void each_kind_is_what_it_says(void **state)
{
	(void)state;
	const struct {
		enum loop_kind kind;
		uint64_t workers;
		bool has_ring;
	} rows[] = {
		{ LOOP_AUTO, 1, true },
		{ LOOP_AUTO, 2, false },
		{ LOOP_URING, 1, true },
		{ LOOP_URING, 2, true },
		{ LOOP_EPOLL, 1, false },
		{ LOOP_EPOLL, 2, false },
	};
	struct loop_state got;
	struct loop *loop;

	for (size_t i = 0; i < array_count(rows); i++) {
		assert_int_equal(loop_kind_open(rows[i].kind, rows[i].workers,
					 &loop, &got),
			0);
		assert_true(got.has_ring == rows[i].has_ring &&
			    got.ring_error == 0);
		assert_true((loop->ring >= 0) == got.has_ring);
		loop->ops->free(loop);
	}
}

int main(void)
{
	const struct CMUnitTest with[] = {
		cmocka_unit_test(other_operations_are_refused),
		cmocka_unit_test(nothing_more_can_be_registered),
		cmocka_unit_test(buffers_come_back),
		cmocka_unit_test(each_kind_is_what_it_says),
	};
	const struct CMUnitTest without[] = {
		cmocka_unit_test(a_loop_is_found_without_it),
	};
	const char *only = getenv("HSTATIC_TEST_LOOP");
	int failed = 0;

	if (only == NULL || strcmp(only, "epoll") != 0)
		failed = cmocka_run_group_tests(with, rings_open, rings_close);
	return failed + cmocka_run_group_tests(without, NULL, NULL);
}

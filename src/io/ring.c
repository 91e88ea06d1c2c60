/*
 * Setting up an io_uring and waiting on it (ring.h): io_uring_setup(2),
 * io_uring_register(2), io_uring_enter(2).
 */
#include "io/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/loop.h"

/* Completions that may wait for us: two requests of each of 2000 connections.
 * Beyond that the kernel keeps them in a list. */
#define COMPLETIONS 4096

/* The one group of buffers that there is. */
#define GROUP 0

#define QUEUE_ALIGNMENT 4096

/*
 * What may be asked of the ring, for good. No SEND: like sendmsg(2) it takes
 * MSG_FASTOPEN, which connects, and no filter sees it here. With a write that
 * cannot be said.
 */
static const uint8_t operations[] = {
	IORING_OP_RECV,
	IORING_OP_WRITE,
	IORING_OP_WRITEV,
	IORING_OP_POLL_ADD,
	IORING_OP_ASYNC_CANCEL,
};

/* liburing 2.3 has no function for these two that a program can link to. */
static int ring_register(
	const struct ring *r, unsigned what, const void *at, unsigned count)
{
	long res = syscall(
		SYS_io_uring_register, r->uring.ring_fd, what, at, count);

	return res < 0 ? -errno : 0;
}

/* Once it is enabled, nothing can be registered with it any more: no row here
 * allows that. */
static int ring_restrict(const struct ring *r)
{
	struct io_uring_restriction rows[array_count(operations) + 1];

	memset(rows, 0, sizeof rows);
	for (unsigned i = 0; i < array_count(operations); i++) {
		rows[i].opcode = IORING_RESTRICTION_SQE_OP;
		rows[i].sqe_op = operations[i];
	}
	rows[array_count(operations)].opcode =
		IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rows[array_count(operations)].sqe_flags = IOSQE_BUFFER_SELECT;
	int res = ring_register(
		r, IORING_REGISTER_RESTRICTIONS, rows, array_count(rows));
	if (res < 0)
		return res;
	return ring_register(r, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int buffers_make(struct ring *r)
{
	r->queue = aligned_alloc(QUEUE_ALIGNMENT, QUEUE_ALIGNMENT);
	r->bytes = aligned_alloc(
		QUEUE_ALIGNMENT, (size_t)RING_BUFFERS * LOOP_RECV_MAX);
	if (r->queue == NULL || r->bytes == NULL)
		return -ENOMEM;
	memset(r->queue, 0, QUEUE_ALIGNMENT);
	struct io_uring_buf_reg reg = {
		.ring_addr = (uint64_t)(uintptr_t)r->queue,
		.ring_entries = RING_BUFFERS,
		.bgid = GROUP,
	};
	int res = io_uring_register_buf_ring(&r->uring, &reg, 0);
	if (res < 0)
		return res;
	io_uring_buf_ring_init(r->queue);
	for (int i = 0; i < RING_BUFFERS; i++)
		ring_buffer_return(r, i);
	return 0;
}

/*
 * One thread submits, and completions are worked out when it asks for them:
 * otherwise every one of them interrupts it (+40 % of CPU). Disabled at first,
 * so that it can be restricted.
 */
int ring_open(struct ring *r)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED |
			 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
		.cq_entries = COMPLETIONS,
	};

	memset(r, 0, sizeof *r);
	int res = io_uring_queue_init_params(RING_REQUESTS, &r->uring, &params);
	if (res < 0)
		return res;
	res = buffers_make(r);
	if (res == 0)
		res = ring_restrict(r);
	if (res < 0)
		ring_close(r);
	return res;
}

void ring_close(struct ring *r)
{
	io_uring_queue_exit(&r->uring);
	free(r->queue);
	free(r->bytes);
}

struct io_uring_sqe *ring_request(struct ring *r)
{
	struct io_uring_sqe *request = io_uring_get_sqe(&r->uring);

	if (request != NULL)
		return request;
	if (io_uring_submit(&r->uring) < 0)
		return NULL;
	return io_uring_get_sqe(&r->uring);
}

/* What it did not do now it will do at the next call. */
static bool is_passing(int error)
{
	return error == ETIME || error == EINTR || error == EAGAIN ||
	       error == EBUSY;
}

static bool has_more(const struct ring *r)
{
	unsigned flags = __atomic_load_n(r->uring.sq.kflags, __ATOMIC_RELAXED);

	return (flags & IORING_SQ_TASKRUN) != 0;
}

/*
 * One call works off some twenty of those that are due. The others would be
 * left behind by whoever is asked for again meanwhile. Only for as long as it
 * brings something: a poll that was woken for what another worker has taken by
 * now is due again and again while connections pour in.
 */
static int ring_finish(struct ring *r)
{
	unsigned before, ready = io_uring_cq_ready(&r->uring);
	int res = 0;

	do {
		before = ready;
		if (!has_more(r) || ready >= RING_BUFFERS)
			break;
		res = io_uring_get_events(&r->uring);
		ready = io_uring_cq_ready(&r->uring);
	} while (res >= 0 && ready > before);
	return res;
}

int ring_wait(struct ring *r, int wait_ms)
{
	struct __kernel_timespec wait = { .tv_sec = wait_ms / 1000,
		.tv_nsec = (long long)(wait_ms % 1000) * 1000000 };
	struct io_uring_cqe *unused_first;
	int res;

	if (wait_ms == 0)
		res = io_uring_submit_and_get_events(&r->uring);
	else if (wait_ms < 0)
		res = io_uring_submit_and_wait(&r->uring, 1);
	else
		res = io_uring_submit_and_wait_timeout(
			&r->uring, &unused_first, 1, &wait, NULL);
	if (res >= 0)
		res = ring_finish(r);
	return res < 0 && !is_passing(-res) ? res : 0;
}

void ring_prepare_recv(struct io_uring_sqe *request, int fd)
{
	io_uring_prep_recv(request, fd, NULL, LOOP_RECV_MAX, 0);
	request->flags |= IOSQE_BUFFER_SELECT;
	request->ioprio |= IORING_RECVSEND_POLL_FIRST;
	request->buf_group = GROUP;
}

int ring_buffer(const struct io_uring_cqe *completion)
{
	if ((completion->flags & IORING_CQE_F_BUFFER) == 0)
		return -1;
	return (int)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
}

static char *buffer_at(const struct ring *r, int buffer)
{
	return r->bytes + (size_t)buffer * LOOP_RECV_MAX;
}

struct span ring_buffer_span(const struct ring *r, int buffer, size_t len)
{
	return (struct span){ buffer_at(r, buffer), len };
}

void ring_buffer_return(struct ring *r, int buffer)
{
	io_uring_buf_ring_add(r->queue, buffer_at(r, buffer), LOOP_RECV_MAX,
		(unsigned short)buffer, io_uring_buf_ring_mask(RING_BUFFERS),
		0);
	io_uring_buf_ring_advance(r->queue, 1);
}

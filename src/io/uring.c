/*
 * The loop over io_uring(7): one call per turn hands over what was begun and
 * takes what has happened. Sockets are non-blocking, as under epoll, so that
 * either loop can take over from the other; what the kernel will not wait for
 * by itself then waits by a poll. What cannot be asked of the ring (ring.c) is
 * called directly: accept4, sendfile, a send that more follows.
 */
#include "io/uring.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "io/ring.h"
#include "io/sock.h"

#define COMPLETIONS_MAX 256

/* Of these, what needs no event may take so many. */
#define READY_MAX (COMPLETIONS_MAX / 2)

/* What connections that are new have sent is received by a call, into these
 * bytes. */
#define EARLY_MAX ((size_t)(4 * LOOP_RECV_MAX))

/* A new connection wants three: to be read, to be answered, to be closed. */
#define PASSES_MAX 4

/* Where an operation is, in op->res, unless that has its result already and it
 * is in the list `ready`. */
enum flight {
	FLIGHT_ASKED = 0,     /* the kernel has the request */
	FLIGHT_WAITING = 1,   /* the kernel has a poll in its stead */
	FLIGHT_ACCEPTING = 2, /* its `done` may be running */
	FLIGHT_CANCELLED = 8  /* with one of these; alone: it is reaped */
};

/* In the list: to be tried by a call, to be asked (again). */
#define RES_EARLY INT32_MIN
#define RES_TRY   (INT32_MIN + 1)

struct completion {
	struct op *op;
	int res;
	int buffer; /* that goes back after `done`, or -1 */
	struct span data;
};

struct uring_loop {
	struct loop loop;
	struct ring ring;
	struct list ready; /* results that need no completion, RES_TRY */
	struct accept_pace pace;
	bool has_received;
	size_t early; /* bytes received by calls */
	unsigned completion_count;
	struct completion completions[COMPLETIONS_MAX];
	/* What a request to send points to until it is handed over. */
	struct iovec vectors[RING_REQUESTS][LOOP_IOV_MAX];
	char bytes[EARLY_MAX];
};

static struct uring_loop *uring_of(struct loop *l)
{
	return container_of(l, struct uring_loop, loop);
}

static void op_ready(struct uring_loop *u, struct op *op, int res)
{
	op->res = res;
	list_add_last(&u->ready, &op->node);
}

/* A request for `op`; it ends at once when there is none to be had. */
static struct io_uring_sqe *op_request(struct uring_loop *u, struct op *op)
{
	struct io_uring_sqe *request = ring_request(&u->ring);

	if (request == NULL)
		op_ready(u, op, -ENOMEM);
	return request;
}

static void recv_ask(struct uring_loop *u, struct op *op)
{
	struct io_uring_sqe *request = op_request(u, op);

	if (request == NULL)
		return;
	op->res = FLIGHT_ASKED;
	ring_prepare_recv(request, op->fd);
	io_uring_sqe_set_data(request, op);
}

static void wait_for(struct uring_loop *u, struct op *op, unsigned events)
{
	struct io_uring_sqe *request = op_request(u, op);

	if (request == NULL)
		return;
	op->res = FLIGHT_WAITING;
	io_uring_prep_poll_add(request, op->fd, events);
	io_uring_sqe_set_data(request, op);
}

/* Every worker on a listener is woken by a connection. With EPOLLEXCLUSIVE it
 * would be one, but also one that is busy or stopped, and the connection would
 * wait for it while others are idle: only epoll_wait can tell who waits. */
static void uring_accept(struct loop *l, struct op *op, int fd)
{
	op_begin(op, OP_ACCEPT, fd);
	wait_for(uring_of(l), op, POLLIN);
}

static void uring_recv(struct loop *l, struct op *op, int fd)
{
	op_begin(op, OP_RECV, fd);
	if (op->has_received)
		recv_ask(uring_of(l), op);
	else
		op_ready(uring_of(l), op, RES_EARLY);
}

static void uring_poll(struct loop *l, struct op *op, int fd)
{
	op_begin(op, OP_POLL, fd);
	wait_for(uring_of(l), op, POLLIN);
}

/* The result of a call that sends: it is known, or has to wait. */
static void sent(struct uring_loop *u, struct op *op, int res)
{
	if (res == -EAGAIN)
		wait_for(u, op, POLLOUT);
	else
		op_ready(u, op, res);
}

static void send_ask(
	struct uring_loop *u, struct op *op, const struct gather *gather)
{
	struct io_uring_sqe *request = op_request(u, op);

	if (request == NULL)
		return;
	if (gather->count == 1) {
		io_uring_prep_write(request, op->fd, gather->iov->iov_base,
			(unsigned)min_u64(gather->iov->iov_len, INT32_MAX), 0);
	} else {
		struct iovec *copy =
			u->vectors[request - u->ring.uring.sq.sqes];
		memcpy(copy, gather->iov, gather->count * sizeof *copy);
		io_uring_prep_writev(request, op->fd, copy, gather->count, 0);
	}
	io_uring_sqe_set_data(request, op);
}

/* What is followed by a file, which is sent by a call, is sent by one too: a
 * write cannot say that there is more. */
static void uring_send(
	struct loop *l, struct op *op, int fd, const struct gather *gather)
{
	op_begin(op, OP_SEND, fd);
	if ((gather->flags & SEND_MORE) != 0)
		sent(uring_of(l), op, sock_send(fd, gather));
	else
		send_ask(uring_of(l), op, gather);
}

static void uring_sendfile(
	struct loop *l, struct op *op, int fd, const struct file_slice *slice)
{
	op_begin(op, OP_SENDFILE, fd);
	sent(uring_of(l), op, sock_sendfile(fd, slice));
}

/* The request that calls another off comes before any later one of the same
 * operation, so it cannot hit that. Its own completion has no operation. */
static void cancel_ask(struct uring_loop *u, struct op *op)
{
	struct io_uring_sqe *request = ring_request(&u->ring);

	assert(request != NULL);
	io_uring_prep_cancel(request, op, 0);
	io_uring_sqe_set_data(request, NULL);
	op->res |= FLIGHT_CANCELLED;
}

static void uring_cancel(struct loop *l, struct op *op)
{
	struct uring_loop *u = uring_of(l);

	if (op->kind == OP_IDLE)
		return;
	if (!list_is_empty(&op->node)) {
		if (op->res <= RES_TRY)
			op->res = -ECANCELED;
	} else if (op->res == FLIGHT_ACCEPTING) {
		op_ready(u, op, -ECANCELED);
	} else if ((op->res & FLIGHT_CANCELLED) == 0) {
		cancel_ask(u, op);
	}
}

static struct completion *complete(struct uring_loop *u, struct op *op, int res)
{
	struct completion *c = &u->completions[u->completion_count++];

	op->res = FLIGHT_CANCELLED;
	*c = (struct completion){ .op = op, .res = res, .buffer = -1 };
	if (op->kind == OP_RECV && res > 0)
		u->has_received = op->has_received = true;
	return c;
}

/* As under epoll: reported at once, so that whoever has enough can say so
 * before the next one is taken out of the kernel's queue. */
static void accept_try(struct uring_loop *u, struct op *op)
{
	unsigned i = 0, count = accept_pace_count(&u->pace);

	op->res = FLIGHT_ACCEPTING;
	for (; i < count && list_is_empty(&op->node); i++) {
		int fd = sock_accept(op->fd);
		if (fd == -EAGAIN)
			break;
		if (fd < 0)
			op_ready(u, op, fd);
		else
			op->done(op, fd, (struct span){ NULL, 0 });
	}
	accept_pace_learn(&u->pace, i, i < count);
	if (list_is_empty(&op->node))
		wait_for(u, op, POLLIN);
}

/* It did not get what it asked for, and nobody has called it off: true when it
 * has been asked anew, or waits. */
static bool try_again(struct uring_loop *u, struct op *op, int res)
{
	bool is_asked = op->res == FLIGHT_ASKED;

	if (op->kind == OP_RECV && !is_asked && res > 0)
		recv_ask(u, op);
	else if (op->kind == OP_RECV && res == -ENOBUFS)
		op_ready(u, op, RES_TRY); /* buffers come back with the batch */
	else if (op->kind == OP_RECV && is_asked && res == -EAGAIN)
		wait_for(u, op, POLLIN);
	else if (op->kind == OP_SEND && is_asked && res == -EAGAIN)
		wait_for(u, op, POLLOUT);
	else
		return false;
	return true;
}

/* What a poll brings says nothing of what was waited for, but that it is worth
 * a try; a cancel that met with "not now" has its way. */
static int result_of(const struct op *op, int res)
{
	bool has_waited = (op->res & FLIGHT_WAITING) != 0;

	if (res == -EAGAIN || res == -ENOBUFS)
		return -ECANCELED;
	if (res <= 0 || !has_waited)
		return res;
	switch (op->kind) {
	case OP_POLL:
		return 1;
	case OP_SEND:
	case OP_SENDFILE:
		return 0;
	case OP_ACCEPT:
	case OP_RECV:
	case OP_IDLE:
		break;
	}
	return -ECANCELED;
}

static void request_ended(
	struct uring_loop *u, const struct io_uring_cqe *completion)
{
	struct op *op = io_uring_cqe_get_data(completion);
	int res = completion->res, buffer = ring_buffer(completion);

	if (op == NULL)
		return;
	bool is_cancelled = (op->res & FLIGHT_CANCELLED) != 0;
	if (op->kind == OP_ACCEPT && res > 0 && !is_cancelled) {
		accept_try(u, op);
		return;
	}
	if (!is_cancelled && try_again(u, op, res)) {
		/* Older kernels may lend one to a receive that fails. */
		if (buffer >= 0)
			ring_buffer_return(&u->ring, buffer);
		return;
	}
	res = result_of(op, res);
	struct completion *c = complete(u, op, res);
	c->buffer = buffer;
	if (buffer >= 0 && res > 0)
		c->data = ring_buffer_span(&u->ring, buffer, (size_t)res);
}

/* Most new connections have sent their request already: a call finds it
 * sooner than the ring would tell of it. */
static void recv_early(struct uring_loop *u, struct op *op)
{
	char *at = u->bytes + u->early;
	bool has_room = u->early + LOOP_RECV_MAX <= EARLY_MAX;
	int got = has_room ? sock_recv(op->fd, at, LOOP_RECV_MAX) : -EAGAIN;

	if (got == -EAGAIN) {
		recv_ask(u, op);
		return;
	}
	size_t len = got > 0 ? (size_t)got : 0;
	/* The next one begins on a cache line of its own. */
	u->early += (len + 63) & ~(size_t)63;
	complete(u, op, got)->data = (struct span){ at, len };
}

/* What was ready before this turn: what becomes so now has its next. */
static void ready_take(struct uring_loop *u)
{
	struct list *last = u->ready.prev;
	bool is_last = list_is_empty(&u->ready);

	while (!is_last && u->completion_count < READY_MAX) {
		struct list *node = u->ready.next;
		struct op *op = container_of(node, struct op, node);
		is_last = node == last;
		list_remove(node);
		if (op->res == RES_EARLY)
			recv_early(u, op);
		else if (op->res == RES_TRY)
			recv_ask(u, op);
		else
			complete(u, op, op->res);
	}
}

static void completions_reap(struct uring_loop *u)
{
	struct io_uring_cqe *reaped[COMPLETIONS_MAX];
	unsigned room = COMPLETIONS_MAX - u->completion_count;
	unsigned count = io_uring_peek_batch_cqe(&u->ring.uring, reaped, room);

	for (unsigned i = 0; i < count; i++)
		request_ended(u, reaped[i]);
	io_uring_cq_advance(&u->ring.uring, count);
}

/* Calls the completions of a batch; `done` may begin and cancel others. */
static void batch_dispatch(struct uring_loop *u)
{
	if (u->has_received && u->loop.on_batch != NULL)
		u->loop.on_batch(&u->loop);
	for (unsigned i = 0; i < u->completion_count; i++) {
		struct completion *c = &u->completions[i];
		c->op->kind = OP_IDLE;
		c->op->done(c->op, c->res, c->data);
		if (c->buffer >= 0)
			ring_buffer_return(&u->ring, c->buffer);
	}
	u->completion_count = 0;
	u->early = 0;
	u->has_received = false;
}

static int uring_turn(struct uring_loop *u)
{
	struct loop *l = &u->loop;
	int wait = list_is_empty(&u->ready) ? wheel_wait(&l->timers, l->now_ms)
					    : 0;

	int res = ring_wait(&u->ring, wait);
	if (res < 0)
		return res;
	loop_clock_read(l);
	ready_take(u);
	completions_reap(u);
	batch_dispatch(u);
	for (int i = 1; i < PASSES_MAX && !list_is_empty(&u->ready); i++) {
		ready_take(u);
		batch_dispatch(u);
	}
	wheel_run(&l->timers, l->now_ms);
	return 0;
}

static int uring_run(struct loop *l)
{
	struct uring_loop *u = uring_of(l);
	int res = 0;

	while (!l->is_stopped && res == 0)
		res = uring_turn(u);
	return res;
}

static void uring_free(struct loop *l)
{
	struct uring_loop *u = uring_of(l);

	ring_close(&u->ring);
	free(u);
}

static const struct loop_ops uring_ops = {
	.accept = uring_accept,
	.recv = uring_recv,
	.poll = uring_poll,
	.send = uring_send,
	.sendfile = uring_sendfile,
	.cancel = uring_cancel,
	.acked = sock_acked,
	.shutdown = sock_shutdown,
	.close = sock_close,
	.run = uring_run,
	.free = uring_free,
};

int uring_loop_open(struct loop **out)
{
	struct uring_loop *u = malloc(sizeof *u);

	if (u == NULL)
		return -ENOMEM;
	/* Not zeroed: what is never used is never touched. */
	memset(u, 0, offsetof(struct uring_loop, completions));
	int res = ring_open(&u->ring);
	if (res < 0) {
		free(u);
		return res;
	}
	u->loop.ops = &uring_ops;
	u->loop.ring = u->ring.uring.ring_fd;
	list_init(&u->ready);
	loop_clock_read(&u->loop);
	wheel_init(&u->loop.timers, u->loop.now_ms);
	*out = &u->loop;
	return 0;
}

/*
 * The loop over epoll(7). Level-triggered, one registration per descriptor for
 * its whole life but for a write that was short: a keep-alive request costs
 * one recv and one send, shared epoll_waits aside. A new connection is read
 * at once, before it is registered: most have sent their request already.
 */
#include "io/epoll.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/sock.h"

#define EVENTS_MAX 256

/* Bytes that one batch may receive before it is worked on. */
#define RECEIVED_MAX ((size_t)(16 * LOOP_RECV_MAX))

/* Connections that are received from before they are answered: with more, the
 * first one's socket has left the processor's cache (bench/NOTES.md). */
#define BATCH_MAX 16

/* One event may complete an operation in each direction. */
#define COMPLETIONS_MAX (BATCH_MAX + 2)

/* What is known of a descriptor. */
struct slot {
	struct op *in, *out;
	uint32_t events; /* as registered; 0: not registered */
};

struct completion {
	struct op *op;
	int res;
	struct span data;
};

struct epoll_loop {
	struct loop loop;
	int fd;
	unsigned slot_count;
	struct slot *slots;
	struct list ready; /* to be tried, or done already */
	struct accept_pace pace;
	size_t received;
	unsigned completion_count;
	struct completion completions[COMPLETIONS_MAX];
	char buffer[RECEIVED_MAX];
};

static struct epoll_loop *epoll_of(struct loop *l)
{
	return container_of(l, struct epoll_loop, loop);
}

/* Its result is known: reported with the next completions. */
static void op_ready(struct epoll_loop *e, struct op *op, int res)
{
	op->res = res;
	list_add_last(&e->ready, &op->node);
}

/* Makes the registration of `fd` cover what its operations wait for. Interest
 * in input is kept while nobody waits for any: the next recv is near. */
static int slot_register(struct epoll_loop *e, int fd, uint32_t extra)
{
	struct slot *s = &e->slots[fd];
	uint32_t in = s->in != NULL ? (uint32_t)EPOLLIN | extra : 0;
	uint32_t out = s->out != NULL ? (uint32_t)EPOLLOUT : 0;
	uint32_t want = in | out | (s->events & (uint32_t)EPOLLIN);
	struct epoll_event event = { .events = want, .data = { .fd = fd } };

	if (want == s->events)
		return 0;
	int how = s->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	/* A registration for nothing would still be one. */
	if (want == 0)
		how = EPOLL_CTL_DEL;
	if (epoll_ctl(e->fd, how, fd, &event) < 0)
		return -errno;
	s->events = want;
	return 0;
}

/* Nothing of `fd` wakes us any more; its next recv tries at once. */
static void slot_forget(struct epoll_loop *e, int fd)
{
	if (e->slots[fd].events != 0)
		epoll_ctl(e->fd, EPOLL_CTL_DEL, fd, NULL);
	e->slots[fd].events = 0;
}

static void wait_in(struct epoll_loop *e, struct op *op, uint32_t extra)
{
	e->slots[op->fd].in = op;
	int res = slot_register(e, op->fd, extra);
	if (res < 0) {
		e->slots[op->fd].in = NULL;
		op_ready(e, op, res);
	}
}

static void wait_out(struct epoll_loop *e, struct op *op)
{
	e->slots[op->fd].out = op;
	int res = slot_register(e, op->fd, 0);
	if (res < 0) {
		e->slots[op->fd].out = NULL;
		op_ready(e, op, res);
	}
}

static void epoll_accept(struct loop *l, struct op *op, int fd)
{
	op_begin(op, OP_ACCEPT, fd);
	/* Only one of the workers is woken for a connection. */
	wait_in(epoll_of(l), op, EPOLLEXCLUSIVE);
}

#define RES_TRY INT32_MIN

static void epoll_recv(struct loop *l, struct op *op, int fd)
{
	struct epoll_loop *e = epoll_of(l);

	op_begin(op, OP_RECV, fd);
	if (e->slots[fd].events == 0)
		op_ready(e, op, RES_TRY);
	else
		wait_in(e, op, 0);
}

static void epoll_poll(struct loop *l, struct op *op, int fd)
{
	op_begin(op, OP_POLL, fd);
	wait_in(epoll_of(l), op, 0);
}

/* The result of a call that sends: it is known, or has to wait. */
static void sent(struct epoll_loop *e, struct op *op, int res)
{
	if (res == -EAGAIN)
		wait_out(e, op);
	else
		op_ready(e, op, res);
}

static void epoll_send(
	struct loop *l, struct op *op, int fd, const struct gather *gather)
{
	op_begin(op, OP_SEND, fd);
	sent(epoll_of(l), op, sock_send(fd, gather));
}

static void epoll_sendfile(
	struct loop *l, struct op *op, int fd, const struct file_slice *slice)
{
	op_begin(op, OP_SENDFILE, fd);
	sent(epoll_of(l), op, sock_sendfile(fd, slice));
}

static void epoll_cancel(struct loop *l, struct op *op)
{
	struct epoll_loop *e = epoll_of(l);

	if (op->kind == OP_IDLE)
		return;
	struct slot *s = &e->slots[op->fd];
	if (s->in == op) {
		s->in = NULL;
	} else if (s->out == op) {
		s->out = NULL;
	} else {
		/* Its result is on the way, or it was to be tried. */
		if (op->res == RES_TRY)
			op->res = -ECANCELED;
		return;
	}
	/* A listener that nobody accepts from must not wake us. */
	if (op->kind == OP_ACCEPT)
		slot_forget(e, op->fd);
	op_ready(e, op, -ECANCELED);
}

static void epoll_close(struct loop *l, int fd)
{
	struct epoll_loop *e = epoll_of(l);

	/* close(2) does it only for the last descriptor of a socket, and
	 * another process may have one. */
	slot_forget(e, fd);
	e->slots[fd] = (struct slot){ 0 };
	close(fd);
}

static void complete(
	struct epoll_loop *e, struct op *op, int res, struct span data)
{
	e->completions[e->completion_count++] = (struct completion){ op, res,
		data };
}

static bool has_room(const struct epoll_loop *e)
{
	return e->received + LOOP_RECV_MAX <= RECEIVED_MAX &&
	       e->completion_count < BATCH_MAX;
}

/* False when nothing was there: the operation goes on waiting. */
static bool recv_try(struct epoll_loop *e, struct op *op)
{
	char *at = e->buffer + e->received;
	int got = sock_recv(op->fd, at, LOOP_RECV_MAX);

	if (got == -EAGAIN)
		return false;
	size_t len = got > 0 ? (size_t)got : 0;
	/* The next one begins on a cache line of its own. */
	e->received += (len + 63) & ~(size_t)63;
	complete(e, op, got, (struct span){ at, len });
	return true;
}

/* Reported at once, not with the batch: whoever has enough can say so before
 * the next is taken out of the kernel's queue. No request is served by it. */
static void accept_try(struct epoll_loop *e, struct op *op)
{
	unsigned i = 0, count = accept_pace_count(&e->pace);

	for (; i < count && e->slots[op->fd].in == op; i++) {
		int fd = sock_accept(op->fd);
		if (fd == -EAGAIN)
			break;
		if (fd >= 0 && (unsigned)fd >= e->slot_count) {
			close(fd); /* the descriptor limit was raised later */
			fd = -EMFILE;
		}
		if (fd < 0) {
			epoll_cancel(&e->loop, op);
			op->res = fd;
			return;
		}
		op->done(op, fd, (struct span){ NULL, 0 });
	}
	accept_pace_learn(&e->pace, i, i < count);
}

static void input_ready(struct epoll_loop *e, int fd)
{
	struct slot *s = &e->slots[fd];
	struct op *op = s->in;

	if (op == NULL) {
		/* Input that nobody wants yet would wake us for ever. */
		slot_forget(e, fd);
		if (s->out != NULL)
			slot_register(e, fd, 0);
		return;
	}
	if (op->kind == OP_ACCEPT) {
		accept_try(e, op);
	} else if (op->kind == OP_POLL) {
		s->in = NULL;
		complete(e, op, 1, (struct span){ NULL, 0 });
	} else if (recv_try(e, op)) {
		s->in = NULL;
	}
}

static void output_ready(struct epoll_loop *e, int fd)
{
	struct slot *s = &e->slots[fd];
	struct op *op = s->out;

	s->out = NULL;
	if (op != NULL)
		complete(e, op, 0, (struct span){ NULL, 0 });
	/* Back to input alone, which is the usual state. */
	slot_register(e, fd, 0);
}

static void event_take(struct epoll_loop *e, const struct epoll_event *event)
{
	int fd = event->data.fd;
	uint32_t failed = event->events & (EPOLLERR | EPOLLHUP);

	if ((event->events & EPOLLOUT) != 0 ||
		(failed != 0 && e->slots[fd].out != NULL))
		output_ready(e, fd);
	if ((event->events & EPOLLIN) != 0 || failed != 0)
		input_ready(e, fd);
}

/* Calls the completions of a batch; `done` may begin and cancel others. */
static void batch_dispatch(struct epoll_loop *e)
{
	if (e->completion_count == 0)
		return;
	if (e->received > 0 && e->loop.on_batch != NULL)
		e->loop.on_batch(&e->loop);
	for (unsigned i = 0; i < e->completion_count; i++) {
		struct completion *c = &e->completions[i];
		c->op->kind = OP_IDLE;
		c->op->done(c->op, c->res, c->data);
	}
	e->completion_count = 0;
	e->received = 0;
}

static void ready_take(struct epoll_loop *e, struct op *op)
{
	if (op->res != RES_TRY)
		complete(e, op, op->res, (struct span){ NULL, 0 });
	else if (!recv_try(e, op))
		wait_in(e, op, 0);
}

/* Works off what is ready without an event; what becomes so meanwhile is left
 * for the next time. */
static void ready_pass(struct epoll_loop *e)
{
	struct list *last = e->ready.prev;
	bool is_last = list_is_empty(&e->ready);

	while (!is_last) {
		struct list *node = e->ready.next;
		is_last = node == last;
		list_remove(node);
		ready_take(e, container_of(node, struct op, node));
		if (!has_room(e))
			batch_dispatch(e);
	}
	batch_dispatch(e);
}

/* A new connection wants three: to be read, to be answered, to be closed. One
 * whose reader never makes us wait gets no more than others. */
#define PASSES_MAX 4

static void ready_run(struct epoll_loop *e)
{
	for (unsigned i = 0; i < PASSES_MAX && !list_is_empty(&e->ready); i++)
		ready_pass(e);
}

static int epoll_turn(struct epoll_loop *e)
{
	struct epoll_event events[EVENTS_MAX];
	struct loop *l = &e->loop;
	int wait = list_is_empty(&e->ready) ? wheel_wait(&l->timers, l->now_ms)
					    : 0;

	int count = epoll_wait(e->fd, events, EVENTS_MAX, wait);
	if (count < 0 && errno != EINTR)
		return -errno;
	loop_clock_read(l);
	for (int i = 0; i < count; i++) {
		event_take(e, &events[i]);
		if (!has_room(e))
			batch_dispatch(e);
	}
	batch_dispatch(e);
	ready_run(e);
	wheel_run(&l->timers, l->now_ms);
	return 0;
}

static int epoll_run(struct loop *l)
{
	struct epoll_loop *e = epoll_of(l);
	int res = 0;

	while (!l->is_stopped && res == 0)
		res = epoll_turn(e);
	return res;
}

static void epoll_free(struct loop *l)
{
	struct epoll_loop *e = epoll_of(l);

	close(e->fd);
	free(e->slots);
	free(e);
}

static const struct loop_ops epoll_ops = {
	.accept = epoll_accept,
	.recv = epoll_recv,
	.poll = epoll_poll,
	.send = epoll_send,
	.sendfile = epoll_sendfile,
	.cancel = epoll_cancel,
	.acked = sock_acked,
	.shutdown = sock_shutdown,
	.close = epoll_close,
	.run = epoll_run,
	.free = epoll_free,
};

int epoll_loop_open(struct loop **out)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	struct epoll_loop *e = malloc(sizeof *e);
	if (e == NULL)
		return -ENOMEM;
	/* Not zeroed: the buffer's pages are touched when they are used. */
	memset(e, 0, offsetof(struct epoll_loop, completions));
	e->slot_count = (unsigned)min_u64(limit.rlim_cur, 1u << 20);
	e->slots = calloc(e->slot_count, sizeof *e->slots);
	e->fd = epoll_create1(EPOLL_CLOEXEC);
	if (e->slots == NULL || e->fd < 0) {
		int res = e->slots == NULL ? -ENOMEM : -errno;
		if (e->fd >= 0)
			close(e->fd);
		free(e->slots);
		free(e);
		return res;
	}
	e->loop.ops = &epoll_ops;
	e->loop.ring = -1;
	list_init(&e->ready);
	loop_clock_read(&e->loop);
	wheel_init(&e->loop.timers, e->loop.now_ms);
	*out = &e->loop;
	return 0;
}

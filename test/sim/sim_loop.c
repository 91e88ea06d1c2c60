/*
 * The loop (sim_loop.h). An operation in flight is a struct flight; a turn
 * asks each whether its time has come, and completes those in any order.
 */
#include "sim_loop.h"

#include <errno.h>

#include "heap.h"
#include "sim_flight.h"

const char *const temper_names[TEMPERS] = { "epoll", "uring" };

static struct sim_loop *sim_of(struct loop *l)
{
	return container_of(l, struct sim_loop, loop);
}

static struct flight *flight_of(struct list *node)
{
	return container_of(node, struct flight, node);
}

static struct flight *flight_find(struct sim_loop *l, const struct op *op)
{
	for (struct list *n = l->flights.next; n != &l->flights; n = n->next) {
		if (flight_of(n)->op == op)
			return flight_of(n);
	}
	return NULL;
}

static struct flight *flight_begin(
	struct loop *loop, struct op *op, enum op_kind kind, int fd)
{
	struct sim_loop *l = sim_of(loop);

	check(op->kind == OP_IDLE && flight_find(l, op) == NULL,
		"an operation is begun twice, on %d", fd);
	struct flight *f = heap_own(NULL, sizeof *f);
	memset(f, 0, sizeof *f);
	f->op = op;
	op->kind = kind;
	op->fd = fd;
	if (kind != OP_ACCEPT && kind != OP_POLL) {
		f->sock = net_sock(l->net, fd);
		for (struct list *n = l->flights.next; n != &l->flights;
			n = n->next)
			check(flight_of(n)->op->kind != kind ||
					flight_of(n)->sock != f->sock,
				"two operations of a kind on %d", fd);
	}
	list_add_last(&l->flights, &f->node);
	return f;
}

static void sim_accept(struct loop *l, struct op *op, int fd)
{
	flight_begin(l, op, OP_ACCEPT, fd);
}

static void sim_recv(struct loop *l, struct op *op, int fd)
{
	flight_begin(l, op, OP_RECV, fd);
}

static void sim_poll(struct loop *l, struct op *op, int fd)
{
	flight_begin(l, op, OP_POLL, fd);
}

/* What epoll sends, it sends now. */
static void output_begin(struct sim_loop *l, struct flight *f)
{
	if (l->temper == TEMPER_EPOLL)
		f->has_result = flight_try(l, f);
}

static void sim_send(
	struct loop *l, struct op *op, int fd, const struct gather *g)
{
	struct flight *f = flight_begin(l, op, OP_SEND, fd);

	check(g->count > 0 && g->count <= LOOP_IOV_MAX, "%u iovecs", g->count);
	f->count = g->count;
	memcpy(f->iov, g->iov, g->count * sizeof *g->iov);
	output_begin(sim_of(l), f);
}

static void sim_sendfile(
	struct loop *l, struct op *op, int fd, const struct file_slice *slice)
{
	struct flight *f = flight_begin(l, op, OP_SENDFILE, fd);

	check(slice->len > 0, "an empty sendfile on %d", fd);
	f->slice = *slice;
	sim_fs_node(sim_of(l)->fs, slice->fd);
	output_begin(sim_of(l), f);
}

static void sim_cancel(struct loop *loop, struct op *op)
{
	struct sim_loop *l = sim_of(loop);
	struct flight *f = flight_find(l, op);

	check((f != NULL) == (op->kind != OP_IDLE),
		"an operation that is not in flight is not idle");
	if (f == NULL)
		return;
	f->is_cancelled = true;
	if (l->temper == TEMPER_EPOLL && !f->has_result && !f->is_due) {
		f->has_result = true;
		f->res = -ECANCELED;
	}
}

static uint32_t sim_acked(struct loop *loop, int fd)
{
	struct sim_loop *l = sim_of(loop);
	const struct sock *s = net_sock(l->net, fd);

	return l->net->tells_acked ? (uint32_t)s->taken : 0;
}

static void sim_shutdown(struct loop *l, int fd)
{
	sock_shutdown(sim_of(l)->net, net_sock(sim_of(l)->net, fd));
}

static void sim_close(struct loop *loop, int fd)
{
	struct sim_loop *l = sim_of(loop);
	struct sock *s = net_sock(l->net, fd);

	for (struct list *n = l->flights.next; n != &l->flights; n = n->next)
		check(flight_of(n)->sock != s,
			"%d is closed under an operation", fd);
	sock_close(l->net, s);
}

static int sim_run(struct loop *loop)
{
	while (!loop->is_stopped)
		sim_loop_turn(sim_of(loop));
	return 0;
}

static void sim_free(struct loop *loop)
{
	check(list_is_empty(&sim_of(loop)->flights),
		"the loop is freed under an operation");
}

/* Has it ended? Of two that race, the cancel or what was asked for, either
 * may win, and both may take their time. */
static bool flight_is_over(struct sim_loop *l, struct flight *f)
{
	if (f->has_result)
		return true;
	if (l->temper == TEMPER_EPOLL && f->op->kind == OP_ACCEPT)
		return false; /* accepts_run has been here */
	if (dice_percent(&l->world->dice, l->late))
		return false;
	if (!f->is_cancelled)
		return flight_try(l, f);
	if (dice_percent(&l->world->dice, 50) && flight_try(l, f))
		return true;
	f->res = -ECANCELED;
	return true;
}

/* An accept goes on after each connection, until it fails. */
static void flight_end(struct sim_loop *l, struct flight *f)
{
	struct op *op = f->op;
	size_t len = f->op->kind == OP_RECV && f->res > 0 ? (size_t)f->res : 0;
	struct span data = { f->data, len };
	bool goes_on = op->kind == OP_ACCEPT && f->res >= 0;

	if (op->kind == OP_SEND || op->kind == OP_SENDFILE)
		f->sock->told_ms = l->world->now_ms;
	l->current = f->sock;
	l->is_in_done = true;
	if (goes_on) {
		f->is_due = false;
		op->done(op, f->res, data);
	} else {
		list_remove(&f->node);
		op->kind = OP_IDLE;
		op->done(op, f->res, data);
		/* A span that was kept now points to freed memory. */
		heap_disown(f->data);
		heap_disown(f);
	}
	l->is_in_done = false;
	l->current = NULL;
}

/* Most connections that are taken in a row. */
#define ACCEPTS_MAX 32

/* epoll's way: one by one, each reported before the next is taken. */
static void accepts_run(struct sim_loop *l)
{
	struct flight *f = NULL;

	for (struct list *n = l->flights.next; n != &l->flights; n = n->next) {
		if (flight_of(n)->op->kind == OP_ACCEPT)
			f = flight_of(n);
	}
	if (f == NULL || dice_percent(&l->world->dice, l->late))
		return;
	for (unsigned i = 0; i < ACCEPTS_MAX && !f->has_result; i++) {
		if (!flight_try(l, f))
			return;
		f->has_result = f->res < 0;
		if (f->res >= 0)
			flight_end(l, f);
	}
}

/* Moves the flights that are over to `due`. True when any has received. */
static bool batch_collect(struct sim_loop *l)
{
	bool has_received = false;

	for (struct list *n = l->flights.next, *next; n != &l->flights;
		n = next) {
		struct flight *f = flight_of(n);
		next = n->next;
		f->is_due = flight_is_over(l, f);
		if (!f->is_due)
			continue;
		has_received |= f->op->kind == OP_RECV && f->res >= 0;
		/* Completions come in any order. */
		list_remove(&f->node);
		if (dice_percent(&l->world->dice, 50))
			list_add_first(&l->flights, &f->node);
		else
			list_add_before(next, &f->node);
	}
	return has_received;
}

static struct flight *due_find(struct sim_loop *l)
{
	for (struct list *n = l->flights.next; n != &l->flights; n = n->next) {
		if (flight_of(n)->is_due)
			return flight_of(n);
	}
	return NULL;
}

void sim_loop_turn(struct sim_loop *l)
{
	struct flight *f;

	l->loop.now_ms = l->world->now_ms;
	l->loop.wall_s = world_wall_ns(l->world) / 1000000000;
	if (l->temper == TEMPER_EPOLL)
		accepts_run(l);
	bool has_received = batch_collect(l);
	world_disturb(l->world);
	if (l->loop.on_batch != NULL &&
		(has_received || dice_percent(&l->world->dice, 20)))
		l->loop.on_batch(&l->loop);
	while ((f = due_find(l)) != NULL) {
		flight_end(l, f);
		world_disturb(l->world);
	}
	if (!dice_percent(&l->world->dice, l->late_timers))
		wheel_run(&l->loop.timers, l->loop.now_ms);
}

unsigned sim_loop_count(const struct sim_loop *l)
{
	unsigned count = 0;

	for (struct list *n = l->flights.next; n != &l->flights; n = n->next)
		count++;
	return count;
}

void sim_loop_init(struct sim_loop *l, enum temper temper, struct net *net,
	struct sim_fs *fs)
{
	static const struct loop_ops ops = {
		.accept = sim_accept,
		.recv = sim_recv,
		.poll = sim_poll,
		.send = sim_send,
		.sendfile = sim_sendfile,
		.cancel = sim_cancel,
		.acked = sim_acked,
		.shutdown = sim_shutdown,
		.close = sim_close,
		.run = sim_run,
		.free = sim_free,
	};
	struct dice *d = &net->world->dice;

	memset(l, 0, sizeof *l);
	l->loop.ops = &ops;
	l->loop.ring = -1;
	l->temper = temper;
	l->world = net->world;
	l->net = net;
	l->fs = fs;
	list_init(&l->flights);
	l->loop.now_ms = l->world->now_ms;
	l->loop.wall_s = world_wall_ns(l->world) / 1000000000;
	wheel_init(&l->loop.timers, l->loop.now_ms);
	l->late = (unsigned)dice_below(d, 70);
	l->shorten = (unsigned)dice_below(d, 80);
	l->late_timers = dice_percent(d, 30) ? 60 : 0;
	l->faults = dice_percent(d, 50) ? (unsigned)dice_size(d, 60) : 0;
}

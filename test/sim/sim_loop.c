/*
 * The loop (sim_loop.h). An operation in flight is a struct flight; a turn
 * asks each whether its time has come, and completes those in any order.
 */
#include "sim_loop.h"

#include <errno.h>

#include "heap.h"

/* Most bytes of one sendfile that are copied at once. */
#define COPY_MAX 65536

struct flight {
	struct list node;
	struct op *op;
	struct sock *sock; /* or NULL: accept, poll */
	bool is_cancelled, has_waited, is_due;
	int res;
	char *data; /* of a recv: a block of its own, for as long as done */
	unsigned count;
	struct iovec iov[LOOP_IOV_MAX];
	struct file_slice slice;
};

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

static void sim_send(
	struct loop *l, struct op *op, int fd, const struct gather *g)
{
	struct flight *f = flight_begin(l, op, OP_SEND, fd);

	check(g->count > 0 && g->count <= LOOP_IOV_MAX, "%u iovecs", g->count);
	f->count = g->count;
	memcpy(f->iov, g->iov, g->count * sizeof *g->iov);
}

static void sim_sendfile(
	struct loop *l, struct op *op, int fd, const struct file_slice *slice)
{
	struct flight *f = flight_begin(l, op, OP_SENDFILE, fd);

	check(slice->len > 0, "an empty sendfile on %d", fd);
	f->slice = *slice;
	sim_fs_node(sim_of(l)->fs, slice->fd);
}

static void sim_cancel(struct loop *l, struct op *op)
{
	struct flight *f = flight_find(sim_of(l), op);

	check((f != NULL) == (op->kind != OP_IDLE),
		"an operation that is not in flight is not idle");
	if (f != NULL)
		f->is_cancelled = true;
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

static bool is_fault(struct sim_loop *l)
{
	return !l->world->is_calm && dice_rarely(&l->world->dice, l->faults);
}

/* The network breaks, or the other side does. */
static bool sock_breaks(struct sim_loop *l, struct sock *s)
{
	if (!s->is_reset && is_fault(l))
		sock_vanish(s);
	return s->is_reset;
}

/* Each of these is true when the flight has come to its end. */

static bool recv_try(struct sim_loop *l, struct flight *f)
{
	struct sock *s = f->sock;
	size_t most = s->in.len < LOOP_RECV_MAX ? s->in.len : LOOP_RECV_MAX;

	if (sock_breaks(l, s)) {
		f->res = -ECONNRESET;
		return true;
	}
	if (most == 0 && !s->in_ended)
		return false;
	if (most > 0 && dice_percent(&l->world->dice, l->shorten))
		most = (size_t)dice_size(&l->world->dice, most);
	/* A block of its very size: a byte beyond it shows. */
	f->data = heap_own(NULL, most);
	memcpy(f->data, s->in.at != NULL ? s->in.at : "", most);
	f->res = (int)most;
	sock_received(l->net, s, most, f->is_cancelled);
	return true;
}

/* How many bytes of `len` go now; 0 when there is no room. */
static size_t send_size(struct sim_loop *l, const struct sock *s, size_t len)
{
	size_t room = s->room > s->out.len ? s->room - s->out.len : 0;

	if (len > room)
		len = room;
	if (len > 0 && dice_percent(&l->world->dice, l->shorten))
		len = (size_t)dice_size(&l->world->dice, len);
	return len;
}

/* What both kinds of sending share: -1 go on, 0 wait, 1 done. */
static int output_try(struct sim_loop *l, struct flight *f)
{
	struct sock *s = f->sock;

	if (sock_breaks(l, s)) {
		f->res = dice_percent(&l->world->dice, 50) ? -EPIPE
							   : -ECONNRESET;
		return 1;
	}
	if (s->room <= s->out.len) {
		f->has_waited = true;
		return 0;
	}
	/* The news that there is room again may be all that comes. */
	if (f->has_waited && dice_percent(&l->world->dice, 50)) {
		sock_sent(l->net, s, "", 0);
		return 1;
	}
	return -1;
}

static bool send_try(struct sim_loop *l, struct flight *f)
{
	int res = output_try(l, f);
	size_t total = 0, left;

	if (res >= 0)
		return res == 1;
	for (unsigned i = 0; i < f->count; i++)
		total += f->iov[i].iov_len;
	check(total > 0, "an empty send on %d", f->op->fd);
	left = send_size(l, f->sock, total);
	f->res = (int)left;
	for (unsigned i = 0; i < f->count && left > 0; i++) {
		size_t len = f->iov[i].iov_len < left ? f->iov[i].iov_len
						      : left;
		sock_sent(l->net, f->sock, f->iov[i].iov_base, len);
		left -= len;
	}
	return true;
}

/* The server may ask only for what a look at the file promised. */
static void file_ended(struct sim_loop *l, struct flight *f)
{
	const struct node *n = sim_fs_node(l->fs, f->slice.fd);
	bool was_longer = false;

	for (unsigned i = 0; i < n->writing_count; i++)
		was_longer |= n->writings[i].content->size > f->slice.offset;
	check(was_longer, "sendfile of byte %llu, which there never was",
		(unsigned long long)f->slice.offset);
	trace("conn %d: its file has no byte %llu any more", f->sock->number,
		(unsigned long long)f->slice.offset);
	f->sock->excuses |= EXCUSE_SHRUNK;
}

static bool sendfile_try(struct sim_loop *l, struct flight *f)
{
	static char bytes[COPY_MAX];
	int res = output_try(l, f);

	if (res >= 0)
		return res == 1;
	if (is_fault(l)) {
		f->sock->excuses |= EXCUSE_READ;
		f->res = -EIO;
		return true;
	}
	size_t len = f->slice.len < COPY_MAX ? f->slice.len : COPY_MAX;
	ssize_t got = sim_fs_copy(l->fs, f->slice.fd, bytes,
		send_size(l, f->sock, len), f->slice.offset);
	if (got > 0)
		sock_sent(l->net, f->sock, bytes, (size_t)got);
	else
		file_ended(l, f);
	f->res = got > 0 ? (int)got : -ENODATA;
	return true;
}

static bool accept_try(struct sim_loop *l, struct flight *f)
{
	f->res = is_fault(l) ? -EMFILE : net_accept(l->net);
	return f->res != -EAGAIN;
}

static bool poll_try(struct sim_loop *l, struct flight *f)
{
	f->res = 1;
	return l->fs->change_count > 0;
}

static bool flight_try(struct sim_loop *l, struct flight *f)
{
	switch (f->op->kind) {
	case OP_ACCEPT:
		return accept_try(l, f);
	case OP_RECV:
		return recv_try(l, f);
	case OP_POLL:
		return poll_try(l, f);
	case OP_SEND:
		return send_try(l, f);
	case OP_SENDFILE:
		return sendfile_try(l, f);
	case OP_IDLE:
		break;
	}
	fail("an operation in flight was made idle on %d", f->op->fd);
}

/* Has it ended? Of two that race, the cancel or what was asked for, either
 * may win, and both may take their time. */
static bool flight_is_over(struct sim_loop *l, struct flight *f)
{
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

void sim_loop_init(struct sim_loop *l, struct net *net, struct sim_fs *fs)
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

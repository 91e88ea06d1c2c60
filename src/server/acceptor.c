/*
 * Accepting (acceptor.h). What is missing for a connection, a descriptor or
 * memory, may come back: it is tried again.
 */
#include "server/acceptor.h"

#include <errno.h>

#include "base/log.h"

/* When there is no descriptor for a new connection, accepting is tried again
 * after so long. */
#define RETRY_MS 200

static bool is_idle(const struct acceptor *a)
{
	for (unsigned i = 0; i < a->count; i++) {
		if (!op_is_idle(&a->listeners[i].op))
			return false;
	}
	return true;
}

bool acceptor_is_done(const struct acceptor *a)
{
	return a->has_finished && is_idle(a);
}

void acceptor_resume(struct acceptor *a)
{
	if (a->is_accepting || a->has_finished ||
		!list_is_empty(&a->retry.node))
		return;
	a->is_accepting = true;
	for (unsigned i = 0; i < a->count; i++) {
		struct listener *l = &a->listeners[i];
		if (op_is_idle(&l->op))
			a->loop->ops->accept(a->loop, &l->op, l->fd);
	}
}

void acceptor_pause(struct acceptor *a)
{
	a->is_accepting = false;
	for (unsigned i = 0; i < a->count; i++)
		a->loop->ops->cancel(a->loop, &a->listeners[i].op);
}

/* Ours are copies: a port is free when the master's is closed, too. */
static void listeners_close(struct acceptor *a)
{
	if (!acceptor_is_done(a))
		return;
	for (unsigned i = 0; i < a->count; i++) {
		struct listener *l = &a->listeners[i];
		if (l->fd >= 0)
			a->loop->ops->close(a->loop, l->fd);
		l->fd = -1;
	}
}

void acceptor_finish(struct acceptor *a)
{
	a->has_finished = true;
	wheel_clear(&a->loop->timers, &a->retry);
	acceptor_pause(a);
	listeners_close(a);
	a->on_end(a);
}

static void retry_fired(struct timer *t)
{
	acceptor_resume(container_of(t, struct acceptor, retry));
}

/* On purpose, or for want of something. */
static void accept_ended(struct acceptor *a, struct listener *l, int res)
{
	if (res == -ECANCELED && a->is_accepting) {
		/* It was resumed before its end had come. */
		a->loop->ops->accept(a->loop, &l->op, l->fd);
		return;
	}
	if (res != -ECANCELED) {
		if (!a->has_complained)
			log_error("cannot accept connections: %s; trying "
				  "again",
				strerror(-res));
		a->has_complained = true;
		acceptor_pause(a);
		if (!a->has_finished)
			wheel_set(&a->loop->timers, &a->retry,
				a->loop->now_ms + RETRY_MS);
	}
	listeners_close(a);
	a->on_end(a);
}

static void accepted(struct op *op, int res, struct span data)
{
	struct listener *l = container_of(op, struct listener, op);
	struct acceptor *a = l->acceptor;

	(void)data;
	if (res < 0) {
		accept_ended(a, l, res);
		return;
	}
	a->has_complained = false;
	a->on_conn(a, res);
}

void acceptor_init(
	struct acceptor *a, struct loop *loop, const int *fds, unsigned count)
{
	*a = (struct acceptor){ .loop = loop, .count = count };
	timer_init(&a->retry, retry_fired);
	for (unsigned i = 0; i < count; i++) {
		struct listener *l = &a->listeners[i];
		op_init(&l->op, accepted);
		l->acceptor = a;
		l->fd = fds[i];
	}
}

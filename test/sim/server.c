/*
 * Putting the server together (server.h), and what a worker does around its
 * connections: accepting as long as there is room, reading notices.
 */
#include "server.h"

#include <errno.h>

#include "heap.h"

#define LISTENER        4
#define ACCEPT_RETRY_MS 200
#define CACHE_SEED      7

/* A loop may have accepted more by the time it is told to stop. */
#define SPARE 32

/* As in server/conn.c: what lingering promises. */
#define LINGER_MS    2000
#define LINGER_BYTES 65536

/* As in wire/h1.c: what a request gets that was on its way. */
#define DRAIN_MS 500

/* PRODUCT: what a connection may cost that does nothing. */
_Static_assert(sizeof(struct conn) <= 256, "an idle connection is too large");

static void accept_begin(struct server *s)
{
	if (s->has_finished)
		return;
	s->is_accepting = true;
	/* Where its end is on the way, it begins again after that. */
	if (op_is_idle(&s->accept_op))
		s->loop->loop.ops->accept(
			&s->loop->loop, &s->accept_op, LISTENER);
}

static void accept_pause(struct server *s)
{
	s->is_accepting = false;
	s->loop->loop.ops->cancel(&s->loop->loop, &s->accept_op);
}

static void accepted(struct op *op, int res, struct span data)
{
	struct server *s = container_of(op, struct server, accept_op);
	struct loop *l = &s->loop->loop;

	(void)data;
	if (res >= 0) {
		s->loop->current = net_sock(s->net, res);
		if (!conn_open(&s->conns, res))
			l->ops->close(l, res);
		if (s->conns.count >= s->connections_max)
			accept_pause(s);
		return;
	}
	bool is_resumed = res == -ECANCELED && s->is_accepting;
	s->is_accepting = false;
	if (is_resumed)
		accept_begin(s);
	else if (res != -ECANCELED && !s->has_finished)
		wheel_set(&l->timers, &s->accept_timer,
			l->now_ms + ACCEPT_RETRY_MS);
}

static void accept_retry(struct timer *t)
{
	accept_begin(container_of(t, struct server, accept_timer));
}

static void conn_closed(struct conn_host *host)
{
	struct server *s = container_of(host, struct server, conns);

	if (s->conns.count < s->connections_max)
		accept_begin(s);
}

static void batch_begins(struct loop *l)
{
	struct server *s = l->owner;

	files_refresh(s->respond.files, l->now_ms);
	respond_refresh(&s->respond);
}

static void files_changed(struct op *op, int res, struct span data)
{
	struct server *s = container_of(op, struct server, watch_op);
	struct loop *l = &s->loop->loop;

	(void)data;
	if (res == -ECANCELED)
		return;
	batch_begins(l);
	l->ops->poll(l, op, files_watch_fd(s->respond.files));
}

/* A pool or the heap was empty: whoever was being served may go without. */
static void refused(void *owner)
{
	struct server *s = owner;

	world_fault(s->world, 503);
	if (s->loop->current != NULL)
		s->loop->current->excuses |= EXCUSE_MEMORY;
	else
		net_excuse(s->net, EXCUSE_MEMORY);
}

/* Large, or so small that it runs out. */
static unsigned some(struct dice *d, unsigned large)
{
	return dice_percent(d, 88) ? large : (unsigned)dice_between(d, 1, 4);
}

static void limits_draw(struct server *s)
{
	struct dice *d = &s->world->dice;
	struct wire_host *wire = &s->respond.wire;

	wire->limits = (struct head_limits){
		.head_max = (size_t)dice_between(d, 1500, 16384),
		.field_max = (unsigned)dice_between(d, 20, 100),
		.body_max = dice_between(d, 300, 40000),
	};
	wire->limits.line_max = (size_t)dice_between(
		d, 500, wire->limits.head_max - 16);
	wire->timeouts = (struct wire_timeouts){
		.head_ms = dice_between(d, 500, 10000),
		.body_ms = dice_between(d, 500, 10000),
		.idle_ms = dice_between(d, 500, 60000),
	};
	pool_init(&wire->exchanges, sizeof(struct exchange), some(d, 300));
	pool_init(
		&wire->buffers, WIRE_BUFFER_SIZE(&wire->limits), some(d, 100));
	s->conns = (struct conn_host){
		.loop = &s->loop->loop,
		.wire = wire,
		.send_ms = dice_between(d, 500, 60000),
		.on_close = conn_closed,
	};
	list_init(&s->conns.open);
	s->connections_max = some(d, 100);
	pool_init(&s->conns.conns, sizeof(struct conn),
		s->connections_max + (dice_percent(d, 70) ? SPARE : 0));
	s->net->send_ms = s->conns.send_ms;
	s->net->idle_ms = wire->timeouts.idle_ms;
	s->net->linger_ms = LINGER_MS;
	s->net->linger_bytes = LINGER_BYTES;
	trace("server: head %llu ms, body %llu ms, idle %llu ms, send %llu ms",
		(unsigned long long)wire->timeouts.head_ms,
		(unsigned long long)wire->timeouts.body_ms,
		(unsigned long long)wire->timeouts.idle_ms,
		(unsigned long long)s->conns.send_ms);
	trace("server: %u exchanges, %u buffers, %u of %u connections",
		wire->exchanges.max, wire->buffers.max, s->connections_max,
		s->conns.conns.max);
}

static void files_set_up(struct server *s)
{
	struct dice *d = &s->world->dice;
	const struct files_limits limits = {
		.bytes_max = (size_t)dice_size(d, 4 << 20),
		.descriptors_max = (unsigned)dice_below(d, 12),
		.watches_max = some(d, 64),
		.may_squeeze = dice_percent(d, 80),
	};

	/* Without memory for its tables it must hold nothing. */
	for (unsigned k = 1; k <= 4 && dice_percent(d, 3); k++) {
		long live = heap.live;
		heap.refuse_after = k;
		struct files *f = files_new(&s->fs->fs, &limits, CACHE_SEED);
		check(f == NULL, "the cache was made without memory");
		check(heap.live == live, "the cache leaks where it fails");
	}
	heap.refuse_after = 0;
	s->respond.files = files_new(&s->fs->fs, &limits, CACHE_SEED);
	check(s->respond.files != NULL, "there is no cache");
	sim_squeeze_init(&s->squeeze, s->fs, s->respond.files);
	s->respond.squeeze = &s->squeeze.squeeze;
}

void server_init(
	struct server *s, struct sim_loop *loop, const struct wishes *wishes)
{
	struct loop *l = &loop->loop;

	*s = (struct server){ .world = loop->world,
		.net = loop->net,
		.loop = loop,
		.fs = loop->fs,
		.wishes = *wishes };
	heap.on_refusal = refused;
	heap.owner = s;
	limits_draw(s);
	files_set_up(s);
	/* What cannot be had at the start is no server. */
	check(respond_init(&s->respond, CACHE_SEED) == 0,
		"no memory for kept answers");
	s->respond.loop = l;
	s->respond.policy = (struct policy){
		.is_spa = wishes->is_spa,
		.has_listings = wishes->has_listings,
		.allows_origins = wishes->allows_origins,
	};
	site_init(&s->respond.site, "site", false);
	respond_refresh(&s->respond);
	l->on_batch = batch_begins;
	l->owner = s;
	op_init(&s->accept_op, accepted);
	op_init(&s->watch_op, files_changed);
	timer_init(&s->accept_timer, accept_retry);
	if (files_watch_fd(s->respond.files) >= 0)
		l->ops->poll(l, &s->watch_op, files_watch_fd(s->respond.files));
	accept_begin(s);
}

void server_drain(struct server *s)
{
	trace("server: drains");
	s->is_draining = s->has_finished = true;
	s->net->is_listening = false;
	s->respond.policy.is_draining = true;
	accept_pause(s);
	wheel_clear(&s->loop->loop.timers, &s->accept_timer);
	s->net->idle_ms = min_u64(s->net->idle_ms, DRAIN_MS);
	conn_drain_all(&s->conns);
}

void server_close_all(struct server *s)
{
	trace("server: closes all");
	s->has_finished = true;
	s->net->is_listening = false;
	accept_pause(s);
	wheel_clear(&s->loop->loop.timers, &s->accept_timer);
	net_excuse(s->net, EXCUSE_CLOSED_ALL);
	conn_close_all(&s->conns);
}

void server_done(struct server *s)
{
	struct wire_host *wire = &s->respond.wire;

	check(s->conns.count == 0 && list_is_empty(&s->conns.open),
		"%u connections are left", s->conns.count);
	check(pool_used(&wire->exchanges) == 0, "%u exchanges are left",
		pool_used(&wire->exchanges));
	check(pool_used(&wire->buffers) == 0, "%u buffers are left",
		pool_used(&wire->buffers));
	check(pool_used(&s->conns.conns) == 0, "%u conns are left",
		pool_used(&s->conns.conns));
	check(s->loop->loop.timers.count == 0, "%u timers are armed",
		s->loop->loop.timers.count);
	check(sim_loop_count(s->loop) == 0, "%u operations are in flight",
		sim_loop_count(s->loop));
	respond_done(&s->respond);
	sim_squeeze_done(&s->squeeze);
	files_free(s->respond.files);
	check(sim_fs_open_count(s->fs) == 0, "%u files are open",
		sim_fs_open_count(s->fs));
	check(sim_fs_watch_count(s->fs) == 0, "%u directories are watched",
		sim_fs_watch_count(s->fs));
	pool_done(&wire->exchanges);
	pool_done(&wire->buffers);
	pool_done(&s->conns.conns);
	s->loop->loop.ops->free(&s->loop->loop);
}

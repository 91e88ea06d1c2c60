/*
 * The life of a connection (conn.h): receive, feed, pull, send, until the wire
 * has had enough; then, where the peer may still be talking, a short linger so
 * that a reset does not destroy the last answer (RFC 9112 9.6).
 */
#include "server/conn.h"

#include <errno.h>

/* While lingering: so many bytes are read and thrown away, for so long. */
#define LINGER_BYTES_MAX ((uint32_t)65536)
#define LINGER_MS        2000

/* Bytes of one sendfile, with the head before it: others get their turn after
 * it. Whole segments of 64 KiB: more at a time, or a part of one at its end, is
 * up to half as dear again (bench/NOTES.md). */
#define SENDFILE_MAX ((uint64_t)256 << 10)

static void conn_pump(struct conn *c);

static struct loop *loop_of(const struct conn *c)
{
	return c->host->loop;
}

static void conn_free(struct conn *c)
{
	struct conn_host *host = c->host;

	c->u.wire.ops->done(&c->u.wire);
	wheel_clear(&host->loop->timers, &c->timer);
	list_remove(&c->node);
	host->loop->ops->close(host->loop, c->fd);
	pool_put(&host->conns, c);
	host->count--;
	host->on_close(host);
}

/* Ends it as soon as no operation of it is in flight. */
static void conn_close(struct conn *c)
{
	if (c->is_closing)
		return;
	c->is_closing = true;
	loop_of(c)->ops->cancel(loop_of(c), &c->in);
	loop_of(c)->ops->cancel(loop_of(c), &c->out);
	if (op_is_idle(&c->in) && op_is_idle(&c->out))
		conn_free(c);
}

/* True when the connection is ending, and gone if nothing is in flight. */
static bool conn_is_over(struct conn *c)
{
	if (!c->is_closing)
		return false;
	if (op_is_idle(&c->in) && op_is_idle(&c->out))
		conn_free(c);
	return true;
}

/* Unless it is being read already: a wire that listens is while it sends. */
static void conn_read(struct conn *c)
{
	if (!op_is_idle(&c->in))
		return;
	loop_of(c)->ops->recv(loop_of(c), &c->in, c->fd);
}

/* The next timer that matters. A timer that is armed is not moved later, only
 * looked at again when it fires: most are never needed. */
static void conn_deadline(struct conn *c)
{
	uint64_t at = c->state == CONN_READING ? c->u.wire.deadline
					       : c->deadline;

	/* To tell later whether the peer still reads, look once before. */
	if (c->state == CONN_SENDING && !c->has_baseline)
		at -= c->host->send_ms - c->host->send_ms / 8;

	if (list_is_empty(&c->timer.node) || c->timer.at > at)
		wheel_set(&loop_of(c)->timers, &c->timer, at);
}

static void conn_linger(struct conn *c)
{
	loop_of(c)->ops->shutdown(loop_of(c), c->fd);
	c->state = CONN_LINGERING;
	c->progress = 0;
	c->deadline = loop_of(c)->now_ms + LINGER_MS;
	conn_deadline(c);
	conn_read(c);
}

static void conn_end(struct conn *c)
{
	if (c->u.wire.lingers)
		conn_linger(c);
	else
		conn_close(c);
}

static void sendfile_begin(struct conn *c, const struct segment *s)
{
	struct file_slice slice = { .fd = s->fd,
		.offset = s->offset,
		.len = (size_t)min_u64(
			s->len, SENDFILE_MAX - c->lead % SENDFILE_MAX) };

	c->lead = 0;

	loop_of(c)->ops->sendfile(loop_of(c), &c->out, c->fd, &slice);
}

static void send_begin(struct conn *c, const struct segment *s, unsigned count)
{
	struct iovec iov[LOOP_IOV_MAX];
	struct gather gather = { .iov = iov };

	for (unsigned i = 0; i < count && s[i].at != NULL; i++)
		iov[gather.count++] = (struct iovec){
			.iov_base = (void *)s[i].at, .iov_len = (size_t)s[i].len
		};
	/* A head goes out in one packet with the start of its file, and the
	 * last bytes in one with the FIN. */
	if (gather.count < count || c->u.wire.is_final)
		gather.flags = SEND_MORE;
	c->lead = (uint32_t)s[gather.count - 1].len;
	loop_of(c)->ops->send(loop_of(c), &c->out, c->fd, &gather);
}

/* Passes an idle connection on, with what just came; true when it is gone. */
static bool conn_leave(struct conn *c, struct span data)
{
	struct conn_host *host = c->host;

	if (!host->is_leaving || c->u.wire.is_bound ||
		!c->u.wire.ops->is_idle(&c->u.wire) ||
		!host->on_leave(host, c->fd, data))
		return false;
	conn_close(c); /* our descriptor of it: the other one lives on */
	return true;
}

/* Shows the socket what the wire has for it, or waits for the peer. */
static void conn_pump(struct conn *c)
{
	struct segment segments[LOOP_IOV_MAX];
	struct wire *w = &c->u.wire;
	struct loop *l = loop_of(c);
	/* What nobody else can go on with comes to its end here. */
	if (c->host->is_leaving && w->is_bound)
		w->ops->drain(w, l->now_ms);
	int count = w->ops->pull(w, segments, LOOP_IOV_MAX, l->now_ms);

	if (count < 0) {
		conn_end(c);
		return;
	}
	if (count == 0 && conn_leave(c, SPAN("")))
		return;
	c->state = count == 0 ? CONN_READING : CONN_SENDING;
	conn_deadline(c);
	if (count == 0 || w->listens)
		conn_read(c);
	if (count == 0)
		return;
	if (segments[0].at == NULL)
		sendfile_begin(c, segments);
	else
		send_begin(c, segments, (unsigned)count);
}

static void conn_sent(struct op *op, int res, struct span data)
{
	struct conn *c = container_of(op, struct conn, out);
	struct loop *l = loop_of(c);

	(void)data;
	if (conn_is_over(c))
		return;
	/* A file that has become shorter ends the connection as well: what is
	 * missing cannot be made up (RFC 9112 6.3). */
	if (res < 0) {
		conn_close(c);
		return;
	}
	/* The reader's time runs from its last sign of life: this one, also
	 * where nothing was sent but the socket has room again. */
	c->deadline = l->now_ms + c->host->send_ms;
	c->has_baseline = false;
	c->u.wire.ops->advance(&c->u.wire, (uint64_t)res, l->now_ms);
	conn_pump(c);
}

static void linger_received(struct conn *c, int res)
{
	if (res <= 0 || c->progress + (uint32_t)res > LINGER_BYTES_MAX) {
		conn_close(c);
		return;
	}
	c->progress += (uint32_t)res;
	conn_read(c);
}

static void conn_received(struct op *op, int res, struct span data)
{
	struct conn *c = container_of(op, struct conn, in);
	struct wire *w = &c->u.wire;

	if (conn_is_over(c))
		return;
	if (c->state == CONN_LINGERING) {
		linger_received(c, res);
		return;
	}
	if (c->is_woken) {
		/* Where the wire has ended, what came meanwhile comes late. */
		c->is_woken = false;
		c->deadline = loop_of(c)->now_ms + c->host->send_ms;
		bool has_ended = w->deadline == UINT64_MAX;
		w->lingers |= has_ended && res > 0;
		if (has_ended || res == -ECANCELED) {
			conn_pump(c);
			return;
		}
	}
	if (res < 0) {
		conn_close(c);
		return;
	}
	if (res > 0 && conn_leave(c, data))
		return;
	if (c->state == CONN_READING)
		c->deadline = loop_of(c)->now_ms + c->host->send_ms;
	if (res == 0)
		w->ops->end(w, loop_of(c)->now_ms);
	else
		w->ops->feed(w, data, loop_of(c)->now_ms);
	if (op_is_idle(&c->out))
		conn_pump(c);
	else if (w->listens)
		conn_read(c);
}

/* The wire has something to say although the peer said nothing: the recv in
 * flight is called off, and its end pumps. A wire that listens is read on. */
static void conn_wake(struct conn *c)
{
	if (c->u.wire.listens) {
		conn_pump(c);
		return;
	}
	c->is_woken = true;
	loop_of(c)->ops->cancel(loop_of(c), &c->in);
}

/* A peer that reads slowly is not one that has stopped: the socket's buffer
 * may take long to get room again, but acknowledgements come. */
static bool peer_is_reading(struct conn *c)
{
	uint32_t acked = loop_of(c)->ops->acked(loop_of(c), c->fd);
	bool is_reading = acked != c->progress;

	c->progress = acked;
	return is_reading;
}

static void send_expired(struct conn *c)
{
	uint64_t now = loop_of(c)->now_ms;

	if (c->state == CONN_SENDING && !c->has_baseline) {
		c->has_baseline = true;
		peer_is_reading(c);
		/* A look that comes late must not be the last one. */
		if (now >= c->deadline)
			c->deadline = now + c->host->send_ms;
		conn_deadline(c);
		return;
	}
	if (now >= c->deadline) {
		if (c->state == CONN_LINGERING || !peer_is_reading(c)) {
			conn_close(c);
			return;
		}
		c->deadline = now + c->host->send_ms;
	}
	conn_deadline(c);
}

static void conn_expired(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, timer);
	struct wire *w = &c->u.wire;
	uint64_t now = loop_of(c)->now_ms;

	if (c->is_closing || c->is_woken)
		return;
	if (c->state != CONN_READING) {
		send_expired(c);
		return;
	}
	if (now < w->deadline) {
		conn_deadline(c);
		return;
	}
	w->ops->expire(w, now);
	conn_wake(c);
}

static struct conn *conn_new(struct conn_host *host, int fd)
{
	struct conn *c = pool_take(&host->conns);

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof *c);
	op_init(&c->in, conn_received);
	op_init(&c->out, conn_sent);
	timer_init(&c->timer, conn_expired);
	c->host = host;
	c->fd = fd;
	list_add_last(&host->open, &c->node);
	host->count++;
	hello_init(&c->u, host->wire, host->loop->now_ms);
	if (host->is_draining)
		c->u.wire.ops->drain(&c->u.wire, host->loop->now_ms);
	c->deadline = host->loop->now_ms + host->send_ms;
	c->state = CONN_READING;
	return c;
}

bool conn_open(struct conn_host *host, int fd)
{
	struct conn *c = conn_new(host, fd);

	if (c == NULL)
		return false;
	conn_deadline(c);
	conn_read(c);
	return true;
}

bool conn_adopt(struct conn_host *host, int fd, struct span data)
{
	struct conn *c = conn_new(host, fd);

	if (c == NULL)
		return false;
	if (data.len > 0)
		c->u.wire.ops->feed(&c->u.wire, data, host->loop->now_ms);
	conn_pump(c);
	return true;
}

void conn_drain_all(struct conn_host *host)
{
	struct list *node, *next;

	host->is_draining = true;
	for (node = host->open.next; node != &host->open; node = next) {
		struct conn *c = container_of(node, struct conn, node);
		next = node->next;
		if (c->state != CONN_LINGERING)
			c->u.wire.ops->drain(&c->u.wire, host->loop->now_ms);
		if (c->state != CONN_READING || c->is_closing)
			continue;
		conn_deadline(c);
		/* It may have to say that it drains. */
		if (c->u.wire.listens)
			conn_pump(c);
	}
}

void conn_leave_all(struct conn_host *host)
{
	struct list *node, *next;

	host->is_leaving = true;
	for (node = host->open.next; node != &host->open; node = next) {
		struct conn *c = container_of(node, struct conn, node);
		next = node->next;
		if (c->state == CONN_READING && !c->is_closing && !c->is_woken)
			conn_wake(c);
	}
}

void conn_close_all(struct conn_host *host)
{
	struct list *node, *next;

	for (node = host->open.next; node != &host->open; node = next) {
		next = node->next;
		conn_close(container_of(node, struct conn, node));
	}
}

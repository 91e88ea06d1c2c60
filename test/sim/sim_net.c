/*
 * The two ends of a connection (sim_net.h).
 */
#include "sim_net.h"

#include <errno.h>

#include "heap.h"

void net_init(struct net *n, struct world *w)
{
	memset(n, 0, sizeof *n);
	n->world = w;
	n->is_listening = true;
	n->tells_acked = dice_percent(&w->dice, 80);
}

void net_done(struct net *n)
{
	for (unsigned i = 0; i < n->count; i++) {
		heap_disown(n->socks[i]->in.at);
		heap_disown(n->socks[i]->out.at);
		heap_disown(n->socks[i]->received.at);
		heap_disown(n->socks[i]->sent.at);
	}
}

void buffer_add(struct buffer *b, const char *at, size_t len)
{
	if (b->len + len > b->size) {
		b->size = 2 * (b->len + len) + 64;
		b->at = heap_own(b->at, b->size);
	}
	if (len > 0)
		memcpy(b->at + b->len, at, len);
	b->len += len;
}

void buffer_take(struct buffer *b, size_t len)
{
	b->len -= len;
	memmove(b->at, b->at + len, b->len);
}

static void mark_add(
	struct net *n, const struct sock *s, struct marks *m, uint64_t offset)
{
	if (m->count == m->size) {
		m->size = 2 * m->size + 8;
		m->at = heap_own(m->at, m->size * sizeof *m->at);
	}
	m->at[m->count++] = (struct mark){ .offset = offset,
		.epoch = n->world->epoch,
		.ms = n->world->now_ms,
		.received = s->in_total };
}

const struct mark *marks_find(const struct marks *m, uint64_t offset)
{
	unsigned low = 0, high = m->count;

	check(high > 0, "tester: no byte has gone through");
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		if (m->at[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return &m->at[low];
}

struct sock *net_connect(struct net *n, size_t room)
{
	if (n->count == NET_SOCKS_MAX || !n->is_listening)
		return NULL;
	struct sock *s = world_take(n->world, sizeof *s);
	s->number = (int)n->count;
	s->fd = -1;
	s->room = room;
	n->socks[n->count++] = s;
	return s;
}

/* The server has gone: what it sent may be lost where it had not arrived. */
static void sock_reset(struct net *n, struct sock *s)
{
	if (s->was_reset)
		return;
	s->was_reset = true;
	s->lost = (size_t)dice_below(&n->world->dice, s->out.len + 1);
	s->out.len -= s->lost;
	trace("conn %d: reset by the server, %zu bytes lost", s->number,
		s->lost);
}

bool sock_write(struct net *n, struct sock *s, struct span bytes)
{
	if (s->is_closed) {
		sock_reset(n, s);
		return false;
	}
	buffer_add(&s->in, bytes.at, bytes.len);
	return true;
}

void sock_end(struct sock *s)
{
	s->in_ended = true;
}

/* What the server has waited for by now, and may give the connection up for:
 * also when something comes after all, too late for its cancel. */
static void patience_note(const struct net *n, struct sock *s)
{
	uint64_t now = n->world->now_ms, quiet = now - s->progress_ms;

	if (quiet >= n->send_ms && now - s->alive_ms >= n->send_ms)
		s->excuses |= EXCUSE_STALLED;
	if (quiet >= n->idle_ms)
		s->excuses |= EXCUSE_IDLE;
	if (s->shutdown_ms != 0 &&
		(now - s->shutdown_ms >= n->linger_ms ||
			s->in_total - s->shutdown_in + s->in.len >=
				n->linger_bytes))
		s->excuses |= EXCUSE_LINGERED;
}

void sock_read(struct net *n, struct sock *s, size_t len)
{
	patience_note(n, s);
	buffer_take(&s->out, len);
	s->taken += len;
	/* What the server can see, it has to take into account. */
	if (n->tells_acked && len > 0)
		s->alive_ms = n->world->now_ms;
}

void sock_vanish(struct sock *s)
{
	trace("conn %d: the client is gone", s->number);
	s->is_reset = s->in_ended = true;
	s->excuses |= EXCUSE_RESET;
}

int net_accept(struct net *n)
{
	if (n->backlog_first == n->count)
		return -EAGAIN;
	for (int i = 0; i < NET_FDS_MAX; i++) {
		if (n->by_fd[i] != NULL)
			continue;
		struct sock *s = n->socks[n->backlog_first++];
		n->by_fd[i] = s;
		s->fd = NET_FD_FIRST + i;
		s->is_accepted = true;
		s->progress_ms = n->world->now_ms;
		trace("conn %d: accepted as %d", s->number, s->fd);
		return s->fd;
	}
	return -EMFILE;
}

struct sock *net_sock(struct net *n, int fd)
{
	int i = fd - NET_FD_FIRST;

	check(i >= 0 && i < NET_FDS_MAX && n->by_fd[i] != NULL,
		"socket %d is used and not open", fd);
	return n->by_fd[i];
}

void sock_received(struct net *n, struct sock *s, size_t len, bool is_late)
{
	patience_note(n, s);
	if (!is_late)
		s->progress_ms = n->world->now_ms;
	if (len == 0)
		return;
	trace("conn %d: the server receives %zu bytes", s->number, len);
	mark_add(n, s, &s->received, s->in_total);
	s->in_total += len;
	buffer_take(&s->in, len);
}

void sock_sent(struct net *n, struct sock *s, const char *at, size_t len)
{
	check(!s->out_ended, "conn %d: sent after shutdown", s->number);
	patience_note(n, s);
	s->progress_ms = n->world->now_ms;
	if (len == 0)
		return;
	trace("conn %d: the server sends %zu bytes: %.*s", s->number, len,
		(int)span_find((struct span){ at, len < 20 ? len : 20 }, '\r'),
		at);
	mark_add(n, s, &s->sent, s->out_total);
	s->out_total += len;
	buffer_add(&s->out, at, len);
}

void sock_shutdown(struct net *n, struct sock *s)
{
	trace("conn %d: shutdown", s->number);
	s->out_ended = true;
	s->shutdown_ms = s->alive_ms = n->world->now_ms;
	s->shutdown_in = s->in_total;
}

void sock_close(struct net *n, struct sock *s)
{
	patience_note(n, s);
	trace("conn %d: closed%s, excuses %#x", s->number,
		s->in.len > 0 ? " on unread bytes" : "", s->excuses);
	n->by_fd[s->fd - NET_FD_FIRST] = NULL;
	s->fd = -1;
	s->is_closed = s->out_ended = true;
	if (s->in.len > 0)
		sock_reset(n, s);
}

void net_excuse(struct net *n, unsigned excuses)
{
	for (unsigned i = 0; i < NET_FDS_MAX; i++) {
		if (n->by_fd[i] != NULL)
			n->by_fd[i]->excuses |= excuses;
	}
}

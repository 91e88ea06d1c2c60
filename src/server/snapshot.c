/*
 * Taking snapshots (snapshot.h). Sockets belong to the server when they are
 * one of its listeners, by cookie, or connected to the address of one.
 */
#include "server/snapshot.h"

#include <errno.h>
#include <stdlib.h>

/* What a worker has written is stale after so long: it writes twice a second.
 */
#define STALE_MS 1500

static bool is_ours(const struct snapshot *s, uint64_t cookie,
	const struct door_words *words)
{
	(void)s;
	for (unsigned i = 0; i < words->listener_count; i++) {
		if (words->listeners[i] == cookie && cookie != 0)
			return true;
	}
	return false;
}

struct taking {
	struct snapshot *s;
	const struct door_words *words;
};

static void state_count(struct snapshot *s, uint8_t state)
{
	if (state == DIAG_NEW_SYN_RECV)
		state = DIAG_SYN_RECV;
	s->states[state < SNAPSHOT_STATES ? state : 0]++;
}

static void listener_row(void *to, const struct sock_row *row)
{
	struct taking *t = to;
	struct snapshot *s = t->s;

	if (row->state != DIAG_LISTEN || s->listener_count == LISTENERS_MAX ||
		!is_ours(s, row->cookie, t->words))
		return;
	s->listeners[s->listener_count++].row = *row;
	state_count(s, DIAG_LISTEN);
}

/* IPv4 in IPv6 is the IPv4 that it stands for. */
static bool address_equal(const struct sock_row *a, const struct sock_row *b)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *x = a->local.address, *y = b->local.address;

	if (a->is_v6 == b->is_v6)
		return memcmp(x, y, a->is_v6 ? 16 : 4) == 0;
	if (a->is_v6)
		return memcmp(x, mapped, 12) == 0 && memcmp(x + 12, y, 4) == 0;
	return memcmp(y, mapped, 12) == 0 && memcmp(y + 12, x, 4) == 0;
}

/* The listener that the connection came to, or NULL. */
static struct snap_listener *listener_of(
	struct snapshot *s, const struct sock_row *row)
{
	for (unsigned i = 0; i < s->listener_count; i++) {
		struct snap_listener *l = &s->listeners[i];
		if (l->row.local.port == row->local.port &&
			(sock_end_is_any(&l->row.local) ||
				address_equal(&l->row, row)))
			return l;
	}
	return NULL;
}

static void conn_row(void *to, const struct sock_row *row)
{
	struct taking *t = to;
	struct snapshot *s = t->s;

	if (row->state == DIAG_LISTEN)
		return;
	struct snap_listener *l = listener_of(s, row);
	if (l == NULL)
		return;
	state_count(s, row->state);
	if (row->state == DIAG_SYN_RECV || row->state == DIAG_NEW_SYN_RECV)
		l->syn_recv++;
	if (s->conn_count == SNAPSHOT_CONNS_MAX) {
		s->conns_left_out++;
		return;
	}
	s->conns[s->conn_count++] = (struct snap_conn){ .row = *row };
}

static int sockets_take(struct taking *t)
{
	int res = 0;

	for (unsigned v6 = 0; v6 < 2 && res == 0; v6++) {
		const struct sock_query q = { .is_v6 = v6,
			.states = 1u << DIAG_LISTEN };
		res = sock_diag_read(&q, listener_row, t);
		if (v6 == 1 && res == -ENOENT)
			res = 0; /* a kernel without IPv6 */
	}
	/* One query for each port: of two listeners on it, the first asks. */
	for (unsigned i = 0; i < 2 * t->s->listener_count && res == 0; i++) {
		struct sock_query q = { .is_v6 = i % 2,
			.port = t->s->listeners[i / 2].row.local.port,
			.states = SOCK_STATES_ALL & ~(1u << DIAG_LISTEN) };
		bool is_first = true;
		for (unsigned j = 0; j < i / 2; j++)
			is_first &= t->s->listeners[j].row.local.port != q.port;
		if (is_first)
			res = sock_diag_read(&q, conn_row, t);
		if (q.is_v6 && res == -ENOENT)
			res = 0;
	}
	return res;
}

static int cookie_order(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;

	return (x->row.cookie > y->row.cookie) -
	       (x->row.cookie < y->row.cookie);
}

static void slot_take(
	struct snapshot *s, uint32_t worker, const struct page_slot *slot)
{
	const struct snap_conn key = { .row.cookie = slot->cookie };
	struct snap_conn *c = bsearch(
		&key, s->conns, s->conn_count, sizeof *s->conns, cookie_order);

	if (c == NULL || slot->cookie == 0)
		return;
	c->is_published = true;
	c->worker = worker;
	c->slot = *slot;
}

static void part_take(struct snapshot *s, const struct page_part *part)
{
	struct task task = { 0 };
	const struct page_worker *w = &part->worker;

	if (s->worker_count == SNAPSHOT_WORKERS_MAX)
		return;
	if (task_read((pid_t)w->pid, &task) < 0)
		task.state = '\0';
	s->workers[s->worker_count++] = (struct snap_worker){
		.pid = w->pid,
		.number = w->number,
		.connections = w->connections,
		.state = task.state,
		.ticks = task.ticks,
		.is_publishing = w->at_ms + STALE_MS > s->at_ms,
	};
	for (uint32_t i = 0; i < w->count; i++)
		slot_take(s, w->pid, &part->slots[i]);
}

static void page_take(struct snapshot *s, const struct page *page)
{
	struct page_part *copy = malloc(sizeof *copy);

	for (uint32_t i = 0; copy != NULL && i < page->part_count; i++) {
		if (page_read(&page->parts[i], copy))
			part_take(s, copy);
	}
	free(copy);
}

static const struct snap_worker *worker_find(
	const struct snapshot *s, uint32_t pid)
{
	for (unsigned i = 0; i < s->worker_count; i++) {
		if (s->workers[i].pid == pid)
			return &s->workers[i];
	}
	return NULL;
}

static void growth_take(struct snapshot *s, const struct snapshot *before)
{
	const struct counters *a = &before->counters, *b = &s->counters;

	s->since_ms = s->at_ms - before->at_ms;
	s->grown = (struct counters){
		.listen_overflows = b->listen_overflows - a->listen_overflows,
		.listen_drops = b->listen_drops - a->listen_drops,
		.cookies_sent = b->cookies_sent - a->cookies_sent,
		.queue_full_drops = b->queue_full_drops - a->queue_full_drops,
		.segments_out = b->segments_out - a->segments_out,
		.segments_retransmitted = b->segments_retransmitted -
					  a->segments_retransmitted,
		.passive_opens = b->passive_opens - a->passive_opens,
	};
	for (unsigned i = 0; i < s->worker_count; i++) {
		struct snap_worker *w = &s->workers[i];
		const struct snap_worker *old = worker_find(before, w->pid);
		uint64_t ticks = old == NULL ? 0 : w->ticks - old->ticks;
		uint64_t all = max_u64(1, s->since_ms * task_hertz() / 1000);
		w->percent = (unsigned)min_u64(100, 100 * ticks / all);
	}
	for (unsigned i = 0; i < s->listener_count; i++) {
		struct snap_listener *l = &s->listeners[i];
		for (unsigned j = 0; j < before->listener_count; j++) {
			const struct sock_row *old = &before->listeners[j].row;
			if (old->cookie == l->row.cookie)
				l->drops = l->row.drops - old->drops;
		}
	}
}

int snapshot_take(struct snapshot *s, const struct snapshot *before,
	struct visit *v, pid_t pid)
{
	int res = door_visit(pid, v);

	return res < 0 ? res : snapshot_look(s, before, v, pid);
}

int snapshot_look(struct snapshot *s, const struct snapshot *before,
	const struct visit *v, pid_t pid)
{
	struct taking t = { .s = s, .words = &v->words };

	memset(s, 0, sizeof *s);
	s->master = pid;
	s->at_ms = clock_now_ms();
	s->is_family = v->page.at != NULL;
	s->backlog_asked = v->words.backlog;
	s->workers_wanted = v->words.workers;
	counters_read(&s->counters, &s->limits);
	int res = sockets_take(&t);
	if (res < 0)
		return res;
	qsort(s->conns, s->conn_count, sizeof *s->conns, cookie_order);
	if (s->is_family)
		page_take(s, v->page.at);
	if (before != NULL && before->at_ms < s->at_ms)
		growth_take(s, before);
	return 0;
}

uint64_t snapshot_rate(const struct snapshot *s, uint64_t grown)
{
	return s->since_ms == 0
		       ? 0
		       : (grown * 1000 + s->since_ms - 1) / s->since_ms;
}

int snapshot_percent(const struct snap_conn *c)
{
	const struct page_slot *slot = &c->slot;

	if (!c->is_published || slot->doing != PAGE_SENDING || slot->total == 0)
		return -1;
	return (int)((slot->total - slot->left) * 100 / slot->total);
}

struct span snapshot_doing_name(const struct snap_conn *c)
{
	static const struct span names[PAGE_DOINGS] = {
		[PAGE_IDLE] = { "idle", 4 },
		[PAGE_HEAD] = { "reading a head", 14 },
		[PAGE_BODY] = { "reading a body", 14 },
		[PAGE_SENDING] = { "sending", 7 },
		[PAGE_LINGERING] = { "lingering", 9 },
	};

	return c->is_published ? names[c->slot.doing] : SPAN("");
}

/* A file's name goes to a terminal: what could move its cursor does not. */
static void name_add(struct text *out, const struct page_slot *slot)
{
	for (unsigned i = 0; i < slot->name_len; i++) {
		char c = slot->name[i];
		text_add_char(out, c < ' ' || c > '~' ? '?' : c);
	}
}

void snapshot_doing_write(
	const struct snapshot *s, const struct snap_conn *c, struct text *out)
{
	int percent = snapshot_percent(c);

	text_add(out, snapshot_doing_name(c));
	if (!c->is_published)
		return;
	if (c->slot.name_len > 0) {
		text_add_literal(out, " /");
		name_add(out, &c->slot);
	}
	if (percent >= 0) {
		text_add_char(out, ' ');
		text_add_u64(out, (uint64_t)percent);
		text_add_literal(out, " %");
	} else if (c->slot.since_ms != 0 && c->slot.since_ms <= s->at_ms) {
		text_add_char(out, ' ');
		text_add_u64(out, (s->at_ms - c->slot.since_ms) / 1000);
		text_add_literal(out, " s");
	}
}

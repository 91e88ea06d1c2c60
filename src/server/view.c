/*
 * Tables of listeners and connections (view.h).
 */
#include "server/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct writer {
	const struct view *view;
	view_line_fn *say;
	void *to;
};

static void line(const struct writer *w, enum view_style style,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

static void line(
	const struct writer *w, enum view_style style, const char *format, ...)
{
	char storage[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(storage, sizeof storage, format, args);
	va_end(args);
	size_t len = min_u64(n < 0 ? 0 : (uint64_t)n,
		min_u64(sizeof storage - 1, w->view->width));
	w->say(w->to, style, (struct span){ storage, len });
}

static const char *end_words(
	bool is_v6, const struct diag_end *end, char out[64])
{
	struct text t = text_in(out, 63);

	sock_end_write(is_v6, end, &t);
	out[t.len] = '\0';
	return out;
}

/* "1.5M": three digits and what they stand for. */
static const char *short_number(uint64_t value, char out[16])
{
	static const char units[] = " kMGTPE";
	unsigned unit = 0;
	uint64_t tenths = value * 10;

	if (value < 1000) {
		snprintf(out, 16, "%llu", (unsigned long long)value);
		return out;
	}
	for (; value >= 1000; unit++) {
		tenths = value / 100;
		value /= 1000;
	}
	if (tenths < 100)
		snprintf(out, 16, "%llu.%llu%c",
			(unsigned long long)(tenths / 10),
			(unsigned long long)(tenths % 10), units[unit]);
	else
		snprintf(out, 16, "%llu%c", (unsigned long long)(tenths / 10),
			units[unit]);
	return out;
}

static void server_write(const struct writer *w, const struct snapshot *s)
{
	char storage[400];
	struct text t = text_in(storage, sizeof storage - 1);
	unsigned most = (unsigned)min_u64(s->worker_count, 8);

	for (unsigned i = 0; i < most; i++) {
		const struct snap_worker *k = &s->workers[i];
		char one[48];
		snprintf(one, sizeof one, "%s%u %c %u %%", i > 0 ? ", " : "",
			k->pid, k->state == '\0' ? '-' : k->state, k->percent);
		text_add(&t, span_of(one));
	}
	storage[t.len] = '\0';
	line(w, VIEW_TITLE, "hstatic %d   %u connections   %s%s%s",
		(int)s->master, s->conn_count + s->conns_left_out,
		s->worker_count == 0 ? "" : "workers: ", storage,
		most < s->worker_count ? ", ..." : "");
}

static void listeners_write(const struct writer *w, const struct snapshot *s)
{
	char end[64], queue[32];

	line(w, VIEW_TITLE, "%-26s %12s %9s %8s %8s", "LISTENER", "QUEUE",
		"SYN-RECV", "DROPS", "DROPS/s");
	for (unsigned i = 0; i < s->listener_count; i++) {
		const struct snap_listener *l = &s->listeners[i];
		snprintf(queue, sizeof queue, "%u/%u", l->row.rx_queue,
			l->row.tx_queue);
		line(w,
			l->row.rx_queue > l->row.tx_queue ? VIEW_GRAVE
							  : VIEW_PLAIN,
			"%-26s %12s %9u %8u %8llu",
			end_words(l->row.is_v6, &l->row.local, end), queue,
			l->syn_recv, l->row.drops,
			(unsigned long long)snapshot_rate(s, l->drops));
	}
}

static void conn_write(const struct writer *w, const struct snapshot *s,
	const struct snap_conn *c)
{
	const struct sock_tcp *t = &c->row.tcp;
	char row[512], peer[64], rate[16], sent[16], storage[160];
	struct text doing = text_in(storage, sizeof storage - 1);

	snapshot_doing_write(s, c, &doing);
	storage[doing.len] = '\0';
	snprintf(row, sizeof row, "%-10s %-21s %8.2f %5u %5u %6s %6s %s",
		diag_state_name(c->row.state),
		end_words(c->row.is_v6, &c->row.remote, peer),
		t->rtt_us / 1000.0, t->cwnd, t->retransmits,
		short_number(t->delivery_rate, rate),
		short_number(t->bytes_sent, sent), storage);
	if (strstr(row, w->view->filter) != NULL)
		line(w, VIEW_PLAIN, "%s", row);
}

/* Larger first; of the same, older sockets. */
static int falling(uint64_t a, uint64_t b, const struct snap_conn *x,
	const struct snap_conn *y)
{
	if (a != b)
		return a < b ? 1 : -1;
	return (x->row.cookie > y->row.cookie) -
	       (x->row.cookie < y->row.cookie);
}

static int by_state(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;
	/* What is being done comes before what is not, and both before what
	 * is not known; then by the number of the state. */
	uint64_t p = (x->is_published ? 64u + x->slot.doing : 0) +
		     (16u - x->row.state % 16u) * 256u;
	uint64_t q = (y->is_published ? 64u + y->slot.doing : 0) +
		     (16u - y->row.state % 16u) * 256u;

	return falling(p, q, x, y);
}

static int by_rtt(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;

	return falling(x->row.tcp.rtt_us, y->row.tcp.rtt_us, x, y);
}

static int by_retransmits(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;

	return falling(x->row.tcp.retransmits, y->row.tcp.retransmits, x, y);
}

static int by_rate(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;

	return falling(
		x->row.tcp.delivery_rate, y->row.tcp.delivery_rate, x, y);
}

static int by_sent(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;

	return falling(x->row.tcp.bytes_sent, y->row.tcp.bytes_sent, x, y);
}

static int by_peer(const void *a, const void *b)
{
	const struct snap_conn *x = a, *y = b;
	int order = memcmp(x->row.remote.address, y->row.remote.address, 16);

	return order != 0
		       ? order
		       : falling(y->row.remote.port, x->row.remote.port, x, y);
}

static const struct {
	const char *name;
	int (*compare)(const void *, const void *);
} orders[VIEW_ORDERS] = {
	[VIEW_BY_STATE] = { "state", by_state },
	[VIEW_BY_RTT] = { "round trip", by_rtt },
	[VIEW_BY_RETRANSMITS] = { "retransmits", by_retransmits },
	[VIEW_BY_RATE] = { "rate", by_rate },
	[VIEW_BY_SENT] = { "bytes sent", by_sent },
	[VIEW_BY_PEER] = { "peer", by_peer },
};

const char *view_order_name(enum view_order order)
{
	return orders[order].name;
}

static void diagnoses_write(const struct writer *w, const struct diagnoses *d)
{
	for (unsigned i = 0; i < d->count; i++)
		line(w, d->at[i].is_grave ? VIEW_GRAVE : VIEW_PLAIN, "%s %s",
			d->at[i].is_grave ? "!" : "-", d->at[i].words);
	if (d->count == 0)
		line(w, VIEW_PLAIN, "- nothing is wrong");
}

void view_write(const struct view *v, struct snapshot *s,
	const struct diagnoses *d, view_line_fn *say, void *to)
{
	const struct writer w = { .view = v, .say = say, .to = to };

	server_write(&w, s);
	diagnoses_write(&w, d);
	line(&w, VIEW_PLAIN, "%s", "");
	listeners_write(&w, s);
	line(&w, VIEW_PLAIN, "%s", "");
	line(&w, VIEW_TITLE, "%-10s %-21s %8s %5s %5s %6s %6s %s", "STATE",
		"PEER", "RTT ms", "CWND", "RETR", "B/s", "SENT", "DOES");
	qsort(s->conns, s->conn_count, sizeof *s->conns,
		orders[v->order].compare);
	for (unsigned i = 0; i < s->conn_count; i++)
		conn_write(&w, s, &s->conns[i]);
	if (s->conns_left_out > 0)
		line(&w, VIEW_PLAIN, "(and %u more)", s->conns_left_out);
}

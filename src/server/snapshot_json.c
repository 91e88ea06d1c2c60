/*
 * The members of a snapshot's JSON (snapshot_json.h).
 */
#include "server/snapshot_json.h"

#include "http/quote.h"

static void name_add(struct text *out, const char *name)
{
	char last = out->len == 0 ? '{' : out->at[out->len - 1];

	if (last != '{' && last != '[')
		text_add_char(out, ',');
	text_add_char(out, '"');
	text_add(out, span_of(name));
	text_add_literal(out, "\":");
}

static void number_add(struct text *out, const char *name, uint64_t value)
{
	name_add(out, name);
	text_add_u64(out, value);
}

static void string_add(struct text *out, const char *name, struct span value)
{
	name_add(out, name);
	text_add_char(out, '"');
	quote_json(value, out);
	text_add_char(out, '"');
}

static void bool_add(struct text *out, const char *name, bool value)
{
	name_add(out, name);
	text_add(out, value ? SPAN("true") : SPAN("false"));
}

static void end_add(struct text *out, const char *name, bool is_v6,
	const struct diag_end *end)
{
	char storage[64];
	struct text t = text_in(storage, sizeof storage);

	sock_end_write(is_v6, end, &t);
	string_add(out, name, text_span(&t));
}

/* The next object of a list. */
static void item_begin(struct text *out)
{
	if (out->at[out->len - 1] != '[')
		text_add_char(out, ',');
	text_add_literal(out, "\n{");
}

static void listeners_add(const struct snapshot *s, struct text *out)
{
	name_add(out, "listeners");
	text_add_char(out, '[');
	for (unsigned i = 0; i < s->listener_count; i++) {
		const struct snap_listener *l = &s->listeners[i];
		item_begin(out);
		end_add(out, "address", l->row.is_v6, &l->row.local);
		number_add(out, "queue", l->row.rx_queue);
		number_add(out, "backlog", l->row.tx_queue);
		number_add(out, "asked", s->backlog_asked);
		number_add(out, "syn_recv", l->syn_recv);
		number_add(out, "drops", l->row.drops);
		number_add(out, "drops_per_second", snapshot_rate(s, l->drops));
		text_add_char(out, '}');
	}
	text_add_char(out, ']');
}

static void states_add(const struct snapshot *s, struct text *out)
{
	name_add(out, "states");
	text_add_char(out, '{');
	for (unsigned i = 1; i < DIAG_NEW_SYN_RECV; i++)
		number_add(out, diag_state_name(i), s->states[i]);
	text_add_char(out, '}');
}

static void workers_add(const struct snapshot *s, struct text *out)
{
	name_add(out, "workers");
	text_add_char(out, '[');
	for (unsigned i = 0; i < s->worker_count; i++) {
		const struct snap_worker *w = &s->workers[i];
		item_begin(out);
		number_add(out, "pid", w->pid);
		number_add(out, "number", w->number);
		string_add(out, "state",
			(struct span){ &w->state, w->state != '\0' });
		number_add(out, "cpu_percent", w->percent);
		number_add(out, "connections", w->connections);
		bool_add(out, "is_publishing", w->is_publishing);
		text_add_char(out, '}');
	}
	text_add_char(out, ']');
}

static void tcp_add(const struct sock_tcp *t, struct text *out)
{
	number_add(out, "rtt_us", t->rtt_us);
	number_add(out, "rttvar_us", t->rttvar_us);
	number_add(out, "rto_us", t->rto_us);
	number_add(out, "cwnd", t->cwnd);
	number_add(out, "ssthresh", t->ssthresh);
	number_add(out, "mss", t->mss);
	number_add(out, "unacked", t->unacked);
	number_add(out, "lost", t->lost);
	number_add(out, "retransmits", t->retransmits);
	number_add(out, "delivery_rate", t->delivery_rate);
	number_add(out, "bytes_sent", t->bytes_sent);
	number_add(out, "bytes_acked", t->bytes_acked);
	number_add(out, "bytes_received", t->bytes_received);
}

static void doing_add(
	const struct snapshot *s, const struct snap_conn *c, struct text *out)
{
	const struct page_slot *slot = &c->slot;
	char storage[256];
	struct text words = text_in(storage, sizeof storage);
	int percent = snapshot_percent(c);

	number_add(out, "worker", c->worker);
	string_add(out, "doing", snapshot_doing_name(c));
	snapshot_doing_write(s, c, &words);
	string_add(out, "words", text_span(&words));
	if (slot->name_len > 0)
		string_add(out, "file",
			(struct span){ slot->name, slot->name_len });
	if (percent >= 0)
		number_add(out, "percent", (uint64_t)percent);
	if (slot->since_ms != 0 && slot->since_ms <= s->at_ms)
		number_add(out, "seconds", (s->at_ms - slot->since_ms) / 1000);
}

static void conns_add(const struct snapshot *s, struct text *out)
{
	name_add(out, "connections");
	text_add_char(out, '[');
	for (unsigned i = 0; i < s->conn_count; i++) {
		const struct snap_conn *c = &s->conns[i];
		item_begin(out);
		end_add(out, "local", c->row.is_v6, &c->row.local);
		end_add(out, "peer", c->row.is_v6, &c->row.remote);
		string_add(
			out, "state", span_of(diag_state_name(c->row.state)));
		number_add(out, "rx_queue", c->row.rx_queue);
		number_add(out, "tx_queue", c->row.tx_queue);
		if (c->row.has_tcp)
			tcp_add(&c->row.tcp, out);
		if (c->is_published)
			doing_add(s, c, out);
		text_add_char(out, '}');
	}
	text_add_char(out, ']');
}

static void counters_add(
	const char *name, const struct counters *c, struct text *out)
{
	name_add(out, name);
	text_add_char(out, '{');
	number_add(out, "ListenOverflows", c->listen_overflows);
	number_add(out, "ListenDrops", c->listen_drops);
	number_add(out, "SyncookiesSent", c->cookies_sent);
	number_add(out, "TCPReqQFullDrop", c->queue_full_drops);
	number_add(out, "OutSegs", c->segments_out);
	number_add(out, "RetransSegs", c->segments_retransmitted);
	number_add(out, "PassiveOpens", c->passive_opens);
	text_add_char(out, '}');
}

void snapshot_json(
	const struct snapshot *s, const struct diagnoses *d, struct text *out)
{
	text_add_char(out, '{');
	number_add(out, "version", 1);
	number_add(out, "master", (uint64_t)s->master);
	number_add(out, "milliseconds", s->since_ms);
	bool_add(out, "complete", s->is_family);
	listeners_add(s, out);
	states_add(s, out);
	workers_add(s, out);
	conns_add(s, out);
	number_add(out, "connections_left_out", s->conns_left_out);
	counters_add("namespace", &s->counters, out);
	counters_add("namespace_grown", &s->grown, out);
	number_add(out, "somaxconn", s->limits.somaxconn);
	name_add(out, "diagnoses");
	text_add_char(out, '[');
	for (unsigned i = 0; i < d->count; i++) {
		item_begin(out);
		bool_add(out, "grave", d->at[i].is_grave);
		string_add(out, "words", span_of(d->at[i].words));
		text_add_char(out, '}');
	}
	text_add_literal(out, "]}\n");
}

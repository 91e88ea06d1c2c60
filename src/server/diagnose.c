/*
 * The rules by which a snapshot is read (diagnose.h). Each counter that is not
 * the server's alone is called the namespace's.
 */
#include "server/diagnose.h"

#include <stdarg.h>
#include <stdio.h>

/* Of segments that are sent again, from so many on in a hundred. */
#define LOSS_PERCENT 2
#define SEGMENTS_MIN 100

#define BUSY_PERCENT 90

/* So many connections that the peer has closed and the server has not. */
#define CLOSE_WAIT_MANY 16

static void add(struct diagnoses *out, bool is_grave, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct diagnoses *out, bool is_grave, const char *format, ...)
{
	va_list args;
	unsigned at = 0;

	/* Where all is full something grave takes the place of what is not. */
	if (out->count == DIAGNOSES_MAX && is_grave &&
		!out->at[DIAGNOSES_MAX - 1].is_grave)
		out->count--;
	if (out->count == DIAGNOSES_MAX)
		return;
	while (at < out->count && (!is_grave || out->at[at].is_grave))
		at++;
	memmove(&out->at[at + 1], &out->at[at],
		(out->count - at) * sizeof *out->at);
	out->count++;
	out->at[at].is_grave = is_grave;
	va_start(args, format);
	vsnprintf(out->at[at].words, sizeof out->at[at].words, format, args);
	va_end(args);
}

static bool is_stopped(const struct snap_worker *w)
{
	return w->state == 'T' || w->state == 't';
}

/* Why nobody accepts: "; worker 12 is stopped". */
static void reason_write(const struct snapshot *s, char *out, size_t size)
{
	unsigned stopped = 0, busy = 0;

	for (unsigned i = 0; i < s->worker_count; i++) {
		stopped += is_stopped(&s->workers[i]);
		busy += s->workers[i].percent >= BUSY_PERCENT;
	}
	out[0] = '\0';
	if (s->worker_count == 0)
		return;
	if (stopped == s->worker_count)
		snprintf(out, size, "; %s stopped",
			stopped == 1 ? "the worker is" : "all workers are");
	else if (busy + stopped == s->worker_count)
		snprintf(out, size, "; %s busy, at %u %%",
			busy == 1 ? "the worker is" : "the workers are",
			s->workers[0].percent);
	else if (stopped > 0)
		snprintf(out, size, "; %u of %u workers are stopped", stopped,
			s->worker_count);
}

static void listener_diagnose(const struct snapshot *s,
	const struct snap_listener *l, struct diagnoses *out)
{
	char storage[64], reason[80];
	struct text address = text_in(storage, sizeof storage - 1);
	uint32_t queue = l->row.rx_queue, backlog = l->row.tx_queue;

	sock_end_write(l->row.is_v6, &l->row.local, &address);
	storage[address.len] = '\0';
	reason_write(s, reason, sizeof reason);
	if (queue > backlog)
		add(out, true,
			"%s: accept queue %u/%u: clients are being refused%s",
			storage, queue, backlog, reason);
	else if (queue > 0 && queue >= backlog / 2)
		add(out, true, "%s: accept queue %u/%u is filling up%s",
			storage, queue, backlog, reason);
	if (l->drops > 0)
		add(out, true,
			"%s: %llu a second turned away or thrown out of its "
			"queues",
			storage,
			(unsigned long long)snapshot_rate(s, l->drops));
	if (backlog < s->backlog_asked && s->limits.somaxconn == backlog)
		add(out, false, "%s: net.core.somaxconn caps backlog %u to %u",
			storage, s->backlog_asked, backlog);
}

static void workers_diagnose(const struct snapshot *s, struct diagnoses *out)
{
	for (unsigned i = 0; i < s->worker_count; i++) {
		const struct snap_worker *w = &s->workers[i];
		if (is_stopped(w))
			add(out, true,
				"worker %u is stopped (state %c): it neither "
				"accepts nor answers; kill -CONT %u wakes it",
				w->pid, w->state, w->pid);
		else if (w->state == 'D')
			add(out, false, "worker %u waits for a disk", w->pid);
		else if (w->percent >= BUSY_PERCENT)
			add(out, false, "worker %u is busy, at %u %%", w->pid,
				w->percent);
	}
	if (s->is_family && s->worker_count < s->workers_wanted)
		add(out, true, "%u of %u workers run", s->worker_count,
			s->workers_wanted);
}

static void counters_diagnose(const struct snapshot *s, struct diagnoses *out)
{
	const struct counters *g = &s->grown;

	if (g->listen_overflows > 0)
		add(out, true,
			"this network namespace, all servers: %llu times a "
			"second a full accept queue (ListenOverflows)",
			(unsigned long long)snapshot_rate(
				s, g->listen_overflows));
	if (g->cookies_sent > 0)
		add(out, true,
			"this network namespace: %llu SYN cookies a second: a "
			"queue of handshakes is full, or a flood",
			(unsigned long long)snapshot_rate(s, g->cookies_sent));
	if (g->queue_full_drops > 0)
		add(out, true,
			"this network namespace: %llu SYNs a second dropped, "
			"the queue of handshakes is full, cookies are off",
			(unsigned long long)snapshot_rate(
				s, g->queue_full_drops));
	if (g->segments_out >= SEGMENTS_MIN &&
		g->segments_retransmitted * 100 >=
			g->segments_out * LOSS_PERCENT)
		add(out, false,
			"this network namespace: %llu %% of segments are sent "
			"again: a path loses packets",
			(unsigned long long)(g->segments_retransmitted * 100 /
					     g->segments_out));
}

void diagnose(const struct snapshot *s, struct diagnoses *out)
{
	out->count = 0;
	for (unsigned i = 0; i < s->listener_count; i++)
		listener_diagnose(s, &s->listeners[i], out);
	workers_diagnose(s, out);
	counters_diagnose(s, out);
	if (s->states[DIAG_CLOSE_WAIT] >= CLOSE_WAIT_MANY)
		add(out, false,
			"%u connections in CLOSE-WAIT: the peers have closed, "
			"the server has not noticed yet",
			s->states[DIAG_CLOSE_WAIT]);
	if (!s->is_family)
		add(out, false,
			"of another user's server only the sockets are shown: "
			"what it does is for root and for that user");
}

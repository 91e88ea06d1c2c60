/*
 * The loop. Closed: each connection asks again when it is answered. Paced: a
 * request is due every 1/rate seconds whatever the answers do; one that finds
 * all connections busy is sent late and timed from when it was due, so a
 * server that stops for a moment cannot hide it (no coordinated omission).
 */
#include "load_slice.h"

#include "load_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_MAX 512
/* What is not answered by then counts as an error. */
#define DRAIN_NS 5000000000ULL

struct slice {
	const struct options *options;
	struct counts *counts;
	uint64_t start_ns;
	uint64_t end_ns;
	unsigned busy;    /* connections */
	uint64_t due;     /* paced: requests sent so far */
	uint64_t due_max; /* and in the whole slice */
};

static struct conn *conns;
static int epoll;
/* Paced: connections with nothing to do, the longest idle first. */
static unsigned *ready, ready_first, ready_count;

static void conn_watch(struct conn *conn, int how, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = conn };
	epoll_ctl(epoll, how, conn->fd, &event);
}

static void ready_push(const struct slice *slice, const struct conn *conn)
{
	unsigned at = (ready_first + ready_count++) % slice->options->conns;
	ready[at] = (unsigned)(conn - conns);
}

static struct conn *ready_pop(const struct slice *slice)
{
	unsigned at = ready_first;
	ready_first = (ready_first + 1) % slice->options->conns;
	ready_count--;
	return &conns[ready[at]];
}

static void slice_open(struct slice *slice, struct conn *conn)
{
	if (conn_open(conn, slice->options, slice->options->source) < 0) {
		slice->counts->errors++;
		return;
	}
	slice->counts->opened++;
	conn_watch(conn, EPOLL_CTL_ADD, EPOLLIN);
}

/* Asks now; for what is still connecting, as soon as it is connected. */
static void slice_ask(struct slice *slice, struct conn *conn)
{
	bool was_unsent = conn->is_unsent;

	if (!conn->is_busy)
		slice->busy++;
	conn->is_busy = true;
	if (conn_ask(conn, slice->options, slice->counts) == CONN_ENDED) {
		conn->is_busy = false;
		slice->busy--;
	} else if (conn->is_unsent != was_unsent) {
		conn_watch(conn, EPOLL_CTL_MOD,
			conn->is_unsent ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
}

/* A connection has nothing to do, at `now`: closed loops ask again. */
static void slice_next(struct slice *slice, struct conn *conn, uint64_t now)
{
	if (conn->is_busy)
		slice->busy--;
	conn->is_busy = false;
	if (slice->options->rate) {
		ready_push(slice, conn);
		return;
	}
	if (now >= slice->end_ns)
		return;
	if (conn->fd < 0)
		slice_open(slice, conn);
	if (conn->fd < 0)
		return;
	conn->asked_ns = now;
	slice_ask(slice, conn);
}

static void slice_event(struct slice *slice, struct conn *conn)
{
	const struct options *options = slice->options;
	bool was_busy = conn->is_busy;
	uint64_t now;

	if (conn->is_unsent) {
		slice_ask(slice, conn);
		return;
	}
	switch (conn_hear(conn, options, slice->counts)) {
	case CONN_WAITS:
		break;
	case CONN_ANSWERED:
		now = now_ns();
		times_add(&slice->counts->times, now - conn->asked_ns);
		if (!options->closes && !conn->is_ending)
			slice_next(slice, conn, now);
		break;
	case CONN_ENDED:
		/* One that was idle, and paced, is queued already. */
		if (was_busy) {
			slice->busy--;
			slice_next(slice, conn, now_ns());
		}
		break;
	}
}

/* Sends what is due, as far as there are connections for it. */
static void slice_pace(struct slice *slice, uint64_t now)
{
	unsigned rate = slice->options->rate;

	while (slice->due < slice->due_max && ready_count > 0) {
		uint64_t at = slice->start_ns +
			      slice->due * 1000000000ULL / rate;
		if (at > now)
			return;
		struct conn *conn = ready_pop(slice);
		slice->due++;
		if (conn->fd < 0)
			slice_open(slice, conn);
		if (conn->fd < 0) {
			ready_push(slice, conn);
			continue;
		}
		conn->asked_ns = at;
		slice_ask(slice, conn);
		if (!conn->is_busy)
			ready_push(slice, conn);
	}
}

static unsigned slice_events(struct slice *slice, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(epoll, events, EVENTS_MAX, timeout_ms);

	for (int i = 0; i < count; i++)
		slice_event(slice, events[i].data.ptr);
	return count > 0 ? (unsigned)count : 0;
}

/* Opens what is not; what the server has closed in the meantime, anew. */
static void slice_prepare(struct slice *slice)
{
	while (slice_events(slice, 0) > 0)
		;
	for (unsigned i = 0; i < slice->options->conns; i++) {
		if (conns[i].fd < 0 && !slice->options->closes)
			slice_open(slice, &conns[i]);
	}
}

/* What the server never answered. */
static void slice_cut(struct slice *slice)
{
	for (unsigned i = 0; i < slice->options->conns; i++) {
		if (!conns[i].is_busy)
			continue;
		slice->counts->errors++;
		conn_close(&conns[i]);
	}
	slice->counts->errors += slice->due_max - slice->due;
}

static void slice_init(struct slice *slice, unsigned ms)
{
	const struct options *options = slice->options;

	if (!conns) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		conns = calloc(options->conns, sizeof *conns);
		ready = calloc(options->conns, sizeof *ready);
		if (epoll < 0 || !conns || !ready) {
			perror("load");
			exit(1);
		}
		for (unsigned i = 0; i < options->conns; i++)
			conns[i].fd = -1;
	}
	ready_count = 0;
	slice_prepare(slice);
	slice->due_max = (uint64_t)options->rate * ms / 1000;
	slice->start_ns = now_ns();
	slice->end_ns = slice->start_ns + ms * 1000000ULL;
}

uint64_t slice_run(
	const struct options *options, unsigned ms, struct counts *counts)
{
	struct slice slice = { .options = options, .counts = counts };
	uint64_t now;

	slice_init(&slice, ms);
	for (unsigned i = 0; i < options->conns; i++)
		slice_next(&slice, &conns[i], slice.start_ns);
	for (;;) {
		now = now_ns();
		slice_pace(&slice, now);
		if (slice.busy == 0 && slice.due == slice.due_max &&
			(options->rate || now >= slice.end_ns))
			break;
		if (now >= slice.end_ns + DRAIN_NS) {
			slice_cut(&slice);
			break;
		}
		if (slice_events(&slice, options->spins ? 0 : 10) == 0)
			counts->spun_ns += now_ns() - now;
	}
	return now - slice.start_ns;
}

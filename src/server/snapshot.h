/*
 * A running server at one moment, seen from outside: its sockets as the kernel
 * lists them (sock_diag(7)), what its workers publish (page.h), and what the
 * kernel counts. Takes it; says nothing about it: diagnose.h and
 * snapshot_json.h do.
 */
#pragma once

#include "io/counters.h"
#include "io/sock_diag.h"
#include "server/door.h"

/* More connections are counted, but not kept one by one. */
#define SNAPSHOT_CONNS_MAX   2048
#define SNAPSHOT_WORKERS_MAX 256

/* States of enum diag_tcp_state, and 0 for those that are newer. */
#define SNAPSHOT_STATES 13

struct snap_listener {
	struct sock_row row;
	uint32_t syn_recv; /* handshakes under way */
	uint32_t drops;    /* since the last snapshot */
};

struct snap_conn {
	struct sock_row row;
	bool is_published; /* the rest is known */
	uint32_t worker;   /* its pid */
	struct page_slot slot;
};

struct snap_worker {
	uint32_t pid, number, connections;
	char state;       /* as ps(1) shows it; 0: it is gone */
	unsigned percent; /* of a processor, since the last snapshot */
	uint64_t ticks;
	bool is_publishing; /* what it says is not stale */
};

struct snapshot {
	pid_t master;
	uint64_t at_ms;    /* on the monotonic clock */
	uint64_t since_ms; /* that the last one is ago; 0: it is the first */
	bool is_family;    /* workers and what they do can be seen */
	uint32_t backlog_asked;
	uint32_t workers_wanted;
	unsigned listener_count, worker_count, conn_count;
	uint32_t conns_left_out;
	uint32_t states[SNAPSHOT_STATES]; /* our sockets in each */
	struct counters counters, grown;  /* grown: since the last one */
	struct net_limits limits;
	struct snap_listener listeners[LISTENERS_MAX];
	struct snap_worker workers[SNAPSHOT_WORKERS_MAX];
	struct snap_conn conns[SNAPSHOT_CONNS_MAX];
};

/*
 * Takes one of the server whose master is `pid`, with *before, unless NULL, as
 * the last one: for rates. Visits its door, through `v`, which begins as zeroes
 * and is kept from one to the next. 0 or -errno of door_visit or
 * sock_diag_read. Large: not for the stack.
 */
must_check int snapshot_take(struct snapshot *s, const struct snapshot *before,
	struct visit *v, pid_t pid);

/* The same with what a visit, now or earlier, has brought. 0 or -errno of
 * sock_diag_read. */
must_check int snapshot_look(struct snapshot *s, const struct snapshot *before,
	const struct visit *v, pid_t pid);

/* Per second, of what has grown; 0 in the first. */
uint64_t snapshot_rate(const struct snapshot *s, uint64_t grown);

/* Appends "sending big.iso 43 %", "idle 12 s"; nothing where it is not known.
 */
void snapshot_doing_write(
	const struct snapshot *s, const struct snap_conn *c, struct text *out);

/* 0 to 100 of what is being sent; -1 where it is not known. */
int snapshot_percent(const struct snap_conn *c);

/* "idle", "reading a head", ... */
struct span snapshot_doing_name(const struct snap_conn *c);

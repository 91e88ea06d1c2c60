/*
 * What the kernel counts: the network namespace's TCP counters
 * (/proc/net/snmp, /proc/net/netstat), its limits, and the state and the
 * processor time of a process (proc(5)). Parsers are pure and apart from the
 * doors. Must not know what a number means for a server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

/* All since the namespace began, of everybody in it. */
struct counters {
	uint64_t listen_overflows, listen_drops;
	uint64_t cookies_sent, queue_full_drops; /* of the SYN queue */
	uint64_t segments_out, segments_retransmitted;
	uint64_t passive_opens;
};

/* Limits of the namespace; 0 where they could not be read. */
struct net_limits {
	uint64_t somaxconn, syn_backlog;
	bool has_cookies, aborts_on_overflow;
};

/*
 * Takes what it knows out of the text of either file: a line of names and one
 * of numbers for each protocol. What is not there stays as it was. Pure.
 */
void counters_parse(struct span text, struct counters *out);

/* What the kernel counts now; what cannot be read stays 0. */
void counters_read(struct counters *out, struct net_limits *limits);

struct task {
	char state;     /* R, S, D, T (stopped), t, Z, ... */
	uint64_t ticks; /* of processor time, user and system */
};

/* Decodes /proc/PID/stat; false, *out untouched, when it is none. Pure. */
must_check bool task_parse(struct span text, struct task *out);

/* 0 or -errno. */
must_check int task_read(pid_t pid, struct task *out);

/* Ticks of processor time in a second. */
uint64_t task_hertz(void);

/* Milliseconds of the clock that a server's page is written with. */
uint64_t clock_now_ms(void);

/* The command's name of a process as ps(1) shows it, "" where it is gone. */
void task_name(pid_t pid, char *out, size_t size);

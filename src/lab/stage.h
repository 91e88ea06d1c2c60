/*
 * The stage of an experiment: a network namespace of its own (user and net,
 * network_namespaces(7)), in which sysctls can be set, ports are all free and
 * counters begin at zero, and what goes over its loopback can be captured. The
 * machine's own network never notices. Must not know any experiment.
 */
#pragma once

#include <sys/types.h>

#include "lab/packet.h"

/* Moves this process onto a stage of its own. 0 or -errno: -EPERM, -ENOSPC or
 * -EINVAL where namespaces are forbidden. */
must_check int stage_enter(void);

/* Writes /proc/sys/net/`name`, "ipv4/tcp_syncookies": 0 or -errno, -ENOENT
 * where this kernel has no such thing. */
must_check int stage_set(const char *name, uint64_t value);

/* Reads it; false, *out untouched, where it is not there. */
must_check bool stage_get(const char *name, uint64_t *out);

/* The counter of that name in /proc/net/snmp or netstat ("ListenDrops") since
 * the stage was set up; 0 where this kernel does not count it. */
uint64_t stage_counter(const char *name);

/* Captures what goes over the loopback from here on: a descriptor, or
 * -errno. */
must_check int capture_open(void);

/* The next segment of TCP that was captured, its time since the epoch; false
 * when there is none now. */
must_check bool capture_next(int capture, struct packet *out);

/* Addresses that nobody has, 10.9.0.0/16, are routed to the loopback: what is
 * sent to them is captured, and then lost. A raw socket, or -errno. */
must_check int raw_open(void);

/* Sends the head of a segment that no socket has made; 0 or -errno. */
must_check int raw_send(int raw, const struct packet *p);

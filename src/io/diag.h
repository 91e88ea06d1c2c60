/*
 * What the kernel tells about sockets in /proc: the tables of TCP sockets
 * (proc(5), /proc/net/tcp), and from there the process that holds a port.
 * Must not know why somebody asks, and never logs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

/* States of a socket as the tables number them. */
enum diag_tcp_state {
	DIAG_ESTABLISHED = 1,
	DIAG_SYN_SENT,
	DIAG_SYN_RECV,
	DIAG_FIN_WAIT1,
	DIAG_FIN_WAIT2,
	DIAG_TIME_WAIT,
	DIAG_CLOSE,
	DIAG_CLOSE_WAIT,
	DIAG_LAST_ACK,
	DIAG_LISTEN,
	DIAG_CLOSING,
	DIAG_NEW_SYN_RECV
};

/* As ss(8) names it, "ESTAB"; "?" of one that is newer than this. */
const char *diag_state_name(unsigned state);

struct diag_end {
	uint8_t address[16]; /* in network order; the first 4 of IPv4 */
	uint16_t port;
};

/* One line of /proc/net/tcp or tcp6. */
struct diag_tcp {
	bool is_v6;
	struct diag_end local, remote;
	unsigned state;    /* enum diag_tcp_state, or one newer than it */
	uint32_t tx_queue; /* bytes not yet acknowledged */
	uint32_t rx_queue; /* bytes not yet read; of LISTEN, connections */
	uint32_t uid;
	uint64_t inode; /* 0 where no process holds the socket */
};

/*
 * Decodes a line, with or without its end. False, *out untouched, for the
 * heading and whatever else is no socket. Pure.
 */
must_check bool diag_tcp_parse(struct span line, struct diag_tcp *out);

/* The number in "socket:[4711]", as a link below /proc/PID/fd reads; false,
 * *out untouched, for any other. Pure. */
must_check bool diag_socket_parse(struct span link, uint64_t *out);

struct diag_holder {
	pid_t pid;
	char comm[64]; /* control characters replaced by '?' */
};

/*
 * Which process listens on TCP port `port`, at any address, v4 or v6; of
 * several, the one with the lowest pid: of a master and its workers, as a
 * rule, the master. -ENOENT when nobody does or it is not ours to know (a
 * process of another user); else -errno. Allocates and takes milliseconds.
 */
must_check int diag_port_holder(uint16_t port, struct diag_holder *out);

/*
 * Which process listens on the Unix socket of that address: asks by
 * connecting, and never waits (unix(7), SO_PEERCRED). -errno when nobody
 * does, or it is not ours to know.
 */
must_check int diag_unix_holder(
	const struct sockaddr *address, socklen_t len, struct diag_holder *out);

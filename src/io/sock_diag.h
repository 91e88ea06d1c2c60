/*
 * TCP sockets as the kernel lists them by netlink (sock_diag(7)): listeners
 * with their queues, connections with TCP_INFO. Needs no privileges, and sees
 * the whole network namespace. Parsing is pure, and apart from the one door.
 * Must not know whose sockets they are, nor why somebody asks.
 */
#pragma once

#include "base/text.h"
#include "io/diag.h"

/* What TCP_INFO says of a connection (linux/tcp.h); 0 where this kernel does
 * not tell. */
struct sock_tcp {
	uint32_t rtt_us, rttvar_us, rto_us;
	uint32_t cwnd, ssthresh, mss; /* windows in segments, mss in bytes */
	uint32_t unacked, lost;       /* segments */
	uint32_t retransmits;         /* of all segments, ever */
	uint32_t backoff;             /* timeouts in a row */
	uint32_t last_sent_ms, last_received_ms; /* ago */
	uint64_t delivery_rate;                  /* bytes per second */
	uint64_t bytes_sent, bytes_acked, bytes_received;
	uint64_t bytes_retransmitted;
};

struct sock_row {
	bool is_v6;
	uint8_t state;       /* enum diag_tcp_state */
	uint8_t retransmits; /* of the segment at hand; of SYN-RECV, SYN-ACK */
	struct diag_end local, remote;
	uint32_t interface; /* index, 0: any */
	/* LISTEN: connections that wait for accept; else bytes not read. */
	uint32_t rx_queue;
	/* LISTEN: how many may wait; else bytes not acknowledged. */
	uint32_t tx_queue;
	uint32_t uid;
	uint32_t inode;  /* 0: no process holds it */
	uint64_t cookie; /* of this socket alone (socket(7), SO_COOKIE) */
	/* LISTEN: connections turned away or thrown out, modulo 2^32 */
	uint32_t drops;
	bool has_tcp;
	struct sock_tcp tcp;
};

typedef void sock_row_fn(void *to, const struct sock_row *row);

/*
 * Walks over netlink messages as one receive brings them, aligned to 4 bytes,
 * and calls `each` for every row. 1: there is more to receive; 0: that was
 * all; -errno: the kernel refused, or -EBADMSG. Pure but for `each`.
 */
must_check int sock_rows_parse(
	struct span messages, sock_row_fn *each, void *to);

/* Which sockets: bits of `states`, 1 << enum diag_tcp_state. */
struct sock_query {
	bool is_v6;
	uint16_t port; /* local; 0: any */
	uint32_t states;
};

/* But for the bound ones that do not listen, which Linux lists since 6.8, and
 * ss(8) only when asked for. */
#define SOCK_STATES_ALL (UINT32_MAX & ~(1u << 13))

/* Asks the kernel and calls `each` for every row: 0 or -errno. Rows that come
 * or go meanwhile may be there or not. */
must_check int sock_diag_read(
	const struct sock_query *query, sock_row_fn *each, void *to);

/* "127.0.0.1:8080", "[::1]:8080"; of IPv4 in IPv6 what it stands for; "*" for
 * any address. */
void sock_end_write(bool is_v6, const struct diag_end *end, struct text *out);

/* Is it 0.0.0.0 or ::? */
bool sock_end_is_any(const struct diag_end *end);

/* The cookie of a socket of ours, 0 where the kernel gives none. */
uint64_t sock_cookie(int fd);

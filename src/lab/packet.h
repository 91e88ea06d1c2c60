/*
 * A TCP segment as it went by: the headers of IPv4 and TCP (RFC 791, 9293)
 * read from bytes, and said in a line. Pure; believes nothing in the bytes.
 */
#pragma once

#include "base/text.h"

/* Flags of a segment, as bits of its header (RFC 9293 3.1). */
enum packet_flag {
	PACKET_FIN = 1,
	PACKET_SYN = 2,
	PACKET_RST = 4,
	PACKET_PSH = 8,
	PACKET_ACK = 16
};

struct packet {
	uint64_t at_us;               /* since the first that was captured */
	uint32_t source, destination; /* addresses, in host order */
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledged;
	unsigned flags;  /* enum packet_flag */
	uint32_t length; /* bytes of payload */
};

/* Reads a packet that begins with its IPv4 header; false, *out untouched,
 * when it is no whole header of TCP over IPv4. */
must_check bool packet_parse(struct span bytes, struct packet *out);

/* "SYN", "SYN,ACK", "PSH,ACK". */
void packet_flags_write(unsigned flags, struct text *out);

/*
 * Appends one rung of a ladder `width` columns wide: the time, the client's
 * port at the left, the server's at the right, the arrow from who sent it.
 * `base` is the first sequence number of each side, the client's first: with
 * it numbers begin at 0, as tcpdump(1) shows them.
 */
struct rung {
	uint16_t server_port;
	uint32_t base[2];
	bool has_base[2];
};

void packet_rung_write(const struct packet *p, const struct rung *rung,
	unsigned width, struct text *out);

/* Takes from `p` what numbers begin at, when they are seen for the first time.
 */
void packet_rung_learn(struct rung *rung, const struct packet *p);

/*
 * Connections before anybody accepts them: the handshake, the queue that
 * fills up, and the two queues behind listen(2).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lab/chapters.h"

void chapter_handshake(struct lab *l)
{
	char bytes[32] = "";
	struct sock_row row = { 0 };

	lab_claim(l, "The kernel shakes hands by itself: connect(2) returns, "
		     "and nobody has called accept(2).");
	int listener = lab_server(l, PORT, 4);
	lab_as(l, "client");
	int client = lab_socket(l);
	lab_expect_error(
		l, "connect", lab_connect(l, client, LOCALHOST, PORT), 0);
	lab_expect(l, "segments", lab_ladder(l, PORT), 3);
	lab_expect_text(l, "first", lab_flags(l, 0), "SYN");
	lab_expect_text(l, "second", lab_flags(l, 1), "SYN,ACK");
	lab_expect_text(l, "third", lab_flags(l, 2), "ACK");

	lab_claim(l, "Both ends are ESTAB. The server's belongs to nobody yet: "
		     "its inode is 0.");
	lab_look_tables(l, PORT);
	lab_expect(
		l, "ends that are ESTAB", lab_rows(PORT, DIAG_ESTABLISHED), 2);
	lab_expect_is(l, "the server's end is listed",
		lab_row(PORT, lab_port(client), &row), true);
	lab_expect(l, "its inode", row.inode, 0);
	if (!lab_row(PORT, 0, &row))
		row.rx_queue = 0;
	lab_expect(l, "wait in the listener's queue", row.rx_queue, 1);

	lab_claim(l, "The client may send already; the kernel keeps it.");
	lab_expect(l, "sent", lab_write(l, client, "Hello"), 5);
	lab_ladder(l, PORT);
	lab_expect_text(l, "goes out as", lab_flags(l, 0), "PSH,ACK");
	if (!lab_row(PORT, lab_port(client), &row))
		row.rx_queue = 0;
	lab_look_ss(l, PORT);
	lab_expect(l, "bytes that wait with the server", row.rx_queue, 5);
	lab_as(l, "server");
	int connection = lab_accept(l, listener, NULL);
	lab_read(l, connection, bytes);
	lab_expect_text(l, "read after accept(2)", bytes, "Hello");
}

/* Ten clients that do not wait; the last one's descriptor. */
static int ten_clients(struct lab *l, uint16_t port)
{
	int client = -1;

	lab_as(l, "client");
	for (unsigned i = 0; i < 10; i++) {
		client = lab_socket_nonblocking(l);
		lab_connect(l, client, LOCALHOST, port);
	}
	return client;
}

static void five_and_five(struct lab *l, uint16_t port)
{
	struct sock_row row = { 0 };

	lab_until_rows(port, DIAG_ESTABLISHED, 10);
	lab_look_ss(l, port);
	/* Both ends of a connection are rows of this namespace. */
	lab_expect(l, "clients that are connected",
		lab_rows(port, DIAG_ESTABLISHED) / 2, 5);
	lab_expect(l, "clients in SYN-SENT", lab_rows(port, DIAG_SYN_SENT), 5);
	if (!lab_row(port, 0, &row))
		row.rx_queue = 0;
	lab_expect(l, "wait in the queue of 4", row.rx_queue, 5);
}

/* Keeps of the ladder what the client of that port sent. */
static void only_from(struct lab *l, uint16_t port)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < l->segment_count; i++) {
		if (l->segments[i].source_port == port)
			l->segments[kept++] = l->segments[i];
	}
	l->segment_count = kept;
}

static int64_t gap_ms(const struct lab *l, unsigned i)
{
	if (i + 1 >= l->segment_count)
		return 0;
	return (int64_t)(l->segments[i + 1].at_us - l->segments[i].at_us) /
	       1000;
}

/* Timers of seconds are coarse: one of 4 s fires up to an eighth late. */
static void retransmissions(struct lab *l, int last)
{
	lab_claim(l, "Who is left out knocks again after 1, 2 and 4 seconds: "
		     "its SYN was dropped, not refused.");
	lab_pause_ms(7300);
	lab_ladder(l, PORT);
	only_from(l, lab_port(last));
	lab_expect(l, "more SYNs of the last client", l->segment_count, 3);
	lab_expect_within(l, "ms between the first two of these", gap_ms(l, 0),
		1800, 2800);
	lab_expect_within(l, "ms to the third", gap_ms(l, 1), 3600, 5200);
}

/* A client that is not there: what it sends is made by hand. */
#define STRANGER 0x0a090001u /* 10.9.0.1 */

static struct packet stranger(uint16_t from, uint16_t port, unsigned flags)
{
	return (struct packet){ .source = STRANGER,
		.destination = INADDR_LOOPBACK,
		.source_port = from,
		.destination_port = port,
		.sequence = 1000,
		.flags = flags };
}

static void raw_told(struct lab *l, const struct packet *p)
{
	char flags[32];
	struct text t = text_in(flags, sizeof flags - 1);
	int status = raw_send(l->raw, p);

	packet_flags_write(p->flags, &t);
	flags[t.len] = '\0';
	lab_called(l, "sendto", status < 0 ? status : 40,
		"%d, {10.9.0.%u:%u -> :%u %s}, 40", l->raw, p->source & 255,
		p->source_port, p->destination_port, flags);
	if (status < 0)
		lab_fail(l, "a raw socket", -status);
}

/* The SYN-ACK that the last ladder has for that port: the number to confirm;
 * false where there is none. */
static bool answer_find(struct lab *l, uint16_t port, uint32_t *sequence)
{
	for (unsigned i = 0; i < l->segment_count; i++) {
		const struct packet *p = &l->segments[i];
		if (p->destination_port != port ||
			p->flags != (PACKET_SYN | PACKET_ACK))
			continue;
		*sequence = p->sequence;
		return true;
	}
	return false;
}

/* Half a handshake, made before the queue fills up, is completed when it is
 * full: what comes back? */
static void completed_too_late(struct lab *l, uint16_t port, bool aborts)
{
	struct packet syn = stranger(4001, port, PACKET_SYN), ack = syn;
	uint32_t answered = 0;

	lab_sysctl(l, "ipv4/tcp_abort_on_overflow", aborts);
	lab_server(l, port, 4);
	lab_as(l, "stranger");
	raw_told(l, &syn);
	lab_until_rows(port, DIAG_SYN_RECV, 1);
	lab_ladder(l, port);
	lab_expect_is(l, "its SYN is answered", answer_find(l, 4001, &answered),
		true);
	ten_clients(l, port);
	lab_until_rows(port, DIAG_ESTABLISHED, 10);
	lab_ladder(l, port);
	ack.flags = PACKET_ACK;
	ack.sequence++;
	ack.acknowledged = answered + 1;
	uint64_t overflows = stage_counter("ListenOverflows");
	lab_as(l, "stranger");
	raw_told(l, &ack);
	lab_pause_ms(50);
	lab_ladder(l, port);
	lab_counted(l, "ListenOverflows", overflows);
	lab_expect_is(l, "RST comes back",
		l->segment_count > 1 &&
			(l->segments[1].flags & PACKET_RST) != 0,
		aborts);
	lab_expect_is(l, "it is still half-open, SYN-RECV",
		lab_rows(port, DIAG_SYN_RECV) == 1, !aborts);
}

void chapter_backlog(struct lab *l)
{
	uint64_t linear;

	lab_claim(l, "With a backlog of 4, five of ten clients connect: the "
		     "queue holds one more than it is asked for. The other "
		     "five stay in SYN-SENT.");
	if (stage_get("ipv4/tcp_syn_linear_timeouts", &linear)) {
		lab_show(l, "sysctl",
			"net.ipv4.tcp_syn_linear_timeouts is %ju: so many "
			"SYNs follow the first a second apart. Below, as "
			"before Linux 6.5, none:",
			(uintmax_t)linear);
		lab_sysctl(l, "ipv4/tcp_syn_linear_timeouts", 0);
	}
	uint64_t overflows = stage_counter("ListenOverflows");
	uint64_t drops = stage_counter("ListenDrops");
	lab_server(l, PORT, 4);
	int last = ten_clients(l, PORT);
	five_and_five(l, PORT);
	lab_ladder(l, PORT);

	lab_claim(l, "Each SYN that finds the queue full is counted twice: as "
		     "ListenOverflows and as ListenDrops.");
	lab_expect(l, "overflows", lab_counted(l, "ListenOverflows", overflows),
		5);
	lab_expect(l, "drops", lab_counted(l, "ListenDrops", drops), 5);

	retransmissions(l, last);

	lab_claim(l, "tcp_abort_on_overflow=1 changes nothing for them: a SYN "
		     "is dropped before anybody looks at it.");
	lab_sysctl(l, "ipv4/tcp_abort_on_overflow", 1);
	lab_server(l, PORT + 1, 4);
	ten_clients(l, PORT + 1);
	five_and_five(l, PORT + 1);
	lab_ladder(l, PORT + 1);

	lab_claim(l, "It is for who has an answer already: whose ACK finds "
		     "the queue full is reset.");
	completed_too_late(l, PORT + 2, true);

	lab_claim(l, "By default that ACK is dropped, too: the client believes "
		     "that it is connected, the server's half stays open.");
	completed_too_late(l, PORT + 3, false);
}

static void half_open(struct lab *l)
{
	struct packet syn = stranger(4001, PORT, PACKET_SYN), ack = syn;
	struct sock_row row = { 0 };
	uint32_t answered = 0;

	lab_claim(l, "A handshake that lacks its last ACK is half-open: a row "
		     "in SYN-RECV, nothing to accept.");
	lab_server(l, PORT, 8);
	lab_as(l, "stranger");
	raw_told(l, &syn);
	lab_until_rows(PORT, DIAG_SYN_RECV, 1);
	lab_ladder(l, PORT);
	lab_expect_is(l, "its SYN is answered", answer_find(l, 4001, &answered),
		true);
	lab_look_tables(l, PORT);
	lab_expect(l, "rows in SYN-RECV", lab_rows(PORT, DIAG_SYN_RECV), 1);
	lab_expect_is(
		l, "the listener has a row", lab_row(PORT, 0, &row), true);
	lab_expect(l, "wait for accept(2)", row.rx_queue, 0);

	lab_claim(l, "The last ACK takes it from one queue to the other.");
	ack.flags = PACKET_ACK;
	ack.sequence++;
	ack.acknowledged = answered + 1;
	raw_told(l, &ack);
	lab_until_rows(PORT, DIAG_ESTABLISHED, 1);
	lab_look_ss(l, PORT);
	lab_expect(l, "rows in SYN-RECV", lab_rows(PORT, DIAG_SYN_RECV), 0);
	if (!lab_row(PORT, 0, &row))
		row.rx_queue = 0;
	lab_expect(l, "wait for accept(2)", row.rx_queue, 1);
}

#define FLOOD 64

static void flood(struct lab *l, uint16_t port)
{
	lab_as(l, "stranger");
	for (unsigned i = 0; i < FLOOD; i++) {
		struct packet syn = stranger(
			(uint16_t)(5000 + i), port, PACKET_SYN);
		syn.source += i;
		if (i < 2 || i == FLOOD - 1)
			raw_told(l, &syn);
		else if (raw_send(l->raw, &syn) < 0)
			lab_fail(l, "a raw socket", EIO);
		if (i == 2)
			lab_show(l, "", "(and so on, %d of them)", FLOOD);
	}
	lab_pause_ms(20);
}

void chapter_queues(struct lab *l)
{
	half_open(l);

	lab_claim(l, "Without SYN cookies a flood fills the queue of half-open "
		     "ones to the backlog, or one more, as kernels differ; "
		     "who comes after that is not heard.");
	lab_sysctl(l, "ipv4/tcp_syncookies", 0);
	uint64_t full = stage_counter("TCPReqQFullDrop");
	lab_server(l, PORT + 1, 8);
	flood(l, PORT + 1);
	int64_t rows = lab_rows(PORT + 1, DIAG_SYN_RECV);
	lab_expect_within(l, "rows in SYN-RECV", rows, 8, 9);
	lab_expect(l, "all others were dropped, as the queue was full",
		lab_counted(l, "TCPReqQFullDrop", full), FLOOD - rows);
	lab_as(l, "client");
	int client = lab_socket_nonblocking(l);
	lab_connect(l, client, LOCALHOST, PORT + 1);
	lab_pause_ms(50);
	lab_expect_text(l, "an honest client", lab_state(client), "SYN-SENT");

	lab_claim(l, "With SYN cookies the answer to a SYN says all there is "
		     "to know: no more is queued, and an honest client "
		     "connects.");
	lab_sysctl(l, "ipv4/tcp_syncookies", 1);
	uint64_t sent = stage_counter("SyncookiesSent");
	uint64_t received = stage_counter("SyncookiesRecv");
	lab_server(l, PORT + 2, 8);
	flood(l, PORT + 2);
	lab_as(l, "client");
	client = lab_socket_nonblocking(l);
	lab_connect(l, client, LOCALHOST, PORT + 2);
	lab_until_state(client, "ESTAB");
	lab_expect_text(l, "an honest client", lab_state(client), "ESTAB");
	lab_expect(l, "rows in SYN-RECV, as before",
		lab_rows(PORT + 2, DIAG_SYN_RECV), rows);
	lab_expect(l, "cookies sent, to all others and to the client",
		lab_counted(l, "SyncookiesSent", sent), FLOOD - rows + 1);
	lab_expect(l, "cookies that came back",
		lab_counted(l, "SyncookiesRecv", received), 1);
}

/*
 * NETLINK_SOCK_DIAG over libmnl (sock_diag.h): one request, answers until
 * NLMSG_DONE. What the kernel says is checked like a stranger's: its structs
 * grow from version to version.
 */
#include "io/sock_diag.h"

#undef unused /* a member of the kernel's structs is called so */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* As much as the kernel fills at a time (its NLMSG_GOODSIZE grows to 32 KiB
 * for a large buffer). */
#define ANSWER_SIZE 32768

static void tcp_read(const struct nlattr *attr, struct sock_row *row)
{
	struct tcp_info info = { 0 };
	size_t len = mnl_attr_get_payload_len(attr);

	memcpy(&info, mnl_attr_get_payload(attr),
		len < sizeof info ? len : sizeof info);
	row->has_tcp = true;
	row->tcp = (struct sock_tcp){
		.rtt_us = info.tcpi_rtt,
		.rttvar_us = info.tcpi_rttvar,
		.rto_us = info.tcpi_rto,
		.cwnd = info.tcpi_snd_cwnd,
		.ssthresh = info.tcpi_snd_ssthresh,
		.mss = info.tcpi_snd_mss,
		.unacked = info.tcpi_unacked,
		.lost = info.tcpi_lost,
		.retransmits = info.tcpi_total_retrans,
		.backoff = info.tcpi_backoff,
		.last_sent_ms = info.tcpi_last_data_sent,
		.last_received_ms = info.tcpi_last_data_recv,
		.delivery_rate = info.tcpi_delivery_rate,
		.bytes_sent = info.tcpi_bytes_sent,
		.bytes_acked = info.tcpi_bytes_acked,
		.bytes_received = info.tcpi_bytes_received,
		.bytes_retransmitted = info.tcpi_bytes_retrans,
	};
}

static void memory_read(const struct nlattr *attr, struct sock_row *row)
{
	size_t at = SK_MEMINFO_DROPS * sizeof row->drops;

	if (mnl_attr_get_payload_len(attr) < at + sizeof row->drops)
		return;
	memcpy(&row->drops, (const char *)mnl_attr_get_payload(attr) + at,
		sizeof row->drops);
}

static void attribute_read(const struct nlattr *attr, struct sock_row *row)
{
	switch (mnl_attr_get_type(attr)) {
	case INET_DIAG_INFO:
		tcp_read(attr, row);
		break;
	case INET_DIAG_SKMEMINFO:
		memory_read(attr, row);
		break;
	}
}

static void attributes_read(
	const struct nlmsghdr *message, struct sock_row *row)
{
	const char *end = mnl_nlmsg_get_payload_tail(message);
	const struct nlattr *attr = mnl_nlmsg_get_payload_offset(
		message, sizeof(struct inet_diag_msg));

	while (mnl_attr_ok(attr, (int)(end - (const char *)attr))) {
		attribute_read(attr, row);
		attr = mnl_attr_next(attr);
	}
}

static void end_set(struct diag_end *end, const __be32 *address, __be16 port)
{
	memcpy(end->address, address, sizeof end->address);
	end->port = ntohs(port);
}

/* False for what is no socket of the internet. */
static bool row_parse(const struct nlmsghdr *message, struct sock_row *row)
{
	struct inet_diag_msg m;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		mnl_nlmsg_get_payload_len(message) < sizeof m)
		return false;
	memcpy(&m, mnl_nlmsg_get_payload(message), sizeof m);
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return false;
	*row = (struct sock_row){
		.is_v6 = m.idiag_family == AF_INET6,
		.state = m.idiag_state,
		.retransmits = m.idiag_retrans,
		.interface = m.id.idiag_if,
		.rx_queue = m.idiag_rqueue,
		.tx_queue = m.idiag_wqueue,
		.uid = m.idiag_uid,
		.inode = m.idiag_inode,
		.cookie = (uint64_t)m.id.idiag_cookie[1] << 32 |
			  m.id.idiag_cookie[0],
	};
	end_set(&row->local, m.id.idiag_src, m.id.idiag_sport);
	end_set(&row->remote, m.id.idiag_dst, m.id.idiag_dport);
	attributes_read(message, row);
	return true;
}

/* 0 for a mere acknowledgement. */
static int error_of(const struct nlmsghdr *message)
{
	struct nlmsgerr e;

	if (mnl_nlmsg_get_payload_len(message) < sizeof e)
		return -EBADMSG;
	memcpy(&e, mnl_nlmsg_get_payload(message), sizeof e);
	return e.error < 0 && e.error > -4096 ? e.error : -EBADMSG;
}

/* libmnl compares lengths as signed: what is told to be of 4 GiB passes. */
static bool message_is_whole(const struct nlmsghdr *message, int left)
{
	return left >= (int)sizeof *message &&
	       message->nlmsg_len <= (uint32_t)left &&
	       mnl_nlmsg_ok(message, left);
}

int sock_rows_parse(struct span messages, sock_row_fn *each, void *to)
{
	const struct nlmsghdr *message = (const void *)messages.at;
	int left = (int)messages.len;

	while (message_is_whole(message, left)) {
		struct sock_row row;
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return error_of(message);
		if (row_parse(message, &row))
			each(to, &row);
		message = mnl_nlmsg_next(message, &left);
	}
	return left > 0 ? -EBADMSG : 1;
}

static ssize_t request_send(
	struct mnl_socket *socket, const struct sock_query *q)
{
	char storage[sizeof(struct nlmsghdr) + 128] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(storage);
	struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(
		message, sizeof(struct inet_diag_req_v2));

	message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->sdiag_family = q->is_v6 ? AF_INET6 : AF_INET;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_ext = 1 << (INET_DIAG_INFO - 1) |
			     1 << (INET_DIAG_SKMEMINFO - 1);
	request->idiag_states = q->states;
	request->id.idiag_sport = htons(q->port);
	return mnl_socket_sendto(socket, message, message->nlmsg_len);
}

static int answers_read(struct mnl_socket *socket, sock_row_fn *each, void *to)
{
	static char storage[ANSWER_SIZE] __attribute__((aligned(8)));
	int res = 1;

	while (res > 0) {
		ssize_t got = mnl_socket_recvfrom(
			socket, storage, sizeof storage);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		res = sock_rows_parse(
			(struct span){ storage, (size_t)got }, each, to);
	}
	return res;
}

int sock_diag_read(const struct sock_query *query, sock_row_fn *each, void *to)
{
	struct mnl_socket *socket = mnl_socket_open2(
		NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int res;

	if (socket == NULL)
		return -errno;
	res = request_send(socket, query) < 0 ? -errno : 0;
	if (res == 0)
		res = answers_read(socket, each, to);
	mnl_socket_close(socket);
	return res;
}

bool sock_end_is_any(const struct diag_end *end)
{
	static const uint8_t any[sizeof end->address];

	return memcmp(end->address, any, sizeof any) == 0;
}

void sock_end_write(bool is_v6, const struct diag_end *end, struct text *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char storage[INET6_ADDRSTRLEN];
	bool is_mapped = is_v6 &&
			 memcmp(end->address, mapped, sizeof mapped) == 0;
	const uint8_t *at = end->address + (is_mapped ? sizeof mapped : 0);
	int family = is_v6 && !is_mapped ? AF_INET6 : AF_INET;

	if (inet_ntop(family, at, storage, sizeof storage) == NULL)
		storage[0] = '\0';
	if (sock_end_is_any(end))
		text_add_literal(out, "*");
	else if (family == AF_INET6) {
		text_add_literal(out, "[");
		text_add(out, span_of(storage));
		text_add_literal(out, "]");
	} else
		text_add(out, span_of(storage));
	text_add_literal(out, ":");
	text_add_u64(out, end->port);
}

uint64_t sock_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0)
		return 0;
	return cookie;
}

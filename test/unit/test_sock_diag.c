/*
 * Sockets by netlink: messages as the kernel writes them, cut and malformed
 * ones, and the kernel itself, asked about sockets of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock_diag.h"

#define ROWS_MAX 64

struct rows {
	unsigned count;
	struct sock_row at[ROWS_MAX];
};

static void row_keep(void *to, const struct sock_row *row)
{
	struct rows *rows = to;

	if (rows->count < ROWS_MAX)
		rows->at[rows->count++] = *row;
}

/* Messages under construction. */
struct mail {
	size_t len;
	_Alignas(8) char at[4096];
};

static struct nlmsghdr *mail_begin(struct mail *m, int type, size_t payload)
{
	struct nlmsghdr *head = (void *)(m->at + m->len);

	*head = (struct nlmsghdr){ .nlmsg_type = (uint16_t)type,
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(payload) };
	m->len += NLMSG_SPACE(payload);
	return head;
}

static void mail_attribute(struct mail *m, struct nlmsghdr *head, int type,
	const void *value, size_t size)
{
	struct nlattr *attr = (void *)(m->at + m->len);

	*attr = (struct nlattr){ .nla_type = (uint16_t)type,
		.nla_len = (uint16_t)(sizeof *attr + size) };
	memcpy(attr + 1, value, size);
	m->len += (size_t)NLA_ALIGN(attr->nla_len);
	head->nlmsg_len = (uint32_t)(m->at + m->len - (char *)head);
}

static struct nlmsghdr *mail_socket(struct mail *m, uint8_t family)
{
	struct nlmsghdr *head = mail_begin(
		m, SOCK_DIAG_BY_FAMILY, sizeof(struct inet_diag_msg));
	struct inet_diag_msg *d = NLMSG_DATA(head);

	*d = (struct inet_diag_msg){ .idiag_family = family,
		.idiag_state = DIAG_LISTEN,
		.idiag_rqueue = 5,
		.idiag_wqueue = 4,
		.idiag_uid = 1000,
		.idiag_inode = 4711 };
	d->id.idiag_sport = htons(8080);
	d->id.idiag_src[0] = htonl(0x7f000001);
	d->id.idiag_cookie[0] = 2;
	d->id.idiag_cookie[1] = 1;
	return head;
}

static struct span mail_span(const struct mail *m)
{
	return (struct span){ m->at, m->len };
}

static void test_row(void **state)
{
	static struct mail m;
	struct rows rows = { 0 };
	const struct tcp_info info = {
		.tcpi_rtt = 1500, .tcpi_snd_cwnd = 10, .tcpi_total_retrans = 3
	};
	const uint32_t memory[SK_MEMINFO_VARS] = { [SK_MEMINFO_DROPS] = 77 };
	(void)state;

	m.len = 0;
	struct nlmsghdr *head = mail_socket(&m, AF_INET);
	mail_attribute(&m, head, INET_DIAG_INFO, &info, sizeof info);
	mail_attribute(&m, head, INET_DIAG_SKMEMINFO, memory, sizeof memory);
	mail_attribute(&m, head, INET_DIAG_CONG, "cubic", 6);
	mail_socket(&m, AF_INET6);
	assert_int_equal(sock_rows_parse(mail_span(&m), row_keep, &rows), 1);
	assert_int_equal(rows.count, 2);
	const struct sock_row *r = &rows.at[0];
	assert_false(r->is_v6);
	assert_int_equal(r->state, DIAG_LISTEN);
	assert_int_equal(r->local.port, 8080);
	assert_memory_equal(r->local.address, "\x7f\0\0\1", 4);
	assert_int_equal(r->rx_queue, 5);
	assert_int_equal(r->tx_queue, 4);
	assert_int_equal(r->inode, 4711);
	assert_true(r->cookie == (UINT64_C(1) << 32 | 2));
	assert_int_equal(r->drops, 77);
	assert_true(r->has_tcp);
	assert_int_equal(r->tcp.rtt_us, 1500);
	assert_int_equal(r->tcp.cwnd, 10);
	assert_int_equal(r->tcp.retransmits, 3);
	assert_true(rows.at[1].is_v6);
	assert_false(rows.at[1].has_tcp);
}

/* An older kernel tells less, a newer one more. */
static void test_short_info(void **state)
{
	static struct mail m;
	struct rows rows = { 0 };
	char longer[sizeof(struct tcp_info) + 64] = { 0 };
	const uint32_t memory[2] = { 9, 9 };
	(void)state;

	m.len = 0;
	struct nlmsghdr *head = mail_socket(&m, AF_INET);
	mail_attribute(&m, head, INET_DIAG_INFO, "\1", 1);
	mail_attribute(&m, head, INET_DIAG_SKMEMINFO, memory, sizeof memory);
	head = mail_socket(&m, AF_INET);
	mail_attribute(&m, head, INET_DIAG_INFO, longer, sizeof longer);
	assert_int_equal(sock_rows_parse(mail_span(&m), row_keep, &rows), 1);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.at[0].tcp.rtt_us, 0);
	assert_int_equal(rows.at[0].drops, 0);
}

static void test_ends(void **state)
{
	static struct mail m;
	struct rows rows = { 0 };
	(void)state;

	m.len = 0;
	mail_socket(&m, AF_INET);
	mail_begin(&m, NLMSG_DONE, 4);
	mail_socket(&m, AF_INET);
	assert_int_equal(sock_rows_parse(mail_span(&m), row_keep, &rows), 0);
	assert_int_equal(rows.count, 1);

	m.len = 0;
	struct nlmsgerr *e = NLMSG_DATA(mail_begin(&m, NLMSG_ERROR, sizeof *e));
	*e = (struct nlmsgerr){ .error = -EPERM };
	assert_int_equal(
		sock_rows_parse(mail_span(&m), row_keep, &rows), -EPERM);
	e->error = 5;
	assert_int_equal(
		sock_rows_parse(mail_span(&m), row_keep, &rows), -EBADMSG);
}

/* Each prefix lies in a block of its own size: nothing beyond it is read, and
 * half a message is none. */
static void test_cut(void **state)
{
	static struct mail m;
	const struct tcp_info info = { .tcpi_rtt = 1 };
	(void)state;

	m.len = 0;
	mail_attribute(&m, mail_socket(&m, AF_INET), INET_DIAG_INFO, &info,
		sizeof info);
	for (size_t len = 1; len < m.len; len++) {
		struct rows rows = { 0 };
		char *copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, m.at, len);
		assert_int_equal(sock_rows_parse((struct span){ copy, len },
					 row_keep, &rows),
			-EBADMSG);
		assert_int_equal(rows.count, 0);
		free(copy);
	}
}

/* A length that is told too small or too large, of what the message holds. */
static void test_lies(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 15, 16, 20, 87, UINT32_MAX,
		INT32_MAX };
	static struct mail m;
	(void)state;

	for (size_t i = 0; i < array_count(lengths); i++) {
		struct rows rows = { 0 };
		m.len = 0;
		mail_socket(&m, AF_INET)->nlmsg_len = lengths[i];
		/* 87 is whole, and too short to be a socket. */
		int res = sock_rows_parse(mail_span(&m), row_keep, &rows);
		assert_int_equal(res, lengths[i] == 87 ? 1 : -EBADMSG);
		assert_int_equal(rows.count, 0);
	}
}

static uint16_t socket_listen(int *fd, int backlog)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;

	*fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(*fd >= 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(*fd, backlog), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static int socket_connect(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* Two clients wait in the queue of a backlog of 7; one is accepted, and has
 * sent three bytes that nobody reads. */
static void test_kernel(void **state)
{
	struct rows rows = { 0 };
	struct sock_query q = { .states = 1 << DIAG_LISTEN };
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;
	int listener;
	(void)state;

	q.port = socket_listen(&listener, 7);
	int clients[] = { socket_connect(q.port), socket_connect(q.port),
		socket_connect(q.port) };
	int accepted = accept(listener, NULL, NULL);
	assert_int_equal(send(clients[0], "abc", 3, 0), 3);
	assert_int_equal(sock_diag_read(&q, row_keep, &rows), 0);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.at[0].rx_queue, 2);
	assert_int_equal(rows.at[0].tx_queue, 7);
	assert_int_equal(rows.at[0].uid, getuid());

	rows.count = 0;
	q.states = 1 << DIAG_ESTABLISHED;
	assert_int_equal(sock_diag_read(&q, row_keep, &rows), 0);
	assert_int_equal(rows.count, 3);
	assert_int_equal(
		getsockopt(accepted, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
	unsigned found = 0;
	for (unsigned i = 0; i < rows.count; i++) {
		if (rows.at[i].cookie != cookie)
			continue;
		found++;
		assert_int_equal(rows.at[i].rx_queue, 3);
		assert_true(rows.at[i].has_tcp && rows.at[i].tcp.mss > 0);
		assert_true(rows.at[i].tcp.bytes_received == 3);
	}
	assert_int_equal(found, 1);
	for (size_t i = 0; i < array_count(clients); i++)
		close(clients[i]);
	close(accepted);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_short_info),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

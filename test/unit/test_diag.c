/*
 * The kernel's tables of sockets: lines as it prints them (proc(5)), lines as
 * it never should, and a real listener of our own in a process that is looked
 * for by its port.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/diag.h"

/* The tables print addresses as numbers of the machine; these lines are of a
 * little-endian one. */
static const struct {
	const char *line;
	const char *local, *remote;
	uint16_t local_port, remote_port;
	unsigned state;
	uint32_t tx_queue, rx_queue, uid;
	uint64_t inode;
} lines[] = {
	{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 "
	  "00:00000000 00000000  1000        0 4711 1 0000000000000000 "
	  "100 0 0 10 0\n",
		"127.0.0.1", "0.0.0.0", 8080, 0, DIAG_LISTEN, 0, 3, 1000,
		4711 },
	{ "  12: 0A0200C0:0050 016433C6:D431 01 0001A2B0:00000000 "
	  "01:00000014 00000000    33        0 98765 3 0000000000000000 "
	  "20 4 30 10 -1",
		"192.0.2.10", "198.51.100.1", 80, 54321, DIAG_ESTABLISHED,
		0x1a2b0, 0, 33, 98765 },
	{ "1024: 0100007F:1F90 0100007F:C350 06 00000000:00000000 "
	  "03:00001766 00000000     0        0 0 3 0000000000000000",
		"127.0.0.1", "127.0.0.1", 8080, 50000, DIAG_TIME_WAIT, 0, 0, 0,
		0 },
	{ "   0: 00000000000000000000000001000000:01BB "
	  "00000000000000000000000000000000:0000 0A 00000000:00000000 "
	  "00:00000000 00000000     0        0 18446744073709551615 1 0",
		"::1", "::", 443, 0, DIAG_LISTEN, 0, 0, 0, UINT64_MAX },
	{ "   1: B80D01200000000000000000EF CDAB89:01BB", NULL, NULL, 0, 0, 0,
		0, 0, 0, 0 },
	{ "   1: B80D0120000000006745230001EFCDAB:FFFF "
	  "0000000000000000FFFF0000010200C0:0001 08 FFFFFFFF:00000001 "
	  "00:00000000 00000000 4294967295 0 1",
		"2001:db8::23:4567:abcd:ef01", "::ffff:192.0.2.1", 65535, 1,
		DIAG_CLOSE_WAIT, UINT32_MAX, 1, UINT32_MAX, 1 },
};

static void address_check(bool is_v6, const struct diag_end *end,
	const char *address, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	assert_non_null(inet_ntop(
		is_v6 ? AF_INET6 : AF_INET, end->address, text, sizeof(text)));
	assert_string_equal(text, address);
	assert_int_equal(end->port, port);
}

static void test_lines(void **state)
{
	(void)state;
	if (htonl(1) == 1)
		skip();
	for (size_t i = 0; i < array_count(lines); i++) {
		struct diag_tcp tcp;
		bool is_line = diag_tcp_parse(span_of(lines[i].line), &tcp);
		assert_int_equal(is_line, lines[i].local != NULL);
		if (!is_line)
			continue;
		assert_int_equal(
			tcp.is_v6, strchr(lines[i].local, ':') != NULL);
		address_check(tcp.is_v6, &tcp.local, lines[i].local,
			lines[i].local_port);
		address_check(tcp.is_v6, &tcp.remote, lines[i].remote,
			lines[i].remote_port);
		assert_int_equal(tcp.state, lines[i].state);
		assert_int_equal(tcp.tx_queue, lines[i].tx_queue);
		assert_int_equal(tcp.rx_queue, lines[i].rx_queue);
		assert_int_equal(tcp.uid, lines[i].uid);
		assert_true(tcp.inode == lines[i].inode);
	}
}

#define REST " 0A 0:0 00:0 0 1000 0 4711 1\n"

static const char *const no_lines[] = {
	"", "\n",
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
	"retrnsmt   uid  timeout inode\n",
	"0 0100007F:1F90 00000000:0000" REST,    /* no colon after sl */
	"0: 0100007F:1F90" REST,                 /* an end is missing */
	"0: 0100007:1F90 00000000:0000" REST,    /* 7 digits */
	"0: 010000007F:1F90 00000000:0000" REST, /* 10 digits */
	"0: 0100007F:11F90 00000000:0000" REST,  /* port above 65535 */
	"0: 0100007F: 00000000:0000" REST,       /* no port */
	"0: 0100007F 00000000:0000" REST,        /* no port */
	"0: 0100007G:1F90 00000000:0000" REST,   /* no digit */
	"0: 0100007F:1F90 00000000000000000000000000000000:0000" REST,
	"0: 0100007F:1F90 00000000:0000 0A 00 00:0 0 1000 0 4711",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00 0 1000 0 4711",
	"0: 0100007F:1F90 00000000:0000 XX 0:0 00:0 0 1000 0 4711",
	"0: 0100007F:1F90 00000000:0000 0A 0:123456789 00:0 0 1000 0 4711",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 4294967296 0 4711",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 -1 0 4711",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 47x1",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 "
	"18446744073709551616",
	"0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0", /* no inode */
};

static void test_no_lines(void **state)
{
	(void)state;
	struct diag_tcp tcp = { .inode = 7 };
	assert_true(diag_tcp_parse(
		SPAN("0: 0100007F:1F90 00000000:0000" REST), &tcp));
	assert_true(tcp.inode == 4711);
	for (size_t i = 0; i < array_count(no_lines); i++) {
		if (diag_tcp_parse(span_of(no_lines[i]), &tcp))
			fail_msg("taken for a socket: %s", no_lines[i]);
		assert_true(tcp.inode == 4711);
	}
}

/* No prefix of a line may be read beyond its end: each in a block of its
 * own size, where a sanitizer sees the first byte too many. */
static void test_cut_lines(void **state)
{
	struct span whole = span_of(lines[1].line);
	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct diag_tcp tcp;
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		char *bytes = realloc(copy, len > 0 ? len : 1);
		assert_non_null(bytes);
		memcpy(bytes, whole.at, len);
		bool is_line = diag_tcp_parse(
			(struct span){ bytes, len }, &tcp);
		free(bytes);
		/* "98765" is the last of what is needed. */
		const char *inode = strstr(whole.at, "98765");
		assert_int_equal(is_line, len > (size_t)(inode - whole.at));
	}
}

static const struct {
	const char *link;
	bool is_socket;
	uint64_t inode;
} links[] = {
	{ "socket:[4711]", true, 4711 },
	{ "socket:[18446744073709551615]", true, UINT64_MAX },
	{ "socket:[18446744073709551616]", false, 0 },
	{ "socket:[]", false, 0 },
	{ "socket:[", false, 0 },
	{ "socket:[4711", false, 0 },
	{ "socket:[4711] (deleted)", false, 0 },
	{ "socket:[-1]", false, 0 },
	{ "pipe:[4711]", false, 0 },
	{ "/tmp/socket:[4711]", false, 0 },
	{ "]", false, 0 },
	{ "", false, 0 },
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(links); i++) {
		uint64_t inode = 7;
		assert_int_equal(
			diag_socket_parse(span_of(links[i].link), &inode),
			links[i].is_socket);
		assert_true(inode == (links[i].is_socket ? links[i].inode
							 : UINT64_C(7)));
	}
}

/* A socket on a free port of the loopback address; its port. */
static uint16_t bind_loopback(int family, int *fd)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4
						     : (struct sockaddr *)&v6;
	socklen_t length = family == AF_INET ? sizeof(v4) : sizeof(v6);
	*fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, address, length) < 0 ||
		getsockname(*fd, address, &length) < 0)
		return 0;
	return ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
}

static void holder_check(int family)
{
	int fd;
	struct diag_holder holder;
	uint16_t port = bind_loopback(family, &fd);
	if (port == 0) {
		assert_int_equal(family, AF_INET6);
		print_message("no IPv6 here\n");
		return;
	}
	/* Bound, but not listening. */
	assert_int_equal(diag_port_holder(port, &holder), -ENOENT);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(prctl(PR_SET_NAME, "a\x1b[1m\n\x7fz"), 0);
	assert_int_equal(diag_port_holder(port, &holder), 0);
	assert_int_equal(holder.pid, getpid());
	assert_string_equal(holder.comm, "a?[1m??z");
	close(fd);
	holder.pid = -1;
	assert_int_equal(diag_port_holder(port, &holder), -ENOENT);
	assert_int_equal(holder.pid, -1);
}

static void test_holder_v4(void **state)
{
	(void)state;
	holder_check(AF_INET);
}

static void test_holder_v6(void **state)
{
	(void)state;
	holder_check(AF_INET6);
}

/* The socket is another's alone, once we have closed our descriptor. */
static void test_holder_is_another(void **state)
{
	int fd, pipes[2];
	char byte;
	struct diag_holder holder;
	(void)state;
	uint16_t port = bind_loopback(AF_INET, &fd);
	assert_true(port != 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipes[1]);
		_exit(read(pipes[0], &byte, 1) == 0 ? 0 : 1);
	}
	/* While both hold it, the lower pid is named. */
	assert_int_equal(diag_port_holder(port, &holder), 0);
	assert_int_equal(holder.pid, pid < getpid() ? pid : getpid());
	close(fd);
	assert_int_equal(diag_port_holder(port, &holder), 0);
	assert_int_equal(holder.pid, pid);
	close(pipes[1]);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* proc(5): the descriptors of another user's process are not ours to see, nor
 * those of one that is not dumpable (prctl(2)), for who is not root. */
static void test_holder_of_another_user(void **state)
{
	int fd, status;
	struct diag_holder holder;
	bool is_root = geteuid() == 0;
	(void)state;
	uint16_t port = bind_loopback(AF_INET, &fd);
	assert_true(port != 0);
	assert_int_equal(listen(fd, 1), 0);
	if (!is_root)
		assert_int_equal(prctl(PR_SET_DUMPABLE, 0), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fd);
		if (is_root && setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		_exit(diag_port_holder(port, &holder) == -ENOENT ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!is_root)
		assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_lines),
		cmocka_unit_test(test_cut_lines),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_holder_v4),
		cmocka_unit_test(test_holder_v6),
		cmocka_unit_test(test_holder_is_another),
		cmocka_unit_test(test_holder_of_another_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

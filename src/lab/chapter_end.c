/*
 * Connections in the server's hands, and how they end: accept(2), close(2),
 * and resets.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/counters.h"
#include "lab/chapters.h"

static void first_in_first_out(struct lab *l, int listener)
{
	int clients[3], before = 0;

	for (unsigned i = 0; i < 3; i++)
		clients[i] = lab_client(l, PORT);
	lab_as(l, "server");
	for (unsigned i = 0; i < 3; i++) {
		uint16_t port;
		int fd = lab_accept(l, listener, &port);
		lab_expect(l, "who came out", port, lab_port(clients[i]));
		lab_expect_is(l, "its descriptor is a new one",
			fd != listener && fd > before, true);
		before = fd;
	}
	lab_look_ss(l, PORT);
	lab_expect_text(l, "the listener", lab_state(listener), "LISTEN");
}

/* A child that waits in accept(2), and ends when it has one. */
static void blocks(struct lab *l, int listener)
{
	struct task task = { 0 };
	int status = -1;

	lab_claim(l, "On an empty queue accept(2) sleeps until somebody "
		     "comes.");
	lab_flush(l);
	pid_t child = fork();
	if (child < 0)
		lab_fail(l, "fork", errno);
	if (child == 0)
		_exit(accept(listener, NULL, NULL) < 0);
	for (unsigned ms = 0; ms < 3000 && task.state != 'S'; ms++) {
		lab_pause_ms(1);
		if (task_read(child, &task) < 0)
			break;
	}
	lab_pause_ms(100);
	if (task_read(child, &task) < 0)
		task.state = '?';
	lab_show(l, "ps", "a child in accept(%d, NULL, NULL): state %c",
		listener, task.state);
	lab_expect_is(l, "it sleeps, S", task.state == 'S', true);
	lab_expect(
		l, "it has not returned", waitpid(child, &status, WNOHANG), 0);
	lab_client(l, PORT);
	if (waitpid(child, &status, 0) < 0)
		lab_fail(l, "waitpid", errno);
	lab_expect_is(l, "woken, its accept(2) has succeeded",
		WIFEXITED(status) && WEXITSTATUS(status) == 0, true);
}

static void without_descriptors(struct lab *l, int listener)
{
	struct sock_row row = { 0 };
	struct rlimit limit, tight;

	lab_claim(l, "Where no descriptor is free, accept(2) fails with "
		     "EMFILE, and the connection stays in the queue.");
	lab_client(l, PORT);
	int lowest = dup(STDIN_FILENO);
	close(lowest);
	getrlimit(RLIMIT_NOFILE, &limit);
	tight = limit;
	tight.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &tight);
	lab_as(l, "server");
	lab_called(l, "setrlimit", 0, "RLIMIT_NOFILE, {rlim_cur=%d}", lowest);
	lab_expect_error(l, "accept", lab_accept(l, listener, NULL), EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!lab_row(PORT, 0, &row))
		row.rx_queue = 0;
	lab_expect(l, "wait in the queue", row.rx_queue, 1);
	lab_called(l, "setrlimit", 0, "RLIMIT_NOFILE, {rlim_cur=%" PRIu64 "}",
		(uint64_t)limit.rlim_cur);
	lab_expect_is(l, "now it is accepted",
		lab_accept(l, listener, NULL) >= 0, true);
}

void chapter_accept(struct lab *l)
{
	lab_claim(l, "Connections come out in the order in which they came "
		     "in, each with a descriptor of its own.");
	int listener = lab_server(l, PORT, 8);
	first_in_first_out(l, listener);
	blocks(l, listener);
	without_descriptors(l, listener);
}

/* A connection: the client's end, and the server's. */
struct pair {
	int client, server;
};

static struct pair pair_make(struct lab *l, int listener, uint16_t port)
{
	struct pair p = { .client = lab_client(l, port) };

	lab_as(l, "server");
	p.server = lab_accept(l, listener, NULL);
	if (p.server < 0)
		lab_fail(l, "accept", -p.server);
	lab_ladder(l, port);
	return p;
}

/* Seconds that a row's timer has left: "03:000016FF", in hundredths
 * (proc(5)). -1 where there is no such row. */
static int64_t timer_left_s(uint16_t port, unsigned state)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[512];
	int64_t left = -1;

	while (table != NULL && fgets(line, sizeof line, table) != NULL) {
		unsigned row_state, when;
		struct diag_tcp tcp;
		if (diag_tcp_parse(span_of(line), &tcp) &&
			(tcp.local.port == port || tcp.remote.port == port) &&
			sscanf(line, "%*s %*s %*s %x %*x:%*x %*x:%x",
				&row_state, &when) == 2 &&
			row_state == state)
			left = when / sysconf(_SC_CLK_TCK);
	}
	if (table != NULL)
		fclose(table);
	return left;
}

static void farewell(struct lab *l, int listener)
{
	char bytes[32];

	struct pair p = pair_make(l, listener, PORT);
	uint16_t port = lab_port(p.client);
	lab_as(l, "client");
	lab_close(l, p.client);
	lab_until_rows(PORT, DIAG_FIN_WAIT2, 1);
	lab_look_ss(l, PORT);
	lab_expect_text(
		l, "the server's end", lab_state(p.server), "CLOSE-WAIT");
	lab_as(l, "server");
	lab_expect(l, "read(2) says the end", lab_read(l, p.server, bytes), 0);
	lab_close(l, p.server);
	lab_until_rows(PORT, DIAG_TIME_WAIT, 1);
	lab_expect(l, "segments", lab_ladder(l, PORT), 4);
	lab_expect_text(l, "first", lab_flags(l, 0), "FIN,ACK");
	lab_expect_text(l, "third", lab_flags(l, 2), "FIN,ACK");

	lab_claim(l, "Who closes first keeps TIME-WAIT, for 60 seconds, "
		     "without a process.");
	struct sock_row row = { 0 };
	lab_look_tables(l, PORT);
	lab_expect_is(l, "the client's end has a row",
		lab_row(port, PORT, &row), true);
	lab_expect_text(
		l, "its state", diag_state_name(row.state), "TIME-WAIT");
	lab_expect(l, "its inode", row.inode, 0);
	lab_expect_is(l, "the server's end has one", lab_row(PORT, port, &row),
		false);
	lab_expect_within(
		l, "seconds left", timer_left_s(PORT, DIAG_TIME_WAIT), 55, 60);
}

void chapter_close(struct lab *l)
{
	char bytes[32] = "";

	lab_claim(l, "Each end says for itself that it is done: a FIN each "
		     "way, an ACK each way.");
	int listener = lab_server(l, PORT, 4);
	farewell(l, listener);

	lab_claim(l, "shutdown(2) closes one direction: the other goes on.");
	struct pair p = pair_make(l, listener, PORT);
	lab_as(l, "client");
	lab_shutdown_write(l, p.client);
	lab_as(l, "server");
	lab_expect(
		l, "the server reads the end", lab_read(l, p.server, bytes), 0);
	lab_expect(l, "and may still send", lab_send(l, p.server, "Bye"), 3);
	lab_as(l, "client");
	lab_read(l, p.client, bytes);
	lab_expect_text(l, "the client has read", bytes, "Bye");
	lab_expect_text(l, "its state", lab_state(p.client), "FIN-WAIT-2");
	lab_ladder(l, PORT);

	lab_claim(l, "A server that forgets to close stays in CLOSE-WAIT for "
		     "ever; the client's end is gone after "
		     "tcp_fin_timeout.");
	lab_sysctl(l, "ipv4/tcp_fin_timeout", 1);
	p = pair_make(l, listener, PORT);
	uint16_t port = lab_port(p.client);
	lab_as(l, "client");
	lab_close(l, p.client);
	lab_until_rows(PORT, DIAG_FIN_WAIT2, 2);
	lab_look_ss(l, PORT);
	lab_pause_ms(2500);
	struct sock_row row;
	lab_look_ss(l, PORT);
	lab_expect_is(l, "the client's end has a row",
		lab_row(port, PORT, &row), false);
	lab_expect_text(l, "the server's end, 2.5 s later", lab_state(p.server),
		"CLOSE-WAIT");
}

/* The last segment that went by has this flag. */
static bool ends_with(const struct lab *l, enum packet_flag flag)
{
	return l->segment_count > 0 &&
	       (l->segments[l->segment_count - 1].flags & flag) != 0;
}

static void data_after_close(struct lab *l, int listener)
{
	lab_claim(l, "Data for an end that is closed is answered by RST: the "
		     "first write succeeds, the next is EPIPE.");
	struct pair p = pair_make(l, listener, PORT);
	lab_as(l, "client");
	lab_close(l, p.client);
	lab_until_state(p.server, "CLOSE-WAIT");
	lab_as(l, "server");
	lab_expect(l, "the first", lab_send(l, p.server, "Hello"), 5);
	lab_until_state(p.server, "CLOSE");
	lab_ladder(l, PORT);
	lab_expect_is(l, "RST comes back", ends_with(l, PACKET_RST), true);
	lab_expect_error(l, "the next", lab_send(l, p.server, "Hello"), EPIPE);
}

void chapter_reset(struct lab *l)
{
	char bytes[32];

	lab_claim(l, "With SO_LINGER of 0 seconds close(2) sends RST in place "
		     "of FIN: the other end reads ECONNRESET.");
	int listener = lab_server(l, PORT, 4);
	struct pair p = pair_make(l, listener, PORT);
	lab_as(l, "client");
	lab_linger_zero(l, p.client);
	lab_close(l, p.client);
	lab_until_state(p.server, "CLOSE");
	lab_ladder(l, PORT);
	lab_expect_is(l, "RST was sent", ends_with(l, PACKET_RST), true);
	lab_expect(l, "rows in TIME-WAIT", lab_rows(PORT, DIAG_TIME_WAIT), 0);
	lab_as(l, "server");
	lab_expect_error(l, "read", lab_read(l, p.server, bytes), ECONNRESET);
	lab_expect_error(l, "send", lab_send(l, p.server, "Hello"), EPIPE);

	data_after_close(l, listener);

	lab_claim(l, "Who closes what it has not read to the end sends RST, "
		     "too: the other end must not believe that it was "
		     "read.");
	p = pair_make(l, listener, PORT);
	lab_as(l, "client");
	lab_send(l, p.client, "Hello");
	lab_as(l, "server");
	lab_close(l, p.server);
	lab_until_state(p.client, "CLOSE");
	lab_ladder(l, PORT);
	lab_expect_is(l, "RST was sent", ends_with(l, PACKET_RST), true);
	lab_as(l, "client");
	lab_expect_error(l, "read", lab_read(l, p.client, bytes), ECONNRESET);

	lab_claim(l, "Where nobody listens RST answers the SYN: "
		     "ECONNREFUSED.");
	int client = lab_socket(l);
	lab_expect_error(l, "connect",
		lab_connect(l, client, LOCALHOST, PORT + 1), ECONNREFUSED);
	lab_expect(l, "segments", lab_ladder(l, PORT + 1), 2);
	lab_expect_text(l, "the answer", lab_flags(l, 1), "RST,ACK");
}

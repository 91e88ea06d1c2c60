/*
 * The first chapters: a socket before it has a name, a name before it
 * listens. What the tutorial shows with lsof(8), ss(8) and /proc.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/chapters.h"

void chapter_socket(struct lab *l)
{
	char path[64], link[64] = "", inode[64];
	struct stat is = { 0 };

	lab_claim(l, "socket(2) returns the lowest descriptor that is free.");
	int lowest = dup(STDIN_FILENO);
	close(lowest);
	int fd = lab_socket(l);
	lab_expect(l, "the descriptor", fd, lowest);
	lab_close(l, fd);
	fd = lab_socket(l);
	lab_expect(l, "closed, it is the next one again", fd, lowest);

	lab_claim(l, "A descriptor leads to an inode, as that of a file does; "
		     "no path leads there.");
	lab_look_descriptor(l, fd);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (readlink(path, link, sizeof link - 1) < 0)
		lab_fail(l, path, errno);
	fstat(fd, &is);
	snprintf(inode, sizeof inode, "socket:[%ju]", (uintmax_t)is.st_ino);
	lab_expect_text(l, "the link", link, inode);
	lab_expect_is(l, "fstat(2) says that it is a socket",
		S_ISSOCK(is.st_mode), true);

	lab_claim(l, "It speaks TCP (lsof: \"protocol: TCP\"), its state is "
		     "CLOSE, and no table lists it.");
	lab_expect_text(l, "state, by TCP_INFO", lab_state(fd), "CLOSE");
	lab_look_ss(l, 0);
	lab_expect(l, "rows in any table", lab_rows(0, 0), 0);
}

/* Writes to a socket that is not connected, as a process of its own. */
static int write_in_child(struct lab *l)
{
	int status;
	char args[32];

	lab_flush(l);
	lab_as(l, "child");
	pid_t child = fork();
	if (child < 0)
		lab_fail(l, "fork", errno);
	if (child == 0) {
		int fd = lab_socket(l);
		snprintf(args, sizeof args, "%d, \"Hello\", 5", fd);
		lab_died(l, "write", args);
		ssize_t n = write(fd, "Hello", 5);
		_exit(n < 0 ? errno : 0);
	}
	if (waitpid(child, &status, 0) < 0)
		lab_fail(l, "waitpid", errno);
	/* What the child has told is of this claim, too: it goes on there. */
	l->teller.wants_comma = true;
	lab_as(l, "parent");
	if (WIFSIGNALED(status))
		lab_called(l, "wait4", child,
			"%d, [{WIFSIGNALED(s) && WTERMSIG(s) == SIG%s}]", child,
			sigabbrev_np(WTERMSIG(status)));
	else
		lab_called(l, "wait4", child,
			"%d, [{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", child,
			WEXITSTATUS(status));
	return status;
}

void chapter_write_closed(struct lab *l)
{
	lab_claim(l, "write(2) to a socket that is not connected kills the "
		     "process, by SIGPIPE.");
	int status = write_in_child(l);
	lab_expect_is(l, "it was killed", WIFSIGNALED(status), true);
	lab_expect(l, "by signal SIGPIPE, number", WTERMSIG(status), SIGPIPE);

	lab_as(l, "server");
	lab_claim(l, "Where SIGPIPE is ignored, write(2) fails with EPIPE.");
	signal(SIGPIPE, SIG_IGN);
	lab_called(l, "signal", 0, "SIGPIPE, SIG_IGN");
	int fd = lab_socket(l);
	lab_expect_error(l, "write", lab_write(l, fd, "Hello"), EPIPE);

	lab_claim(l, "With MSG_NOSIGNAL a single call asks for that, whatever "
		     "the process does with signals.");
	signal(SIGPIPE, SIG_DFL);
	lab_called(l, "signal", 0, "SIGPIPE, SIG_DFL");
	lab_expect_error(l, "send", lab_send(l, fd, "Hello"), EPIPE);
}

static void bytes_show(struct lab *l, const struct sockaddr_in *end)
{
	const uint8_t *b = (const uint8_t *)end;

	lab_show(l, "memory",
		"family %02x %02x, port %02x %02x, address %02x %02x %02x %02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
	lab_expect(l, "the bytes of the port, as one number", b[2] << 8 | b[3],
		PORT);
	lab_expect(l, "the first byte of the address", b[4], 127);
}

/* Without the right to do what root may (capabilities(7)). */
static void rights_drop(struct lab *l)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	long status = syscall(SYS_capset, &head, none);
	lab_called(l, "capset", status,
		"{version=3, pid=0}, {effective=0, permitted=0}");
}

static void bind_twice(struct lab *l)
{
	lab_claim(l, "One address and INADDR_ANY do not go together on one "
		     "port; two addresses do.");
	int any = lab_socket(l);
	lab_expect_error(l, "0.0.0.0 beside 127.0.0.1",
		lab_bind(l, any, ANYWHERE, PORT), EADDRINUSE);
	lab_expect_error(l, "127.0.0.2 beside 127.0.0.1",
		lab_bind(l, any, "127.0.0.2", PORT), 0);
}

/* A port whose last connection is in TIME-WAIT, here. */
static void time_wait_make(struct lab *l, uint16_t port, bool reuses)
{
	char bytes[32];

	lab_as(l, "server");
	int listener = lab_socket(l);
	if (reuses)
		lab_reuse_address(l, listener);
	lab_bind(l, listener, LOCALHOST, port);
	lab_listen(l, listener, 4);
	int client = lab_client(l, port);
	lab_as(l, "server");
	int connection = lab_accept(l, listener, NULL);
	lab_close(l, connection);
	lab_as(l, "client");
	lab_read(l, client, bytes);
	lab_close(l, client);
	lab_as(l, "server");
	lab_close(l, listener);
	lab_until_rows(port, DIAG_TIME_WAIT, 1);
	lab_look_tables(l, port);
}

static void bind_after_time_wait(struct lab *l)
{
	lab_claim(l, "While a connection of the port is in TIME-WAIT, a new "
		     "listener gets EADDRINUSE; with SO_REUSEADDR it is "
		     "bound.");
	time_wait_make(l, PORT + 1, true);
	int again = lab_socket(l);
	lab_expect_error(
		l, "bind", lab_bind(l, again, LOCALHOST, PORT + 1), EADDRINUSE);
	lab_reuse_address(l, again);
	lab_expect_error(l, "bind with SO_REUSEADDR",
		lab_bind(l, again, LOCALHOST, PORT + 1), 0);
	lab_expect_error(l, "listen", lab_listen(l, again, 4), 0);

	lab_claim(l, "It has to be set from the start: what the first "
		     "listener's connection lacks, the next cannot make up "
		     "for.");
	time_wait_make(l, PORT + 2, false);
	again = lab_socket(l);
	lab_reuse_address(l, again);
	lab_expect_error(l, "bind with SO_REUSEADDR",
		lab_bind(l, again, LOCALHOST, PORT + 2), EADDRINUSE);
}

void chapter_bind(struct lab *l)
{
	struct sockaddr_in end = { .sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	lab_claim(l, "In a sockaddr_in, port and address lie in network "
		     "order: the high byte first.");
	bytes_show(l, &end);

	lab_claim(l, "A socket that is bound has its address, and is still "
		     "invisible: no table lists it.");
	int fd = lab_socket(l);
	lab_expect_error(l, "bind", lab_bind(l, fd, LOCALHOST, PORT), 0);
	lab_expect(l, "its port, by getsockname(2)", lab_port(fd), PORT);
	lab_look_descriptor(l, fd);
	lab_look_tables(l, PORT);
	lab_expect(l, "rows", lab_rows(PORT, 0), 0);

	bind_twice(l);

	bind_after_time_wait(l);

	lab_claim(l, "Ports below 1024 are root's: EACCES. Where they begin to "
		     "be everybody's is a sysctl.");
	rights_drop(l);
	int low = lab_socket(l);
	lab_expect_error(
		l, "bind to port 80", lab_bind(l, low, LOCALHOST, 80), EACCES);
	lab_expect_error(
		l, "bind to port 1024", lab_bind(l, low, LOCALHOST, 1024), 0);
}

void chapter_listen(struct lab *l)
{
	struct sock_row row = { 0 };
	uint64_t cap = 0;

	lab_claim(l, "listen(2) takes the socket from CLOSE to LISTEN, and "
		     "now every table has it.");
	int fd = lab_socket(l);
	lab_bind(l, fd, LOCALHOST, PORT);
	lab_expect_text(l, "before", lab_state(fd), "CLOSE");
	lab_expect_error(l, "listen", lab_listen(l, fd, 4), 0);
	lab_expect_text(l, "after", lab_state(fd), "LISTEN");
	lab_look_tables(l, PORT);
	lab_look_descriptor(l, fd);
	lab_expect(l, "rows", lab_rows(PORT, DIAG_LISTEN), 1);
	lab_show(l, "proc",
		"the row says 0A: that is state %d; :%04X is "
		"port %d",
		DIAG_LISTEN, PORT, PORT);

	lab_claim(l, "The backlog is cut to net.core.somaxconn, and nobody is "
		     "told; another listen(2) changes it.");
	lab_sysctl(l, "core/somaxconn", 8);
	if (!stage_get("core/somaxconn", &cap))
		lab_fail(l, "net.core.somaxconn", ENOENT);
	lab_expect_error(l, "listen", lab_listen(l, fd, 100), 0);
	lab_look_ss(l, PORT);
	lab_expect_is(l, "there is a row", lab_row(PORT, 0, &row), true);
	lab_expect(l, "the backlog, ss's Send-Q", row.tx_queue, (int64_t)cap);
	lab_listen(l, fd, 4);
	if (!lab_row(PORT, 0, &row))
		row.tx_queue = 0;
	lab_expect(l, "and now", row.tx_queue, 4);

	lab_claim(l, "Without bind(2), listen(2) takes a free port itself, at "
		     "all addresses.");
	int other = lab_socket(l);
	lab_expect_error(l, "listen", lab_listen(l, other, 4), 0);
	lab_look_ss(l, lab_port(other));
	lab_expect_within(l, "its port", lab_port(other), 1024, 65535);
}

/*
 * The walls around the admin process: it has connections as a worker has them,
 * reads beneath /proc, asks sock_diag(7), and may do nothing that a worker may
 * do with files. Static functions in a header, because two programs include
 * it.
 */
#pragma once

#include "squeezer.h"

#include "io/counters.h"
#include "io/sock_diag.h"

/* Not sock_diag, which has the same family: it could change routes. */
static inline int make_route_socket(const struct stage *s)
{
	(void)s;
	return outcome(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static inline int make_unix_socket(const struct stage *s)
{
	(void)s;
	return outcome(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static inline int make_memfd(const struct stage *s)
{
	(void)s;
	return outcome(memfd_create("x", MFD_CLOEXEC));
}

static inline int write_to_proc(const struct stage *s)
{
	(void)s;
	return outcome(open("/proc/self/comm", O_WRONLY | O_CLOEXEC));
}

static inline void row_count(void *to, const struct sock_row *row)
{
	(void)row;
	(*(unsigned *)to)++;
}

/* The stage listens. */
static inline int list_sockets(const struct stage *s)
{
	const struct sock_query q = { .port = ntohs(s->to.sin_port),
		.states = SOCK_STATES_ALL };
	unsigned count = 0;
	int res = sock_diag_read(&q, row_count, &count);
	if (res < 0)
		return res;
	return count > 0 ? 0 : -ENOENT;
}

static inline int read_tasks(const struct stage *s)
{
	struct task task;
	int res = task_read(getpid(), &task);
	return res < 0 ? res : task_read(s->tester, &task);
}

static inline int read_counters(const struct stage *s)
{
	struct counters counters = { 0 };
	struct net_limits limits = { 0 };
	(void)s;
	counters_read(&counters, &limits);
	return limits.somaxconn > 0 ? 0 : -EACCES;
}

static inline int answer_client(const struct stage *s)
{
	char bytes[8];
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0 || recv(fd, bytes, sizeof(bytes), 0) != 5 ||
		getpeername(fd, (struct sockaddr *)&peer, &length) < 0 ||
		send(fd, "x", 1, MSG_NOSIGNAL) != 1 ||
		shutdown(fd, SHUT_WR) < 0)
		return -errno;
	return outcome(close(fd));
}

static const struct climb admin_forbidden[] = {
	WALL("open /etc/passwd", open_passwd, EACCES, 1, -1),
	WALL("open in /proc to write", write_to_proc, EACCES, 1, -1),
	WALL("openat2 below /", open_passwd_below, 0, 0, SYS_openat2),
	WALL("openat2 in the site", read_inside, 0, 0, SYS_openat2),
	WALL("unlink", unlink_file, 0, 0, SYS_unlinkat),
	WALL("truncate", truncate_file, 0, 0, SYS_truncate),
	WALL("memfd_create", make_memfd, 0, 0, SYS_memfd_create),
	WALL("socket of TCP", make_socket, 0, 0, SYS_socket),
	WALL("socket of AF_UNIX", make_unix_socket, 0, 0, SYS_socket),
	WALL("socket of rtnetlink", make_route_socket, 0, 0, SYS_socket),
	WALL("connect", connect_tcp, 0, 0, SYS_connect),
	WALL("sendto MSG_FASTOPEN", connect_by_send, 0, 0, SYS_sendto),
	WALL("sendmsg MSG_FASTOPEN", send_fast, 0, 0, SYS_sendmsg),
	WALL("bind", bind_tcp, 0, 0, SYS_bind),
	WALL("listen", listen_tcp, 0, 0, SYS_listen),
	WALL("setsockopt", set_ip_option, 0, 0, SYS_setsockopt),
	WALL("inotify_add_watch", add_watch, 0, 0, SYS_inotify_add_watch),
	WALL("execve /bin/true", exec_true, 0, 0, SYS_execve),
	WALL("fork", fork_child, 0, 0, SYS_clone),
	WALL("kill the parent", signal_tester, 0, 0, SYS_kill),
	WALL("ptrace", trace_me, 0, 0, SYS_ptrace),
	WALL("mmap PROT_EXEC", map_code, 0, 0, SYS_mmap),
	WALL("mprotect PROT_EXEC", turn_into_code, 0, 0, SYS_mprotect),
	WALL("setrlimit", set_limit, 0, 0, SYS_prlimit64),
	WALL("prctl", set_name, 0, 0, SYS_prctl),
};

static const struct climb admin_permitted[] = {
	OPEN("accept, recv, send, shutdown", answer_client, .dies = 0),
	OPEN("sock_diag", list_sockets, .dies = 0),
	OPEN("/proc/PID/stat", read_tasks, .dies = 0),
	OPEN("/proc/net, /proc/sys/net", read_counters, .dies = 0),
	OPEN("malloc, realloc, free", use_memory, .dies = 0),
	OPEN("abort", die_of_abort, .dies = SIGABRT),
};

/*
 * The walls around the helper that codes bodies: it has its channels and its
 * memory, and may do its job and nothing of what a worker may do besides.
 * Static functions in a header, because two programs include it.
 */
#pragma once

#include "forbidden.h"
#include "permitted.h"

#include "io/memfd.h"
#include "io/process.h"
#include "io/squeezer.h"

static inline int accept_client(const struct stage *s)
{
	return outcome(accept4(s->listener, NULL, NULL, SOCK_CLOEXEC));
}

static inline int send_bytes(const struct stage *s)
{
	return outcome(send(s->client, "x", 1, MSG_NOSIGNAL));
}

static inline int send_fast(const struct stage *s)
{
	struct iovec bytes = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1 };
	return outcome(sendmsg(s->ask, &m, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static inline int make_epoll(const struct stage *s)
{
	(void)s;
	return outcome(epoll_create1(EPOLL_CLOEXEC));
}

static inline int add_watch(const struct stage *s)
{
	return outcome(inotify_add_watch(s->inotify, "/tmp", IN_CREATE));
}

static inline int change_flags(const struct stage *s)
{
	return outcome(fcntl(s->client, F_SETFL, O_NONBLOCK));
}

static inline int handle_signal(const struct stage *s)
{
	(void)s;
	return signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -errno : 0;
}

/* Content in, codings out, as squeezer_run does it. */
static inline int squeeze_body(const struct stage *s)
{
	static char text[100000];
	struct squeeze_job job = {
		.number = 1, .codings = 14, .size = sizeof(text)
	};
	struct pollfd p = { .fd = s->ask, .events = POLLIN | POLLOUT };
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "to be or not to be "[i * i % 19];
	int content = memfd_of((struct span){ text, sizeof(text) });
	if (content < 0)
		return content;
	if (poll(&p, 1, -1) < 0)
		return -errno;
	return squeezer_do(&job, content, s->ask) ? 0 : -EBADMSG;
}

static inline int receive_descriptor(const struct stage *s)
{
	char byte;
	int fd;
	ssize_t got = process_receive(s->control, &byte, 1, &fd);
	if (got < 0)
		return (int)got;
	got = pread(fd, &byte, 1, 0);
	return got < 0 ? -errno : outcome(close(fd));
}

static const struct climb squeezer_forbidden[] = {
	WALL("open /etc/passwd", open_passwd, 0, 0, SYS_openat),
	WALL("openat2 below /", open_passwd_below, 0, 0, SYS_openat2),
	WALL("openat2 in the site", read_inside, 0, 0, SYS_openat2),
	WALL("openat2 to write", open_to_write, 0, 0, SYS_openat2),
	WALL("unlink", unlink_file, 0, 0, SYS_unlinkat),
	WALL("truncate", truncate_file, 0, 0, SYS_truncate),
	WALL("socket", make_socket, 0, 0, SYS_socket),
	WALL("connect", connect_tcp, 0, 0, SYS_connect),
	WALL("sendmsg MSG_FASTOPEN", send_fast, 0, 0, SYS_sendmsg),
	WALL("bind", bind_tcp, 0, 0, SYS_bind),
	WALL("listen", listen_tcp, 0, 0, SYS_listen),
	WALL("accept4", accept_client, 0, 0, SYS_accept4),
	WALL("send", send_bytes, 0, 0, SYS_sendto),
	WALL("setsockopt", set_ip_option, 0, 0, SYS_setsockopt),
	WALL("epoll_create1", make_epoll, 0, 0, SYS_epoll_create1),
	WALL("inotify_add_watch", add_watch, 0, 0, SYS_inotify_add_watch),
	WALL("execve /bin/true", exec_true, 0, 0, SYS_execve),
	WALL("fork", fork_child, 0, 0, SYS_clone),
	WALL("clone3", fork_by_clone3, 0, 0, SYS_clone3),
	WALL("kill the parent", signal_tester, 0, 0, SYS_kill),
	WALL("tgkill the parent", signal_tester_thread, 0, 0, SYS_tgkill),
	WALL("ptrace", trace_me, 0, 0, SYS_ptrace),
	WALL("mmap PROT_EXEC", map_code, 0, 0, SYS_mmap),
	WALL("mprotect PROT_EXEC", turn_into_code, 0, 0, SYS_mprotect),
	WALL("setrlimit", set_limit, 0, 0, SYS_prlimit64),
	WALL("fcntl F_SETFL", change_flags, 0, 0, SYS_fcntl),
	WALL("ioctl", ioctl_other, 0, 0, SYS_ioctl),
	WALL("sigaction", handle_signal, 0, 0, SYS_rt_sigaction),
	WALL("prctl", set_name, 0, 0, SYS_prctl),
};

static const struct climb squeezer_permitted[] = {
	OPEN("code a body", squeeze_body, .dies = 0),
	OPEN("a descriptor from a worker", receive_descriptor, .dies = 0),
	OPEN("malloc, realloc, free", use_memory, .dies = 0),
	OPEN("abort", die_of_abort, .dies = SIGABRT),
};

/*
 * What a worker must be able to do inside the walls, one row each: files
 * beneath the open directory, also such as were made later, connections, its
 * memory, its end. Static functions in a header, because two programs include
 * it.
 */
#pragma once

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <time.h>

#include "io/memfd.h"
#include "stage.h"

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)

/* 0 when the file holds `content`. */
static inline int read_at(int dir, const char *path, const char *content)
{
	char bytes[32] = { 0 };
	int fd = open_at(dir, path, O_RDONLY, BENEATH);
	if (fd < 0)
		return -errno;
	ssize_t n = pread(fd, bytes, sizeof(bytes) - 1, 0);
	close(fd);
	if (n < 0)
		return -errno;
	return strcmp(bytes, content) == 0 ? 0 : -EBADMSG;
}

static inline int read_inside(const struct stage *s)
{
	return read_at(s->site, "a/b", "inside");
}

static inline int read_from_parent(const struct stage *s)
{
	return read_at(s->parent, "site/a/b", "inside");
}

static inline void deploy(const struct stage *s)
{
	must(mkdirat(s->parent, "later", 0755));
	file_make(s->parent, "later/b", "later");
	must(symlinkat("later", s->parent, "next"));
	must(renameat(s->parent, "next", s->parent, "current"));
}

static inline int read_later(const struct stage *s)
{
	meanwhile(s);
	return read_at(s->parent, "later/b", "later");
}

static inline int read_switched(const struct stage *s)
{
	int error = read_at(s->parent, "current/a/b", "inside");
	if (error != 0)
		return error;
	meanwhile(s);
	return read_at(s->parent, "current/b", "later");
}

static inline int facts_of_file(const struct stage *s)
{
	struct statx facts;
	struct stat old;
	struct statfs system;
	int fd = open_at(s->site, "a/b", O_RDONLY, BENEATH);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &facts) < 0 ||
		facts.stx_size != 6 ||
		statx(s->site, "a/b", 0, STATX_ALL, &facts) < 0 ||
		fstat(fd, &old) < 0 || fstatfs(fd, &system) < 0 ||
		fstatat(s->site, "a/b", &old, 0) < 0 ||
		lseek(fd, 2, SEEK_SET) != 2)
		return -errno;
	return 0;
}

static inline int read_ahead(const struct stage *s)
{
	char bytes[8];
	struct iovec to = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	int fd = open_at(s->site, "a/b", O_RDONLY, BENEATH);
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED) != 0)
		return -errno;
	/* Not every file system knows RWF_NOWAIT; it may also say EAGAIN. */
	ssize_t n = preadv2(fd, &to, 1, 0, RWF_NOWAIT);
	return n >= 0 || errno == EAGAIN || errno == EOPNOTSUPP ? 0 : -errno;
}

static inline int read_the_link(const struct stage *s)
{
	char target[32];
	return outcome(readlinkat(s->site, "leak", target, sizeof(target)));
}

static inline int list_directory(const struct stage *s)
{
	unsigned count = 0;
	int fd = open_at(s->site, ".", O_RDONLY | O_DIRECTORY, BENEATH);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (directory == NULL)
		return -errno;
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count == 5 ? 0 : -EBADMSG; /* . .. a empty leak */
}

static inline void write_inside(const struct stage *s)
{
	file_make(s->site, "a/new", "new");
}

/* A watch on what an O_PATH descriptor is open on, and an event from it. */
static inline int watch_directory(const struct stage *s)
{
	char path[40];
	_Alignas(struct inotify_event) char event[256];
	int fd = open_at(s->site, "a", O_PATH | O_DIRECTORY, BENEATH);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int watch = inotify_add_watch(s->inotify, path, IN_CREATE | IN_ONLYDIR);
	if (watch < 0)
		return -errno;
	meanwhile(s);
	if (read(s->inotify, event, sizeof(event)) < 0)
		return -errno;
	return outcome(inotify_rm_watch(s->inotify, watch));
}

static inline int serve_client(const struct stage *s)
{
	char bytes[8];
	int on = 1;
	int pipes[2];
	off_t at = 0;
	int file = open_at(s->site, "a/b", O_RDONLY, BENEATH);
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (file < 0 || fd < 0 || recv(fd, bytes, sizeof(bytes), 0) != 5)
		return -errno;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0)
		return -errno;
	if (send(fd, "a", 1, MSG_NOSIGNAL | MSG_MORE) != 1 ||
		sendfile(fd, file, &at, 6) != 6 || pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	if (splice(file, &(loff_t){ 0 }, pipes[1], NULL, 6, 0) != 6 ||
		splice(pipes[0], NULL, fd, NULL, 6, 0) != 6)
		return -errno;
	struct iovec part = { .iov_base = bytes, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	if (sendmsg(fd, &message, MSG_NOSIGNAL) != 1 ||
		writev(fd, &part, 1) != 1 || shutdown(fd, SHUT_WR) < 0)
		return -errno;
	return outcome(close(fd));
}

static inline int ask_sockets(const struct stage *s)
{
	struct tcp_info info;
	struct sockaddr_storage name;
	socklen_t length = sizeof(info);
	if (getsockopt(s->client, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return -errno;
	length = sizeof(name);
	if (getsockname(s->client, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	length = sizeof(name);
	if (getpeername(s->client, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	if (fcntl(s->client, F_GETFL) < 0)
		return -errno;
	return outcome(fcntl(s->client, F_DUPFD_CLOEXEC, 3));
}

static inline int wait_for_events(const struct stage *s)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 ||
		epoll_ctl(epoll, EPOLL_CTL_ADD, s->listener, &event) < 0)
		return -errno;
	if (epoll_wait(epoll, &event, 1, 1000) != 1 ||
		epoll_pwait(epoll, &event, 1, 1000, NULL) != 1)
		return -errno;
	const struct timespec second = { .tv_sec = 1 };
	if (epoll_pwait2(epoll, &event, 1, &second, NULL) != 1)
		return -errno;
	return 0;
}

/* A descriptor from the master is good for what the master opened it for. */
static inline int take_descriptor(const struct stage *s)
{
	char byte;
	int gift;
	char space[CMSG_SPACE(sizeof(gift))] = { 0 };
	struct iovec to = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &to,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space) };
	if (recvmsg(s->control, &m, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&gift, CMSG_DATA(c), sizeof(gift));
	return outcome(read(gift, &byte, 1));
}

/* What a loop asks of its ring. */
static inline int use_ring(const struct stage *s)
{
	struct io_uring_sqe request = { 0 };
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	io_uring_prep_poll_add(&request, fd, POLLIN);
	int res = ask_ring(s, &request);
	ring_prepare_recv(&request, fd);
	if (res == 0)
		res = ask_ring(s, &request);
	io_uring_prep_write(&request, fd, "x", 1, 0);
	return res == 0 ? ask_ring(s, &request) : res;
}

static inline int copy_for_helper(const struct stage *s)
{
	(void)s;
	int fd = memfd_of(SPAN("a body"));
	if (fd < 0)
		return fd;
	return memfd_is_sealed(fd, 6) ? outcome(close(fd)) : -EBADMSG;
}

static inline int use_memory(const struct stage *s)
{
	(void)s;
	size_t size = (size_t)48 << 20;
	char *large = malloc(size);
	if (large == NULL)
		return -errno;
	memset(large, 1, size);
	char *larger = realloc(large, 2 * size);
	if (larger == NULL)
		return -errno;
	larger[2 * size - 1] = 1;
	free(larger);
	char *small[512];
	for (size_t i = 0; i < array_count(small); i++) {
		small[i] = malloc(8192);
		if (small[i] == NULL)
			return -errno;
		memset(small[i], 1, 8192);
	}
	for (size_t i = 0; i < array_count(small); i++)
		free(small[i]);
	return 0;
}

static inline int use_time(const struct stage *s)
{
	(void)s;
	struct timespec t = { .tv_nsec = 1000 };
	unsigned char seed[16];
	if (nanosleep(&t, NULL) < 0 || clock_gettime(CLOCK_TAI, &t) < 0 ||
		syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) < 0)
		return -errno;
	return outcome(syscall(SYS_getrandom, seed, sizeof(seed), 0));
}

static inline int use_signals(const struct stage *s)
{
	(void)s;
	sigset_t set;
	struct rlimit limit;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
		signal(SIGUSR1, SIG_IGN) == SIG_ERR || raise(SIGUSR1) != 0)
		return -errno;
	return outcome(getrlimit(RLIMIT_NOFILE, &limit));
}

static inline int format_text(const struct stage *s)
{
	FILE *out = fdopen(s->ask, "w");
	if (out == NULL || fprintf(out, "%d %s", 1, strerror(EACCES)) < 0 ||
		fflush(out) != 0)
		return -errno;
	time_t zero = 0;
	struct tm tm;
	return gmtime_r(&zero, &tm) != NULL ? 0 : -EBADMSG;
}

static inline int die_of_abort(const struct stage *s)
{
	(void)s;
	abort();
}

/* No wall refuses it. */
#define OPEN(words, function, more) \
	{ \
		.name = words, .climb = function, .call = -1, more \
	}

static const struct climb permitted[] = {
	OPEN("read beneath", read_inside, .dies = 0),
	OPEN("read from the parent", read_from_parent, .dies = 0),
	OPEN("read what is made later", read_later, .meanwhile = deploy),
	OPEN("read through a switched link", read_switched,
		.meanwhile = deploy),
	OPEN("statx, fstatfs, lseek", facts_of_file, .dies = 0),
	OPEN("preadv2, posix_fadvise", read_ahead, .dies = 0),
	OPEN("readlinkat", read_the_link, .dies = 0),
	OPEN("list beneath", list_directory, .dies = 0),
	OPEN("inotify on /proc/self/fd", watch_directory,
		.meanwhile = write_inside),
	OPEN("accept, recv, send, sendfile, splice", serve_client, .dies = 0),
	OPEN("getsockopt, getpeername, fcntl", ask_sockets, .dies = 0),
	OPEN("epoll", wait_for_events, .dies = 0),
	OPEN("a descriptor from the master", take_descriptor, .dies = 0),
	OPEN("the ring of the loop", use_ring, .dies = 0),
	OPEN("a body for the helper", copy_for_helper, .dies = 0),
	OPEN("malloc, realloc, free", use_memory, .dies = 0),
	OPEN("clocks, sleep, random", use_time, .dies = 0),
	OPEN("signals, getrlimit", use_signals, .dies = 0),
	OPEN("stdio on a descriptor", format_text, .dies = 0),
	OPEN("abort", die_of_abort, .dies = SIGABRT),
};

/*
 * The stage of the walls' tests: a small tree of files, sockets made before
 * the walls, and a child that enters some walls, climbs, and reports. Each
 * run has a stage of its own, so that a climb that succeeds harms no other.
 * Static functions in a header, because two programs include it.
 */
#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/digest.h"
#include "io/landlock.h"
#include "io/ring.h"
#include "io/sandbox.h"
#include "io/seccomp.h"

/*
 * base/outside              not to be read
 * base/open/                the directory that the walls leave open
 * base/open/current         a link to site
 * base/open/site/a/b        "inside"
 * base/open/site/leak       a link to ../../outside
 */
struct stage {
	char base[64];
	int slash, parent, site; /* O_PATH: /, base/open, base/open/site */
	int listener, idle;      /* TCP: with a client waiting; listening */
	int client, tcp, stream; /* the client; not bound; AF_UNIX */
	struct sockaddr_in to;   /* of the listener */
	int abstract;            /* AF_UNIX, listening */
	struct sockaddr_un name; /* of `abstract` */
	socklen_t name_length;
	int control; /* a message with a descriptor is waiting */
	int inotify;
	int other_ring;    /* an io_uring that may do anything */
	struct ring *ring; /* the climber's: a worker's io_uring */
	int ask, answer;   /* the climber's and the tester's end of a pair */
	pid_t tester;
};

struct climb {
	const char *name;
	int (*climb)(const struct stage *); /* 0 or -errno */
	int landlock; /* the errno by which Landlock refuses; 0: it does not */
	int abi;      /* since this version */
	int call;     /* that seccomp refuses, or -1: it does not */
	int dies;     /* the signal that it ends in, wherever it is tried */
	void (*meanwhile)(const struct stage *); /* see meanwhile() */
};

struct report {
	int result;
	int wall; /* 0, or why a wall could not be put up */
	struct seccomp_blocked blocked;
	int signal;
};

enum column {
	NO_WALL,
	LANDLOCK,
	TRAP,
	KILL,
	BOTH_TRAP,
	BOTH_KILL,
	/* Those of the helper that codes bodies. */
	HELPER_NO_WALL,
	HELPER_TRAP,
	HELPER_KILL,
	/* Those of the admin process. */
	ADMIN_NO_WALL,
	ADMIN_TRAP,
	ADMIN_KILL,
	COLUMNS
};

static const char *const column_names[] = {
	[NO_WALL] = "no wall",
	[LANDLOCK] = "Landlock",
	[TRAP] = "seccomp, trap",
	[KILL] = "seccomp, kill",
	[BOTH_TRAP] = "both, trap",
	[BOTH_KILL] = "both, kill",
	[HELPER_NO_WALL] = "the helper, no wall",
	[HELPER_TRAP] = "the helper, trap",
	[HELPER_KILL] = "the helper, kill",
	[ADMIN_NO_WALL] = "the admin process, no wall",
	[ADMIN_TRAP] = "the admin process, trap",
	[ADMIN_KILL] = "the admin process, kill",
};

#define must(call) must_at((call), #call, __LINE__)

static inline int must_at(long result, const char *what, int line)
{
	if (result < 0) {
		fprintf(stderr, "stage:%d: %s: %m\n", line, what);
		exit(1);
	}
	return (int)result;
}

static inline int outcome(long result)
{
	return result < 0 ? -errno : 0;
}

static inline int open_at(int dir, const char *path, int flags, int resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? 0600 : 0,
		.resolve = (unsigned)resolve,
	};
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static inline void file_make(int dir, const char *path, const char *content)
{
	int fd = must(openat(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0644));
	must(write(fd, content, strlen(content)));
	close(fd);
}

static inline void stage_tree(struct stage *s)
{
	static const char template[] = "/tmp/hstatic-walls-XXXXXX";
	memcpy(s->base, template, sizeof(template));
	assert(mkdtemp(s->base) != NULL);
	int base = must(open(s->base, O_PATH | O_DIRECTORY));
	file_make(base, "outside", "outside");
	must(mkdirat(base, "open", 0755));
	must(mkdirat(base, "open/site", 0755));
	must(mkdirat(base, "open/site/a", 0755));
	must(mkdirat(base, "open/site/empty", 0755));
	file_make(base, "open/site/a/b", "inside");
	must(symlinkat("../../outside", base, "open/site/leak"));
	must(symlinkat("site", base, "open/current"));
	s->slash = must(open("/", O_PATH | O_DIRECTORY));
	s->parent = must(openat(base, "open", O_PATH | O_DIRECTORY));
	s->site = must(openat(base, "open/site", O_PATH | O_DIRECTORY));
	close(base);
}

static inline int listen_on_loopback(struct sockaddr_in *address)
{
	*address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(*address);
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	must(bind(fd, (struct sockaddr *)address, length));
	must(listen(fd, 8));
	must(getsockname(fd, (struct sockaddr *)address, &length));
	return fd;
}

static inline void stage_sockets(struct stage *s)
{
	struct sockaddr_in ignored;
	s->listener = listen_on_loopback(&s->to);
	s->idle = listen_on_loopback(&ignored);
	s->client = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	must(connect(s->client, (struct sockaddr *)&s->to, sizeof(s->to)));
	must(send(s->client, "hello", 5, 0));
	s->tcp = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	s->stream = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	s->abstract = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	/* No name: the kernel makes an abstract one (unix(7), autobind). */
	s->name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	must(bind(s->abstract, (struct sockaddr *)&s->name,
		sizeof(s->name.sun_family)));
	must(listen(s->abstract, 8));
	s->name_length = sizeof(s->name);
	must(getsockname(
		s->abstract, (struct sockaddr *)&s->name, &s->name_length));
}

/* Sends the master's gift: a descriptor that the worker could not open. */
static inline void stage_control(struct stage *s)
{
	int pair[2];
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	int gift = must(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	char space[CMSG_SPACE(sizeof(gift))] = { 0 };
	struct iovec bytes = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(gift)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &gift, sizeof(gift));
	must(sendmsg(pair[0], &m, 0));
	close(pair[0]);
	close(gift);
	s->control = pair[1];
}

static inline void stage_open(struct stage *s)
{
	*s = (struct stage){ .tester = getpid() };
	stage_tree(s);
	stage_sockets(s);
	stage_control(s);
	s->inotify = must(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	struct io_uring_params any = { 0 };
	s->other_ring = must(syscall(SYS_io_uring_setup, 4, &any));
	int pair[2];
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	s->ask = pair[0];
	s->answer = pair[1];
}

static inline int remove_entry(
	const char *path, const struct stat *facts, int flag, struct FTW *where)
{
	(void)facts;
	(void)flag;
	(void)where;
	return remove(path);
}

static inline void stage_close(struct stage *s)
{
	const int fds[] = { s->slash, s->parent, s->site, s->listener, s->idle,
		s->client, s->tcp, s->stream, s->abstract, s->control,
		s->inotify, s->other_ring, s->ask, s->answer };
	for (size_t i = 0; i < array_count(fds); i++)
		close(fds[i]);
	must(nftw(s->base, remove_entry, 8, FTW_DEPTH | FTW_PHYS));
}

/* The result of one request of the worker's ring. */
static inline int ask_ring(
	const struct stage *s, const struct io_uring_sqe *request)
{
	struct io_uring_cqe *completion;
	struct io_uring_sqe *slot = ring_request(s->ring);
	if (slot == NULL)
		return -ECHILD;
	*slot = *request;
	if (ring_wait(s->ring, 1000) < 0 ||
		io_uring_peek_cqe(&s->ring->uring, &completion) != 0)
		return -ECHILD;
	int res = completion->res;
	io_uring_cqe_seen(&s->ring->uring, completion);
	return res < 0 ? res : 0;
}

/* The climber asks the tester to do its part of the climb, and waits. */
static inline void meanwhile(const struct stage *s)
{
	char byte = 'x';
	if (write(s->ask, &byte, 1) != 1 || read(s->ask, &byte, 1) != 1)
		_exit(1);
}

static inline int walls_enter(const struct stage *s, enum column column)
{
	struct sandbox_state state;
	struct sandbox_rules rules = { .read_dirs = &s->parent,
		.count = 1,
		.ring = s->ring->uring.ring_fd,
		.kills = column == BOTH_KILL };
	switch (column) {
	case LANDLOCK:
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		return landlock_enter(rules.read_dirs, rules.count);
	case TRAP:
	case KILL:
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		return seccomp_enter(
			SECCOMP_WORKER, column == KILL, s->ring->uring.ring_fd);
	case BOTH_TRAP:
	case BOTH_KILL:
		return sandbox_enter(&rules, SANDBOX_REQUIRE, &state);
	case HELPER_TRAP:
	case HELPER_KILL:
		rules = (struct sandbox_rules){ .role = SECCOMP_SQUEEZER,
			.ring = -1,
			.kills = column == HELPER_KILL };
		return sandbox_enter(&rules, SANDBOX_REQUIRE, &state);
	case ADMIN_TRAP:
	case ADMIN_KILL:
		rules = (struct sandbox_rules){ .role = SECCOMP_ADMIN,
			.reads_proc = true,
			.ring = -1,
			.kills = column == ADMIN_KILL };
		return sandbox_enter(&rules, SANDBOX_REQUIRE, &state);
	case NO_WALL:
	case HELPER_NO_WALL:
	case ADMIN_NO_WALL:
	case COLUMNS:
		break;
	}
	return 0;
}

static inline void child_climb(const struct stage *s, const struct climb *c,
	enum column column, int out)
{
	struct report report = { 0 };
	struct stage climber = *s;
	static struct ring ring;
	char digest[DIGEST_LENGTH];
	signal(SIGPIPE, SIG_IGN);
	alarm(10);
	close(s->answer);
	climber.ring = &ring;
	must(ring_open(&ring));
	digest_of(SPAN(""), digest); /* as both processes do before */
	report.wall = walls_enter(&climber, column);
	if (report.wall == 0)
		report.result = c->climb(&climber);
	report.blocked = seccomp_blocked_take();
	if (write(out, &report, sizeof(report)) != sizeof(report))
		_exit(1);
	_exit(0);
}

static inline void answer(const struct stage *s, const struct climb *c)
{
	char byte;
	if (c->meanwhile == NULL || read(s->answer, &byte, 1) != 1)
		return;
	c->meanwhile(s);
	must(write(s->answer, &byte, 1));
}

/* What became of the climb. No report, and no signal: it became another
 * program, which counts as success. */
static inline struct report stage_run(const struct climb *c, enum column column)
{
	struct stage s;
	struct report report = { 0 };
	int pipes[2];
	int status;
	stage_open(&s);
	must(pipe2(pipes, O_CLOEXEC));
	fflush(NULL);
	pid_t pid = must(fork());
	if (pid == 0)
		child_climb(&s, c, column, pipes[1]);
	close(pipes[1]);
	close(s.ask);
	answer(&s, c);
	if (read(pipes[0], &report, sizeof(report)) != sizeof(report))
		report = (struct report){ 0 };
	must(waitpid(pid, &status, 0));
	if (WIFSIGNALED(status))
		report.signal = WTERMSIG(status);
	else if (WEXITSTATUS(status) != 0)
		report.result = -ECHILD;
	close(pipes[0]);
	s.ask = -1;
	stage_close(&s);
	return report;
}

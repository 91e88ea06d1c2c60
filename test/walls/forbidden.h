/*
 * What a worker must not be able to do, one row each: which wall refuses it,
 * and that it succeeds where no wall does, so that no row passes because the
 * climb itself was wrong. Static functions in a header, because two programs
 * include it.
 */
#pragma once

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include "stage.h"

#define SITE_FILE "a/b"

static inline int open_passwd(const struct stage *s)
{
	(void)s;
	return outcome(syscall(
		SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static inline int open_passwd_below(const struct stage *s)
{
	return outcome(open_at(s->slash, "etc/passwd", O_RDONLY, 0));
}

static inline int open_outside(const struct stage *s)
{
	return outcome(open_at(s->parent, "../outside", O_RDONLY, 0));
}

static inline int open_leak(const struct stage *s)
{
	return outcome(open_at(s->site, "leak", O_RDONLY, 0));
}

static inline int list_slash(const struct stage *s)
{
	return outcome(open_at(s->slash, ".", O_RDONLY | O_DIRECTORY, 0));
}

static inline int open_to_write(const struct stage *s)
{
	return outcome(open_at(s->site, SITE_FILE, O_WRONLY, 0));
}

static inline int open_to_append(const struct stage *s)
{
	return outcome(open_at(s->site, SITE_FILE, O_RDWR | O_APPEND, 0));
}

static inline int open_to_truncate(const struct stage *s)
{
	return outcome(open_at(s->site, SITE_FILE, O_RDONLY | O_TRUNC, 0));
}

static inline int open_to_make(const struct stage *s)
{
	return outcome(open_at(s->site, "new", O_RDONLY | O_CREAT, 0));
}

static inline int open_unnamed(const struct stage *s)
{
	return outcome(open_at(s->site, ".", O_WRONLY | O_TMPFILE, 0));
}

static inline int open_descriptor_anew(const struct stage *s)
{
	char path[40];
	int fd = open_at(s->site, SITE_FILE, O_RDONLY, RESOLVE_BENEATH);
	if (fd < 0)
		return -ECHILD;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return outcome(open_at(AT_FDCWD, path, O_WRONLY, 0));
}

static inline int creat_new(const struct stage *s)
{
	return outcome(syscall(SYS_openat, s->site, "new",
		O_WRONLY | O_CREAT | O_TRUNC, 0600));
}

static inline int truncate_file(const struct stage *s)
{
	char path[100];
	snprintf(path, sizeof(path), "%s/open/site/a/b", s->base);
	return outcome(syscall(SYS_truncate, path, 0L));
}

static inline int unlink_file(const struct stage *s)
{
	return outcome(syscall(SYS_unlinkat, s->site, SITE_FILE, 0));
}

static inline int remove_directory(const struct stage *s)
{
	return outcome(syscall(SYS_unlinkat, s->site, "empty", AT_REMOVEDIR));
}

static inline int rename_file(const struct stage *s)
{
	return outcome(
		syscall(SYS_renameat2, s->site, SITE_FILE, s->site, "a/c", 0));
}

static inline int link_file(const struct stage *s)
{
	return outcome(
		syscall(SYS_linkat, s->site, SITE_FILE, s->site, "a/c", 0));
}

static inline int symlink_file(const struct stage *s)
{
	return outcome(syscall(SYS_symlinkat, "b", s->site, "a/c"));
}

static inline int make_directory(const struct stage *s)
{
	return outcome(syscall(SYS_mkdirat, s->site, "new", 0700));
}

static inline int make_fifo(const struct stage *s)
{
	return outcome(syscall(SYS_mknodat, s->site, "new", S_IFIFO | 0600, 0));
}

static inline int chmod_file(const struct stage *s)
{
	return outcome(syscall(SYS_fchmodat, s->site, SITE_FILE, 0777));
}

static inline int utimes_file(const struct stage *s)
{
	return outcome(syscall(SYS_utimensat, s->site, SITE_FILE, NULL, 0));
}

static inline int connect_tcp(const struct stage *s)
{
	return outcome(connect(
		s->tcp, (const struct sockaddr *)&s->to, sizeof(s->to)));
}

static inline int connect_by_send(const struct stage *s)
{
	shutdown(s->idle, SHUT_RDWR);
	return outcome(sendto(s->idle, "x", 1, MSG_FASTOPEN,
		(const struct sockaddr *)&s->to, sizeof(s->to)));
}

static inline int connect_by_sendmsg(const struct stage *s)
{
	struct sockaddr_in to = s->to;
	struct iovec bytes = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr m = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &bytes,
		.msg_iovlen = 1 };
	shutdown(s->idle, SHUT_RDWR);
	return outcome(sendmsg(s->idle, &m, MSG_FASTOPEN));
}

static inline int connect_abstract(const struct stage *s)
{
	return outcome(connect(
		s->stream, (const struct sockaddr *)&s->name, s->name_length));
}

static inline int bind_tcp(const struct stage *s)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return outcome(bind(s->tcp, (struct sockaddr *)&any, sizeof(any)));
}

static inline int listen_tcp(const struct stage *s)
{
	return outcome(listen(s->tcp, 1));
}

static inline int make_socket(const struct stage *s)
{
	(void)s;
	return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static inline int set_ip_option(const struct stage *s)
{
	int ttl = 3;
	return outcome(
		setsockopt(s->client, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)));
}

static inline int exec_true(const struct stage *s)
{
	(void)s;
	char *const argv[] = { (char[]){ "true" }, NULL };
	char *const none[] = { NULL };
	return outcome(execve("/bin/true", argv, none));
}

static inline int fork_child(const struct stage *s)
{
	(void)s;
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	return outcome(waitpid((pid_t)pid, NULL, 0));
}

static inline int fork_by_clone3(const struct stage *s)
{
	(void)s;
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	return outcome(waitpid((pid_t)pid, NULL, 0));
}

static inline int signal_tester(const struct stage *s)
{
	return outcome(kill(s->tester, 0));
}

static inline int signal_tester_thread(const struct stage *s)
{
	return outcome(syscall(SYS_tgkill, s->tester, s->tester, 0));
}

static inline int trace_me(const struct stage *s)
{
	(void)s;
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static inline int map_code(const struct stage *s)
{
	(void)s;
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -errno : 0;
}

static inline int turn_into_code(const struct stage *s)
{
	(void)s;
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ECHILD;
	return outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static inline int set_limit(const struct stage *s)
{
	(void)s;
	struct rlimit none = { 0, 0 };
	return outcome(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &none, NULL));
}

static inline int read_limit_of_tester(const struct stage *s)
{
	struct rlimit limit;
	return outcome(
		syscall(SYS_prlimit64, s->tester, RLIMIT_CORE, NULL, &limit));
}

static inline int send_signals_by_fcntl(const struct stage *s)
{
	return outcome(fcntl(s->client, F_SETOWN, getpid()));
}

static inline int ioctl_other(const struct stage *s)
{
	int waiting;
	return outcome(ioctl(s->client, FIONREAD, &waiting));
}

static inline int leave_namespace(const struct stage *s)
{
	(void)s;
	return outcome(syscall(SYS_unshare, 0));
}

static inline int set_name(const struct stage *s)
{
	(void)s;
	return outcome(prctl(PR_SET_NAME, "other", 0, 0, 0));
}

static inline int ring_set_up(const struct stage *s)
{
	(void)s;
	struct io_uring_params params = { 0 };
	return outcome(syscall(SYS_io_uring_setup, 4, &params));
}

/* A ring of the climber's own, without restrictions, from before the walls. */
static inline int ring_enter_other(const struct stage *s)
{
	return outcome(
		syscall(SYS_io_uring_enter, s->other_ring, 0, 0, 0, NULL, 0));
}

static inline int ring_register(const struct stage *s)
{
	int none = -1;
	return outcome(syscall(SYS_io_uring_register, s->other_ring,
		IORING_REGISTER_FILES, &none, 1));
}

/* Which system call seccomp refuses, -1 for none. */
#define WALL(words, function, landlock_errno, since_abi, system_call) \
	{ \
		.name = words, .climb = function, .landlock = landlock_errno, \
		.abi = since_abi, .call = system_call \
	}

static const struct climb forbidden[] = {
	WALL("open /etc/passwd", open_passwd, EACCES, 1, SYS_openat),
	WALL("openat2 below /", open_passwd_below, EACCES, 1, -1),
	WALL("openat2 of ..", open_outside, EACCES, 1, -1),
	WALL("openat2 through a link", open_leak, EACCES, 1, -1),
	WALL("openat2 / to list it", list_slash, EACCES, 1, -1),
	WALL("openat2 to write", open_to_write, EACCES, 1, -1),
	WALL("openat2 to append", open_to_append, EACCES, 1, -1),
	WALL("openat2 to truncate", open_to_truncate, EACCES, 3, -1),
	WALL("openat2 to make a file", open_to_make, EACCES, 1, -1),
	WALL("openat2 O_TMPFILE", open_unnamed, EACCES, 1, -1),
	WALL("openat2 of /proc/self/fd", open_descriptor_anew, EACCES, 1, -1),
	WALL("creat", creat_new, EACCES, 1, SYS_openat),
	WALL("truncate", truncate_file, EACCES, 3, SYS_truncate),
	WALL("unlink", unlink_file, EACCES, 1, SYS_unlinkat),
	WALL("rmdir", remove_directory, EACCES, 1, SYS_unlinkat),
	WALL("rename", rename_file, EACCES, 1, SYS_renameat2),
	WALL("link", link_file, EACCES, 1, SYS_linkat),
	WALL("symlink", symlink_file, EACCES, 1, SYS_symlinkat),
	WALL("mkdir", make_directory, EACCES, 1, SYS_mkdirat),
	WALL("mkfifo", make_fifo, EACCES, 1, SYS_mknodat),
	WALL("chmod", chmod_file, 0, 0, SYS_fchmodat),
	WALL("utimensat", utimes_file, 0, 0, SYS_utimensat),
	WALL("connect", connect_tcp, EACCES, 4, SYS_connect),
	WALL("sendto MSG_FASTOPEN", connect_by_send, 0, 0, SYS_sendto),
	WALL("sendmsg MSG_FASTOPEN", connect_by_sendmsg, 0, 0, SYS_sendmsg),
	WALL("connect, abstract", connect_abstract, EPERM, 6, SYS_connect),
	WALL("bind", bind_tcp, EACCES, 4, SYS_bind),
	WALL("listen", listen_tcp, 0, 0, SYS_listen),
	WALL("socket", make_socket, 0, 0, SYS_socket),
	WALL("setsockopt, other level", set_ip_option, 0, 0, SYS_setsockopt),
	WALL("execve /bin/true", exec_true, EACCES, 1, SYS_execve),
	WALL("fork", fork_child, 0, 0, SYS_clone),
	WALL("clone3", fork_by_clone3, 0, 0, SYS_clone3),
	WALL("kill the parent", signal_tester, EPERM, 6, SYS_kill),
	WALL("tgkill the parent", signal_tester_thread, EPERM, 6, SYS_tgkill),
	WALL("ptrace", trace_me, 0, 0, SYS_ptrace),
	WALL("mmap PROT_EXEC", map_code, 0, 0, SYS_mmap),
	WALL("mprotect PROT_EXEC", turn_into_code, 0, 0, SYS_mprotect),
	WALL("setrlimit", set_limit, 0, 0, SYS_prlimit64),
	WALL("prlimit of another", read_limit_of_tester, 0, 0, SYS_prlimit64),
	WALL("fcntl F_SETOWN", send_signals_by_fcntl, 0, 0, SYS_fcntl),
	WALL("ioctl", ioctl_other, 0, 0, SYS_ioctl),
	WALL("unshare", leave_namespace, 0, 0, SYS_unshare),
	WALL("prctl", set_name, 0, 0, SYS_prctl),
	WALL("io_uring_setup", ring_set_up, 0, 0, SYS_io_uring_setup),
	WALL("io_uring_enter, another", ring_enter_other, 0, 0,
		SYS_io_uring_enter),
	WALL("io_uring_register", ring_register, 0, 0, SYS_io_uring_register),
};

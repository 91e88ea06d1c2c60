/*
 * The lists of system calls of a worker and of the helper that codes bodies,
 * as seccomp filters, and what becomes of a call that is not on them. The
 * filter sees numbers, not what pointers lead to: the flags of openat2 are
 * Landlock's affair, and without Landlock nobody's. Must not know what the
 * worker serves. The master needs other calls and never comes here.
 */
#include "io/seccomp.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code; the C library does not name it */
#endif

/* Where a system call leaves its result when a signal interrupts it. */
#if defined(__x86_64__)
#define RESULT_OF(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define RESULT_OF(context) ((context)->uc_mcontext.regs[0])
#endif

static const int worker_calls[] = {
	/* the loop */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(restart_syscall),
	/* connections */
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendfile),
	SCMP_SYS(splice),
	SCMP_SYS(pipe2),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	/* files */
	SCMP_SYS(openat2),
	SCMP_SYS(statx),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(preadv2),
	SCMP_SYS(write),
	SCMP_SYS(poll), /* is there room on standard error? */
	SCMP_SYS(ppoll),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(fadvise64),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
	SCMP_SYS(close),
	SCMP_SYS(memfd_create), /* a body for the helper */
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* the C library and the end */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(membarrier),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), /* malloc asks how many arenas */
	SCMP_SYS(sysinfo),           /* qsort asks how much memory there is */
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

#define EQUAL(number, value) \
	{ \
		.arg = (number), .op = SCMP_CMP_EQ, .datum_a = (value) \
	}
#define LACKS(number, bits) \
	{ \
		.arg = (number), .op = SCMP_CMP_MASKED_EQ, .datum_a = (bits) \
	}

/* Allowed only when all of `args` hold; a call may have several rows. */
static const struct rule {
	int call;
	unsigned count;
	struct scmp_arg_cmp args[2];
} worker_rules[] = {
	/* A listener that was shut down could connect anew by MSG_FASTOPEN,
	 * past the walls around connect(). */
	{ SCMP_SYS(sendto), 1, { LACKS(3, MSG_FASTOPEN) } },
	{ SCMP_SYS(sendmsg), 1, { LACKS(2, MSG_FASTOPEN) } },
	{ SCMP_SYS(setsockopt), 1, { EQUAL(1, SOL_SOCKET) } },
	{ SCMP_SYS(setsockopt), 1, { EQUAL(1, IPPROTO_TCP) } },
	{ SCMP_SYS(mmap), 1, { LACKS(2, PROT_EXEC) } },
	{ SCMP_SYS(mprotect), 1, { LACKS(2, PROT_EXEC) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_GETFL) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_GETFD) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_SETFD) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_DUPFD_CLOEXEC) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_ADD_SEALS) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_GET_SEALS) } },
	/* isatty(), which stdio asks of a terminal. */
	{ SCMP_SYS(ioctl), 1, { EQUAL(1, TCGETS) } },
	/* getrlimit() of ourselves, not setrlimit(). */
	{ SCMP_SYS(prlimit64), 2, { EQUAL(0, 0), EQUAL(2, 0) } },
};

static const int squeezer_calls[] = {
	/* jobs and results */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(recvmsg),
	SCMP_SYS(pread64),
	SCMP_SYS(memfd_create),
	SCMP_SYS(write),
	SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* the C library and the end */
	SCMP_SYS(writev),
	SCMP_SYS(fstat),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const struct rule squeezer_rules[] = {
	{ SCMP_SYS(sendmsg), 1, { LACKS(2, MSG_FASTOPEN) } },
	{ SCMP_SYS(mmap), 1, { LACKS(2, PROT_EXEC) } },
	{ SCMP_SYS(mprotect), 1, { LACKS(2, PROT_EXEC) } },
	{ SCMP_SYS(fcntl), 1, { EQUAL(1, F_ADD_SEALS) } },
};

/* Connections as a worker has them, and the kernel's lists of sockets. */
static const int admin_calls[] = {
	/* the loop */
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(restart_syscall),
	/* connections */
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(close),
	/* /proc, and standard error */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* the C library and the end */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sysinfo), /* qsort asks how much memory there is */
	SCMP_SYS(lseek),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const struct rule admin_rules[] = {
	/* sock_diag(7), and no other socket. */
	{ SCMP_SYS(socket), 2,
		{ EQUAL(0, AF_NETLINK), EQUAL(2, NETLINK_SOCK_DIAG) } },
	{ SCMP_SYS(sendto), 1, { LACKS(3, MSG_FASTOPEN) } },
	{ SCMP_SYS(sendmsg), 1, { LACKS(2, MSG_FASTOPEN) } },
	{ SCMP_SYS(mmap), 1, { LACKS(2, PROT_EXEC) } },
	{ SCMP_SYS(mprotect), 1, { LACKS(2, PROT_EXEC) } },
};

static const struct list {
	const int *calls;
	size_t call_count;
	const struct rule *rules;
	size_t rule_count;
} lists[] = {
	[SECCOMP_WORKER] = { worker_calls, array_count(worker_calls),
		worker_rules, array_count(worker_rules) },
	[SECCOMP_ADMIN] = { admin_calls, array_count(admin_calls), admin_rules,
		array_count(admin_rules) },
	[SECCOMP_SQUEEZER] = { squeezer_calls, array_count(squeezer_calls),
		squeezer_rules, array_count(squeezer_rules) },
};

static volatile sig_atomic_t blocked_count, blocked_last;

#ifdef RESULT_OF
static void on_sigsys(int number, siginfo_t *info, void *context)
{
	(void)number;
	if (info->si_code != SYS_SECCOMP)
		return;
	blocked_last = info->si_syscall;
	blocked_count++;
	RESULT_OF((ucontext_t *)context) = -EPERM;
}

/* The kernel kills a process that blocks the signal of its own trap. */
static int sigsys_take(void)
{
	struct sigaction action = { .sa_sigaction = on_sigsys,
		.sa_flags = SA_SIGINFO };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	if (sigaction(SIGSYS, &action, NULL) < 0 ||
		sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		return -errno;
	return 0;
}

#define ACTION_BLOCKED SCMP_ACT_TRAP
#else
/* No result to set: blocked all the same, but not counted. */
static int sigsys_take(void)
{
	return 0;
}

#define ACTION_BLOCKED SCMP_ACT_ERRNO(EPERM)
#endif

struct seccomp_blocked seccomp_blocked_take(void)
{
	struct seccomp_blocked blocked = {
		.count = (unsigned)blocked_count,
		.last = blocked_last,
	};
	blocked_count = 0;
	return blocked;
}

void seccomp_call_name(int call, struct text *out)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
	if (name != NULL)
		text_add(out, span_of(name));
	else
		text_add_u64(out, (uint64_t)call);
	free(name);
}

/* A negative number is libseccomp's for a call this processor lacks. */
static int allow(scmp_filter_ctx filter, const struct rule *r)
{
	if (r->call < 0)
		return 0;
	return seccomp_rule_add_array(
		filter, SCMP_ACT_ALLOW, r->call, r->count, r->args);
}

static int rules_add(scmp_filter_ctx filter, const struct list *l, int ring)
{
	int error = 0;
	for (size_t i = 0; i < l->call_count && error == 0; i++)
		error = allow(filter, &(struct rule){ .call = l->calls[i] });
	for (size_t i = 0; i < l->rule_count && error == 0; i++)
		error = allow(filter, &l->rules[i]);
	if (error != 0)
		return error;
	/* abort() ends in this; to anybody else it would be kill(). */
	const struct rule self = { SCMP_SYS(tgkill), 1,
		{ EQUAL(0, (scmp_datum_t)getpid()) } };
	/* That it asks for nothing else is a matter of the ring (ring.c). */
	const struct rule enter = { SCMP_SYS(io_uring_enter), 1,
		{ EQUAL(0, (scmp_datum_t)ring) } };
	error = allow(filter, &self);
	return error == 0 && ring >= 0 ? allow(filter, &enter) : error;
}

static int filter_load(scmp_filter_ctx filter, const struct list *l, int ring)
{
	/* A call by another table of numbers, 32-bit or x32, is no accident. */
	int error = seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A binary tree instead of a chain: send() passes it each time. */
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* The kernel's own errno instead of ECANCELED for everything. */
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (error == 0)
		error = rules_add(filter, l, ring);
	return error != 0 ? error : seccomp_load(filter);
}

int seccomp_enter(enum seccomp_role role, bool kills, int ring)
{
	/* The C library opens the zone's file at the first conversion of a
	 * time, gmtime_r() included. */
	tzset();
	int error = kills ? 0 : sigsys_take();
	if (error != 0)
		return error;
	scmp_filter_ctx filter = seccomp_init(
		kills ? SCMP_ACT_KILL_PROCESS : ACTION_BLOCKED);
	if (filter == NULL)
		return -ENOMEM;
	error = filter_load(filter, &lists[role], ring);
	seccomp_release(filter);
	return error;
}

/*
 * The door to processes (process.h): signalfd(2), fork(2), socketpair(2).
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void master_signals(sigset_t *set)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP,
		SIGCHLD };

	sigemptyset(set);
	for (size_t i = 0; i < array_count(signals); i++)
		sigaddset(set, signals[i]);
}

void process_streams_open(void)
{
	int fd;

	/* The lowest free number is what open(2) gives. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int process_signals_open(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	master_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int process_signal_take(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) != (ssize_t)sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

void process_signals_release(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-C reaches the whole process group, a service manager may tell
	 * every process: it is the master that tells us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	master_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void process_helper_begin(const char *name)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void process_yield(void)
{
	/* What it does is wanted some time; a request is wanted now. */
	setpriority(PRIO_PROCESS, 0, 10);
	sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
}

int process_channel(int ends[2])
{
	return socketpair(AF_UNIX,
		       SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       ends) < 0
		       ? -errno
		       : 0;
}

pid_t process_fork(int *channel)
{
	int ends[2];
	int res = process_channel(ends);

	if (res < 0)
		return res;
	pid_t pid = fork();
	if (pid < 0) {
		int error = errno;
		close(ends[0]);
		close(ends[1]);
		return -error;
	}
	*channel = ends[pid == 0];
	close(ends[pid != 0]);
	return pid;
}

/* What process_descriptors_raise found: what others take for theirs. */
static struct rlimit descriptors_before;

/* Streams on /dev/null, and nothing beyond them. */
static int spawn_files(posix_spawn_file_actions_t *files)
{
	int error = 0;

	for (int fd = 0; fd <= STDERR_FILENO && error == 0; fd++)
		error = posix_spawn_file_actions_addopen(
			files, fd, "/dev/null", O_RDWR, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(
			files, STDERR_FILENO + 1);
	return error;
}

/* An ignored signal stays ignored across execve(2), a blocked one blocked. */
static void spawn_signals(posix_spawnattr_t *attributes)
{
	static const int ours[] = { SIGPIPE, SIGUSR1, SIGUSR2 };
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	for (size_t i = 0; i < array_count(ours); i++)
		sigaddset(&defaults, ours[i]);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
}

pid_t process_spawn(const char *const argv[])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	struct rlimit now;
	pid_t pid = 0;

	if (posix_spawn_file_actions_init(&files) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return -ENOMEM;
	}
	spawn_signals(&attributes);
	int error = spawn_files(&files);
	/* Programs that close all they could have, or use select(2), suffer
	 * from a high limit; it is inherited at the fork, so lower ours. */
	bool is_raised = descriptors_before.rlim_max > 0 &&
			 getrlimit(RLIMIT_NOFILE, &now) == 0;
	if (is_raised)
		setrlimit(RLIMIT_NOFILE, &descriptors_before);
	if (error == 0)
		error = posix_spawnp(&pid, argv[0], &files, &attributes,
			(char *const *)argv, environ);
	if (is_raised)
		setrlimit(RLIMIT_NOFILE, &now);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return error != 0 ? -error : pid;
}

pid_t process_reap(int *status)
{
	pid_t pid = waitpid(-1, status, WNOHANG);

	return pid < 0 ? 0 : pid;
}

void process_kill(pid_t pid)
{
	kill(pid, SIGKILL);
}

void process_end(pid_t pid)
{
	process_kill(pid);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* Room for one descriptor beside a message (unix(7), SCM_RIGHTS). */
union rights {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int process_send(int channel, const void *message, size_t size, int fd)
{
	union rights rights = { .head = { .cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS,
					.cmsg_len = CMSG_LEN(sizeof fd) } };
	struct iovec iov = { .iov_base = (void *)message, .iov_len = size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&rights.head), &fd, sizeof fd);
		m.msg_control = &rights;
		m.msg_controllen = sizeof rights;
	}
	return sendmsg(channel, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t process_receive(int channel, void *message, size_t size, int *fd)
{
	union rights rights;
	struct iovec iov = { .iov_base = message, .iov_len = size };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof rights };

	*fd = -1;
	ssize_t got = recvmsg(channel, &m, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -errno;
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	if (head != NULL && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), sizeof *fd);
	return got;
}

void process_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

pid_t process_id(void)
{
	return getpid();
}

bool process_is_self(pid_t pid)
{
	return pid == getpid();
}

void process_pause(unsigned ms)
{
	const struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

unsigned process_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

unsigned process_descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	descriptors_before = limit;
	rlim_t soft = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = soft;
	return (unsigned)min_u64(limit.rlim_cur, 1u << 20);
}

uint64_t process_random(void)
{
	uint64_t value = 0;

	/* Never interrupted for so few bytes (getrandom(2)). */
	if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value)
		abort();
	return value;
}

bool process_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

unsigned process_terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

const char *process_status_text(int status)
{
	static char text[64];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof text, "killed by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof text, "exited with status %d",
			WEXITSTATUS(status));
	return text;
}

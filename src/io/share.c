/*
 * memfd_create(2), seals, and abstract sockets (share.h).
 */
#include "io/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/span.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

#define SEALS      (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)
#define DOOR_NAME  "hstatic/xray/"
#define DOOR_QUEUE 16
#define WAIT_S     1

static int share_fill(struct share *s)
{
	if (ftruncate(s->fd, (off_t)s->size) < 0)
		return -errno;
	s->at = mmap(NULL, s->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, s->fd, 0);
	if (s->at == MAP_FAILED)
		return -errno;
	/* Our mapping stays writable; there will be no other that is. */
	return fcntl(s->fd, F_ADD_SEALS, SEALS) < 0 ? -errno : 0;
}

int share_make(struct share *s, size_t size)
{
	*s = (struct share){ .size = size,
		.fd = memfd_create("xray", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	int res = s->fd < 0 ? -errno : share_fill(s);
	if (res < 0)
		share_drop(s);
	return res;
}

int share_view(struct share *s, int fd)
{
	struct stat facts;

	*s = (struct share){ .fd = fd };
	int seals = fcntl(fd, F_GET_SEALS);
	int res = seals < 0 || (seals & F_SEAL_SHRINK) == 0 ? -EBADF : 0;
	if (res == 0 && fstat(fd, &facts) < 0)
		res = -errno;
	if (res == 0) {
		s->size = (size_t)facts.st_size;
		s->at = mmap(NULL, s->size, PROT_READ, MAP_SHARED, fd, 0);
		if (s->at == MAP_FAILED)
			res = -errno;
	}
	if (res < 0)
		share_drop(s);
	return res;
}

int share_narrow(struct share *s)
{
	munmap(s->at, s->size);
	return share_view(s, s->fd);
}

void share_drop(struct share *s)
{
	if (s->at != NULL && s->at != MAP_FAILED)
		munmap(s->at, s->size);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct share){ .fd = -1 };
}

static socklen_t door_address(pid_t pid, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int len = snprintf(out->sun_path + 1, sizeof out->sun_path - 1,
		DOOR_NAME "%d", (int)pid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)len);
}

int door_open(pid_t pid)
{
	struct sockaddr_un a;
	socklen_t len = door_address(pid, &a);
	int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, len) == 0 &&
		listen(fd, DOOR_QUEUE) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int peer_read(int fd, struct peer *out)
{
	struct ucred who;
	socklen_t size = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return -errno;
	*out = (struct peer){ .pid = who.pid, .uid = who.uid };
	return 0;
}

int door_answer(int door, struct peer *out)
{
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	int res = peer_read(fd, out);
	if (res == 0)
		return fd;
	close(fd);
	return res;
}

static int door_enter(int fd, pid_t pid)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct sockaddr_un a;
	socklen_t len = door_address(pid, &a);
	struct peer who;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
		connect(fd, (struct sockaddr *)&a, len) < 0)
		return -errno;
	int res = peer_read(fd, &who);
	/* Abstract names have no owner: anybody may have taken it. */
	return res == 0 && who.pid != pid ? -EPERM : res;
}

int door_knock(pid_t pid)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int res = door_enter(fd, pid);
	if (res == 0)
		return fd;
	close(fd);
	return res;
}

static bool is_known(const pid_t *all, unsigned count, pid_t pid)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i] == pid)
			return true;
	}
	return false;
}

/* A line of /proc/net/unix ends with the name, '@' for its NUL. */
static pid_t line_pid(const char *line)
{
	const char *name = strstr(line, " @" DOOR_NAME);
	uint64_t pid;

	if (name == NULL)
		return 0;
	struct span s = span_of(name + strlen(" @" DOOR_NAME));
	s = span_first(s, span_find(s, '\n'));
	return span_read_u64(s, &pid) && pid <= INT32_MAX ? (pid_t)pid : 0;
}

unsigned door_list(pid_t *out, unsigned max)
{
	FILE *table = fopen("/proc/net/unix", "re");
	char line[512];
	unsigned count = 0;

	while (table != NULL && count < max &&
		fgets(line, sizeof line, table) != NULL) {
		pid_t pid = line_pid(line);
		/* Whoever is inside has the same name. */
		if (pid > 0 && !is_known(out, count, pid))
			out[count++] = pid;
	}
	if (table != NULL)
		fclose(table);
	return count;
}

bool peer_is_family(const struct peer *p)
{
	return p->uid == 0 || p->uid == geteuid();
}

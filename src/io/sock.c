/*
 * Calls on connected sockets (sock.h).
 */
#include "io/sock.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

int sock_recv(int fd, char *at, size_t size)
{
	ssize_t got;

	do {
		got = recv(fd, at, size, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : (int)got;
}

int sock_send(int fd, const struct gather *g)
{
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT |
		    ((g->flags & SEND_MORE) != 0 ? MSG_MORE : 0);
	struct msghdr message = { .msg_iov = (struct iovec *)g->iov,
		.msg_iovlen = g->count };
	ssize_t sent;

	do {
		sent = g->count == 1 ? send(fd, g->iov->iov_base,
					       g->iov->iov_len, flags)
				     : sendmsg(fd, &message, flags);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : (int)sent;
}

int sock_sendfile(int fd, const struct file_slice *slice)
{
	off_t offset = (off_t)slice->offset;
	ssize_t sent;

	do {
		sent = sendfile(fd, slice->fd, &offset, slice->len);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return sent == 0 ? -ENODATA : (int)sent;
}

uint32_t sock_acked(struct loop *l, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof info;

	(void)l;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return 0;
	return (uint32_t)info.tcpi_bytes_acked;
}

void sock_shutdown(struct loop *l, int fd)
{
	(void)l;
	shutdown(fd, SHUT_WR);
}

void sock_close(struct loop *l, int fd)
{
	(void)l;
	close(fd);
}

static bool is_passing(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPROTO ||
	       error == EPERM || error == ENETDOWN || error == EHOSTDOWN ||
	       error == EHOSTUNREACH || error == ENETUNREACH;
}

int sock_accept(int listener)
{
	int fd;

	do {
		fd = accept4(
			listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && is_passing(errno));
	return fd < 0 ? -errno : fd;
}

/* Times that it was enough before it is more. */
#define ACCEPTS_FULL 8

void accept_pace_learn(struct accept_pace *p, unsigned count, bool was_empty)
{
	if (was_empty) {
		*p = (struct accept_pace){ .more = count > 0 ? count - 1 : 0 };
	} else if (++p->full == ACCEPTS_FULL) {
		unsigned next = 2 * accept_pace_count(p);
		p->more = (next < ACCEPTS_MAX ? next : ACCEPTS_MAX) - 1;
		p->full = 0;
	}
}

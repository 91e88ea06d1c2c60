/*
 * The floor on epoll: one recv and one send per request, or a sendfile loop.
 * A new connection is tried at once, since its request is there already; what
 * is short waits for room, which small answers never have to.
 */
#include "floor.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define EVENTS_MAX 512
/*
 * What one connection sends of a file before the others' turn, its head
 * included: whole 64 KiB segments. More a turn, or a part of a segment at its
 * end, costs up to twice as much (NOTES.md).
 */
#define FILE_TURN ((size_t)256 << 10)

struct conn {
	unsigned matched; /* of the end of a head */
	unsigned owed;    /* answers not sent to their end */
	size_t sent;      /* of the one that is being sent, file included */
	bool is_waiting;  /* for room */
};

static struct conn conns[CONNS_MAX];
static char requests[REQUEST_ROOM];
static int epoll;

static void conn_close(int fd)
{
	close(fd);
}

static void conn_watch(int fd, int how, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	epoll_ctl(epoll, how, fd, &event);
}

/* Sends as many answers as one call takes; gives what sendto gave. */
static ssize_t send_answers(const struct floor *floor, int fd)
{
	struct conn *conn = &conns[fd];
	unsigned count = conn->owed < floor->copies ? conn->owed
						    : floor->copies;
	size_t len = count * floor->answer_len - conn->sent;
	ssize_t n = send(fd, floor->bytes + conn->sent, len, MSG_NOSIGNAL);

	if (n < 0)
		return n;
	size_t sent = conn->sent + (size_t)n;
	conn->owed -= (unsigned)(sent / floor->answer_len);
	conn->sent = sent % floor->answer_len;
	return n;
}

/* Sends one turn's share of a head and the file behind it. */
static ssize_t send_file(const struct floor *floor, int fd)
{
	struct conn *conn = &conns[fd];
	size_t room = FILE_TURN;
	ssize_t n;

	if (conn->sent < floor->answer_len) {
		n = send(fd, floor->bytes + conn->sent,
			floor->answer_len - conn->sent,
			MSG_NOSIGNAL | MSG_MORE);
		if (n < 0)
			return n;
		conn->sent += (size_t)n;
		if (conn->sent < floor->answer_len)
			return n;
		room -= floor->answer_len % room;
	}
	off_t at = (off_t)(conn->sent - floor->answer_len);
	size_t left = floor->file_len - (size_t)at;
	n = sendfile(fd, floor->file, &at, left < room ? left : room);
	if (n < 0)
		return n;
	conn->sent += (size_t)n;
	if (conn->sent == floor->answer_len + floor->file_len) {
		conn->owed--;
		conn->sent = 0;
	}
	return n;
}

/* Waits for room; what has none, or has had its turn. */
static bool conn_wait(int fd, int how)
{
	if (!conns[fd].is_waiting)
		conn_watch(fd, how, EPOLLOUT);
	conns[fd].is_waiting = true;
	return true;
}

/* Sends what is owed. False: the connection is no more. */
static bool conn_answer(const struct floor *floor, int fd, int how)
{
	struct conn *conn = &conns[fd];

	while (conn->owed > 0) {
		ssize_t n = floor->file < 0 ? send_answers(floor, fd)
					    : send_file(floor, fd);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0 || (floor->file >= 0 && conn->owed > 0))
			return conn_wait(fd, how);
	}
	if (floor->closes)
		return false;
	if (conn->is_waiting || how == EPOLL_CTL_ADD)
		conn_watch(fd, how, EPOLLIN);
	conn->is_waiting = false;
	return true;
}

/* False: the connection is to be closed. */
static bool conn_receive(const struct floor *floor, int fd, int how)
{
	struct conn *conn = &conns[fd];
	ssize_t n = recv(fd, requests, sizeof requests, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	if (n > 0)
		conn->owed += ends_count(&conn->matched, requests, (size_t)n);
	if (conn->owed > 0)
		return conn_answer(floor, fd, how);
	if (how == EPOLL_CTL_ADD)
		conn_watch(fd, how, EPOLLIN);
	return true;
}

static void listener_ready(const struct floor *floor)
{
	for (;;) {
		int fd = accept4(floor->listener, NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (fd >= CONNS_MAX) {
			close(fd);
			continue;
		}
		conns[fd] = (struct conn){ 0 };
		if (!conn_receive(floor, fd, EPOLL_CTL_ADD))
			conn_close(fd);
	}
}

static void conn_ready(const struct floor *floor, int fd)
{
	bool stays = conns[fd].is_waiting
			     ? conn_answer(floor, fd, EPOLL_CTL_MOD)
			     : conn_receive(floor, fd, EPOLL_CTL_MOD);
	if (!stays)
		conn_close(fd);
}

int floor_epoll(const struct floor *floor)
{
	struct epoll_event events[EVENTS_MAX];

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;
	conn_watch(floor->listener, EPOLL_CTL_ADD, EPOLLIN);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
		if (count < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == floor->listener)
				listener_ready(floor);
			else
				conn_ready(floor, events[i].data.fd);
		}
	}
}

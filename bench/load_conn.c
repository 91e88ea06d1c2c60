/*
 * A connection's system calls and the way of its answers through one buffer.
 * Bodies are received into memory and left there, as a client does that reads
 * them; comparing them is run.py's work, before anything is timed.
 */
#include "load_conn.h"

#include "load_answer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for what a receive buffer usually holds, so that large bodies take few
   calls; before it, the kept beginning of a head. */
#define ROOM (256 << 10)

static char buffer[ANSWER_HEAD_MAX + ROOM];

int conn_open(
	struct conn *conn, const struct options *options, in_addr_t source)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*conn = (struct conn){ .fd = fd };
	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (source) {
		struct sockaddr_in address = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = source,
		};
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
			sizeof one);
		if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
			goto failed;
	}
	if (connect(fd, (const struct sockaddr *)&options->server,
		    sizeof options->server) < 0 &&
		errno != EINPROGRESS)
		goto failed;
	return 0;
failed:
	conn->fd = -1;
	int status = -errno;
	close(fd);
	return status;
}

void conn_close(struct conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	free(conn->kept);
	*conn = (struct conn){ .fd = -1 };
}

static enum conn_news conn_fail(struct conn *conn, struct counts *counts)
{
	counts->errors += conn->awaited > 0 ? conn->awaited : 1;
	conn_close(conn);
	return CONN_ENDED;
}

enum conn_news conn_ask(
	struct conn *conn, const struct options *options, struct counts *counts)
{
	static struct iovec parts[DEPTH_MAX];
	struct msghdr message = { .msg_iov = parts,
		.msg_iovlen = options->depth };
	size_t len = 0;
	ssize_t n;

	for (unsigned i = 0; i < options->depth; i++) {
		const struct request *request = request_next(options);
		parts[i] = (struct iovec){ (char *)request->at, request->len };
		len += request->len;
	}
	conn->awaited = options->depth;
	if (options->depth == 1)
		n = send(conn->fd, parts[0].iov_base, len, MSG_NOSIGNAL);
	else
		n = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
	conn->is_unsent = n < 0 && errno == EAGAIN;
	if (conn->is_unsent)
		return CONN_WAITS;
	/* They fit into an empty socket buffer: short is as bad as failed. */
	if (n != (ssize_t)len)
		return conn_fail(conn, counts);
	return CONN_WAITS;
}

/* Keeps the beginning of a head until the rest comes. */
static bool conn_keep(struct conn *conn, const char *at, size_t len)
{
	if (!conn->kept)
		conn->kept = malloc(ANSWER_HEAD_MAX);
	if (!conn->kept || len > ANSWER_HEAD_MAX)
		return false;
	memcpy(conn->kept, at, len);
	conn->kept_len = len;
	return true;
}

/* An answer is read to its end, once nothing is left of its body. */
static void conn_count(struct conn *conn, struct counts *counts)
{
	if (conn->body_left > 0)
		return;
	conn->awaited--;
	counts->answers++;
}

/* Takes what belongs to one answer; how much, or -1. 0: a part of a head. */
static ssize_t conn_take(struct conn *conn, const struct options *options,
	struct counts *counts, const char *at, size_t len)
{
	if (conn->body_left > 0) {
		size_t n = len < conn->body_left ? len : conn->body_left;
		conn->body_left -= n;
		counts->bytes += n;
		conn_count(conn, counts);
		return (ssize_t)n;
	}
	struct answer answer;
	int n = conn->awaited == 0 ? -1 : answer_read(&answer, at, len);
	if (n <= 0)
		return n;
	counts->unexpected += answer.status != options->status;
	conn->is_ending = answer.ends_conn;
	conn->body_left = answer.body_len;
	conn_count(conn, counts);
	return n;
}

enum conn_news conn_hear(
	struct conn *conn, const struct options *options, struct counts *counts)
{
	char *at = buffer + ANSWER_HEAD_MAX;
	ssize_t n = recv(conn->fd, at, ROOM, 0);

	if (n < 0 && errno == EAGAIN)
		return CONN_WAITS;
	if (n <= 0 && conn->awaited > 0)
		return conn_fail(conn, counts);
	if (n <= 0) {
		conn_close(conn);
		return CONN_ENDED;
	}
	size_t len = (size_t)n + conn->kept_len;
	at -= conn->kept_len;
	if (conn->kept_len > 0)
		memcpy(at, conn->kept, conn->kept_len);
	conn->kept_len = 0;
	while (len > 0) {
		n = conn_take(conn, options, counts, at, len);
		if (n < 0 || (n == 0 && !conn_keep(conn, at, len)))
			return conn_fail(conn, counts);
		if (n == 0)
			break;
		at += n;
		len -= (size_t)n;
	}
	return conn->awaited == 0 ? CONN_ANSWERED : CONN_WAITS;
}

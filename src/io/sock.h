/*
 * The calls on connected sockets, as the loops make them: never blocking, an
 * interruption tried again, -errno, -EAGAIN when it has to wait.
 */
#pragma once

#include "base/attr.h"
#include "io/loop.h"

/* recv(2): bytes received, 0 at the end of the stream. */
must_check int sock_recv(int fd, char *at, size_t size);

/* sendmsg(2), without SIGPIPE: bytes sent. */
must_check int sock_send(int fd, const struct gather *gather);

/* loop_ops.acked for any loop: tcp(7), TCP_INFO; 0 for what is not TCP. */
uint32_t sock_acked(struct loop *l, int fd);

/* loop_ops.shutdown for any loop: shutdown(2). */
void sock_shutdown(struct loop *l, int fd);

/* loop_ops.close for a loop that has no registrations to undo: close(2). */
void sock_close(struct loop *l, int fd);

/* sendfile(2): bytes sent; -ENODATA where the file has no more. SIGPIPE must
 * be ignored by the process: this call has no flag for it. */
must_check int sock_sendfile(int fd, const struct file_slice *slice);

/*
 * accept4(2): a non-blocking socket. What went wrong with one connection that
 * is gone already is passed over (accept(2), "Error handling").
 */
must_check int sock_accept(int listener);

/*
 * How many connections to accept at a time. A call that finds none is dear: the
 * kernel has made a socket for it by then. One call too few is only another
 * turn. So this many are asked for as were there last time, and more when there
 * have been as many several times in a row.
 */
struct accept_pace {
	unsigned more; /* accepts at a time, less one: 0 at the start */
	unsigned full; /* times in a row that there were as many */
};

/* New connections taken from one listener at a time, at most: the others of a
 * batch wait no longer than for so many. */
#define ACCEPTS_MAX 32

static inline unsigned accept_pace_count(const struct accept_pace *p)
{
	return p->more + 1;
}

/* `count` were there, and then perhaps none. */
void accept_pace_learn(struct accept_pace *p, unsigned count, bool was_empty);

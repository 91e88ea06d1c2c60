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

/* Bytes that the peer has acknowledged (tcp(7), TCP_INFO), modulo 2^32; 0 for
 * a socket that is not TCP. */
uint32_t sock_acked(int fd);

/* sendfile(2): bytes sent; -ENODATA where the file has no more. SIGPIPE must
 * be ignored by the process: this call has no flag for it. */
must_check int sock_sendfile(int fd, const struct file_slice *slice);

/*
 * accept4(2): a non-blocking socket. What went wrong with one connection that
 * is gone already is passed over (accept(2), "Error handling").
 */
must_check int sock_accept(int listener);

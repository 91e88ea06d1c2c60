/*
 * An io_uring(7), as this server uses it: set up, given buffers to receive
 * into, and restricted for good to a handful of operations. None of them can
 * do what the system calls that the walls allow (seccomp.c) cannot. Knows no
 * loop: io/uring.c has that.
 */
#pragma once

#include <liburing.h>

#include "base/attr.h"
#include "base/span.h"

/* Requests that are handed to the kernel in one call, at most. */
#define RING_REQUESTS 256

/* Receives that may be worked on at the same time; others wait for a buffer.
 * A power of two. */
#define RING_BUFFERS 64

struct ring {
	struct io_uring uring;
	struct io_uring_buf_ring *queue; /* of buffers the kernel may fill */
	char *bytes;                     /* RING_BUFFERS of them, one area */
};

/*
 * Opens it for the calling thread, which alone can use it. 0 or -errno: -EPERM
 * where it is forbidden, -ENOSYS or -EINVAL where the kernel is too old.
 */
must_check int ring_open(struct ring *r);

/* No request that receives may be in flight. */
void ring_close(struct ring *r);

/* A request to be filled in; it goes out with the next call. NULL when the
 * kernel takes none. */
must_check struct io_uring_sqe *ring_request(struct ring *r);

/* Hands over what is to be submitted, and waits for a completion for `wait_ms`
 * (0: does not; negative: for ever). 0 or -errno. */
must_check int ring_wait(struct ring *r, int wait_ms);

/* Asks to receive from `fd` into a buffer that the kernel picks. */
void ring_prepare_recv(struct io_uring_sqe *request, int fd);

/* Which buffer a completion came with, or -1. */
int ring_buffer(const struct io_uring_cqe *completion);

/* The first `len` bytes of a buffer. */
struct span ring_buffer_span(const struct ring *r, int buffer, size_t len);

/* The kernel may fill it again. */
void ring_buffer_return(struct ring *r, int buffer);

/*
 * Choosing an event loop (loop_kind.h).
 */
#include "server/loop_kind.h"

#include <errno.h>

#include "io/epoll.h"
#include "io/uring.h"

int loop_kind_open(enum loop_kind kind, uint64_t workers, struct loop **out,
	struct loop_state *state)
{
	bool wants_ring = kind == LOOP_URING ||
			  (kind == LOOP_AUTO && workers == 1);

	*state = (struct loop_state){ .has_ring = false };
	if (wants_ring) {
		int res = uring_loop_open(out);
		state->has_ring = res == 0;
		if (res == 0 || kind == LOOP_URING)
			return res;
		state->ring_error = -res;
	}
	return epoll_loop_open(out);
}

const char *loop_ring_advice(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return "it is forbidden here, by the sysctl "
		       "kernel.io_uring_disabled or by a container's seccomp "
		       "profile; allow it, or use --loop=epoll";
	case ENOSYS:
	case EINVAL:
		return "this kernel has none, or one older than Linux 6.1; "
		       "use --loop=epoll";
	case ENOMEM:
		return "memory, or what may be locked of it (ulimit -l), is "
		       "short; raise it, or use --loop=epoll";
	default:
		return "use --loop=epoll";
	}
}

/*
 * The floor on io_uring, as cheap as we know how: one ring of one issuer whose
 * completions run when it waits (DEFER_TASKRUN), a multishot accept, one-shot
 * receives; a send that succeeds says nothing. When each answer ends its
 * connection, the send is linked to the close.
 */
#include "floor.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ENTRIES 4096

/* In the low bits of user_data; the descriptor is above them. */
enum kind { KIND_ACCEPT, KIND_RECV, KIND_SEND, KIND_CLOSE };

struct conn {
	unsigned matched;
	char request[REQUEST_ROOM];
};

static struct io_uring ring;
static struct conn *conns[CONNS_MAX];

static struct io_uring_sqe *entry(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!sqe) {
		io_uring_submit(&ring);
		sqe = io_uring_get_sqe(&ring);
	}
	if (!sqe)
		abort();
	return sqe;
}

/* Last: what prepares an entry may clear it. */
static void tag(struct io_uring_sqe *sqe, int fd, enum kind kind)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)fd << 2 | kind);
}

static void begin_accept(int listener)
{
	struct io_uring_sqe *sqe = entry();

	io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
	tag(sqe, listener, KIND_ACCEPT);
}

static void begin_recv(int fd)
{
	struct io_uring_sqe *sqe = entry();

	io_uring_prep_recv(sqe, fd, conns[fd]->request, REQUEST_ROOM, 0);
	tag(sqe, fd, KIND_RECV);
}

/* The kernel goes on with what is short: MSG_WAITALL. */
static void begin_send(const struct floor *floor, int fd, unsigned count)
{
	struct io_uring_sqe *sqe = entry();

	io_uring_prep_send(sqe, fd, floor->bytes, count * floor->answer_len,
		MSG_NOSIGNAL | MSG_WAITALL);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	if (floor->closes)
		sqe->flags |= IOSQE_IO_LINK;
	tag(sqe, fd, KIND_SEND);
}

static void begin_close(int fd)
{
	struct io_uring_sqe *sqe = entry();

	io_uring_prep_close(sqe, fd);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	tag(sqe, fd, KIND_CLOSE);
}

static void accepted(int fd)
{
	if (fd < CONNS_MAX && !conns[fd])
		conns[fd] = malloc(sizeof(struct conn));
	if (fd >= CONNS_MAX || !conns[fd]) {
		begin_close(fd);
		return;
	}
	conns[fd]->matched = 0;
	begin_recv(fd);
}

static void received(const struct floor *floor, int fd, int n)
{
	if (n <= 0) {
		begin_close(fd);
		return;
	}
	unsigned owed = ends_count(
		&conns[fd]->matched, conns[fd]->request, (size_t)n);
	while (owed > 0) {
		unsigned count = owed < floor->copies ? owed : floor->copies;
		begin_send(floor, fd, count);
		owed -= count;
		if (floor->closes) {
			begin_close(fd);
			return;
		}
	}
	begin_recv(fd);
}

static void completed(const struct floor *floor, const struct io_uring_cqe *cqe)
{
	int fd = (int)(cqe->user_data >> 2);

	/* A link must not be cut by a full queue. */
	if (io_uring_sq_space_left(&ring) < 4)
		io_uring_submit(&ring);
	switch ((enum kind)(cqe->user_data & 3)) {
	case KIND_ACCEPT:
		if (cqe->res >= 0)
			accepted(cqe->res);
		if (!(cqe->flags & IORING_CQE_F_MORE))
			begin_accept(fd);
		break;
	case KIND_RECV:
		received(floor, fd, cqe->res);
		break;
	case KIND_SEND: /* failed: its recv will say so, or its link is cut */
		if (floor->closes)
			begin_close(fd);
		break;
	case KIND_CLOSE:
		break;
	}
}

int floor_uring(const struct floor *floor)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CLAMP,
	};
	int status = io_uring_queue_init_params(ENTRIES, &ring, &params);

	if (status < 0)
		return status;
	begin_accept(floor->listener);
	for (;;) {
		struct io_uring_cqe *cqe;
		unsigned head, count = 0;

		status = io_uring_submit_and_wait(&ring, 1);
		if (status < 0 && status != -EINTR)
			return status;
		io_uring_for_each_cqe (&ring, head, cqe) {
			completed(floor, cqe);
			count++;
		}
		io_uring_cq_advance(&ring, count);
	}
}

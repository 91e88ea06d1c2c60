/*
 * What an operation comes to when it is tried (sim_flight.h): bytes move, the
 * network breaks, a file turns out to be shorter.
 */
#include "sim_flight.h"

#include <errno.h>

#include "heap.h"

/* Most bytes of one sendfile that are copied at once. */
#define COPY_MAX 65536

static bool is_fault(struct sim_loop *l)
{
	return !l->world->is_calm && dice_rarely(&l->world->dice, l->faults);
}

/* The network breaks, or the other side does. */
static bool sock_breaks(struct sim_loop *l, struct sock *s)
{
	if (!s->is_reset && is_fault(l))
		sock_vanish(s);
	return s->is_reset;
}

/* Each of these is true when the flight has come to its end. */

static bool recv_try(struct sim_loop *l, struct flight *f)
{
	struct sock *s = f->sock;
	size_t most = s->in.len < LOOP_RECV_MAX ? s->in.len : LOOP_RECV_MAX;

	if (sock_breaks(l, s)) {
		f->res = -ECONNRESET;
		return true;
	}
	if (most == 0 && !s->in_ended)
		return false;
	if (most > 0 && dice_percent(&l->world->dice, l->shorten))
		most = (size_t)dice_size(&l->world->dice, most);
	/* A block of its very size: a byte beyond it shows. */
	f->data = heap_own(NULL, most);
	memcpy(f->data, s->in.at != NULL ? s->in.at : "", most);
	f->res = (int)most;
	sock_received(l->net, s, most, f->is_cancelled);
	return true;
}

/* How many bytes of `len` go now; 0 when there is no room. */
static size_t send_size(struct sim_loop *l, const struct sock *s, size_t len)
{
	size_t room = s->room > s->out.len ? s->room - s->out.len : 0;

	if (len > room)
		len = room;
	if (len > 0 && dice_percent(&l->world->dice, l->shorten))
		len = (size_t)dice_size(&l->world->dice, len);
	return len;
}

/* What both kinds of sending share: -1 go on, 0 wait, 1 done. */
static int output_try(struct sim_loop *l, struct flight *f)
{
	struct sock *s = f->sock;

	if (sock_breaks(l, s)) {
		f->res = dice_percent(&l->world->dice, 50) ? -EPIPE
							   : -ECONNRESET;
		return 1;
	}
	if (s->room <= s->out.len) {
		f->has_waited = true;
		return 0;
	}
	/* The news that there is room again may be all that comes. */
	if (f->has_waited && (l->temper == TEMPER_EPOLL ||
				     dice_percent(&l->world->dice, 50))) {
		sock_sent(l->net, s, "", 0);
		return 1;
	}
	return -1;
}

static bool send_try(struct sim_loop *l, struct flight *f)
{
	int res = output_try(l, f);
	size_t total = 0, left;

	if (res >= 0)
		return res == 1;
	for (unsigned i = 0; i < f->count; i++)
		total += f->iov[i].iov_len;
	check(total > 0, "an empty send on %d", f->op->fd);
	left = send_size(l, f->sock, total);
	f->res = (int)left;
	for (unsigned i = 0; i < f->count && left > 0; i++) {
		size_t len = f->iov[i].iov_len < left ? f->iov[i].iov_len
						      : left;
		sock_sent(l->net, f->sock, f->iov[i].iov_base, len);
		left -= len;
	}
	return true;
}

/* The server may ask only for what a look at the file promised. */
static void file_ended(struct sim_loop *l, struct flight *f)
{
	const struct node *n = sim_fs_node(l->fs, f->slice.fd);
	bool was_longer = false;

	for (unsigned i = 0; i < n->writing_count; i++)
		was_longer |= n->writings[i].content->size > f->slice.offset;
	check(was_longer, "sendfile of byte %llu, which there never was",
		(unsigned long long)f->slice.offset);
	trace("conn %d: its file has no byte %llu any more", f->sock->number,
		(unsigned long long)f->slice.offset);
	f->sock->excuses |= EXCUSE_SHRUNK;
}

static bool sendfile_try(struct sim_loop *l, struct flight *f)
{
	static char bytes[COPY_MAX];
	int res = output_try(l, f);

	if (res >= 0)
		return res == 1;
	if (is_fault(l)) {
		f->sock->excuses |= EXCUSE_READ;
		f->res = -EIO;
		return true;
	}
	size_t len = f->slice.len < COPY_MAX ? f->slice.len : COPY_MAX;
	ssize_t got = sim_fs_copy(l->fs, f->slice.fd, bytes,
		send_size(l, f->sock, len), f->slice.offset);
	if (got > 0)
		sock_sent(l->net, f->sock, bytes, (size_t)got);
	else
		file_ended(l, f);
	f->res = got > 0 ? (int)got : -ENODATA;
	return true;
}

static bool accept_try(struct sim_loop *l, struct flight *f)
{
	f->res = is_fault(l) ? -EMFILE : net_accept(l->net);
	return f->res != -EAGAIN;
}

static bool poll_try(struct sim_loop *l, struct flight *f)
{
	f->res = 1;
	return l->fs->change_count > 0;
}

bool flight_try(struct sim_loop *l, struct flight *f)
{
	switch (f->op->kind) {
	case OP_ACCEPT:
		return accept_try(l, f);
	case OP_RECV:
		return recv_try(l, f);
	case OP_POLL:
		return poll_try(l, f);
	case OP_SEND:
		return send_try(l, f);
	case OP_SENDFILE:
		return sendfile_try(l, f);
	case OP_IDLE:
		break;
	}
	fail("an operation in flight was made idle on %d", f->op->fd);
}

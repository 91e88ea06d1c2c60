/*
 * A connection: it carries bytes between the loop and the wire, and segments
 * from the wire to the socket by the cheapest way. Knows neither what is
 * asked nor what is answered.
 */
#pragma once

#include "io/loop.h"
#include "wire/hello.h"

struct conn;

enum conn_state { CONN_READING, CONN_SENDING, CONN_LINGERING };

/* What the connections of a worker share. */
struct conn_host {
	struct loop *loop;
	struct wire_host *wire;
	struct pool conns; /* blocks of sizeof(struct conn) */
	struct list open;  /* all of them */
	unsigned count;
	uint64_t send_ms; /* a reader may stall for so long */
	bool is_draining, is_leaving;
	/* Only while is_leaving: takes a copy of `fd`, on which `data` has been
	 * received and no answer is due. False when it could not. */
	bool (*on_leave)(struct conn_host *, int fd, struct span data);
	/* After a connection has gone; host->count is already less. */
	void (*on_close)(struct conn_host *);
};

struct conn {
	struct op in, out;
	struct timer timer;
	struct list node; /* in host->open */
	struct conn_host *host;
	int fd;
	uint8_t state;
	bool is_closing;   /* gone once nothing is in flight */
	bool has_baseline; /* of progress, since the last byte was sent */
	bool is_woken;     /* the recv in flight is to make way for the wire */
	/* Bytes that the peer had acknowledged when last asked; while
	 * lingering, bytes thrown away. */
	uint32_t progress;
	uint32_t lead;     /* bytes of the head that was sent last */
	uint64_t deadline; /* of the stalled reader, or of lingering */
	union wire_storage u;
};

/* What an idle connection costs, the loop's 24 bytes for its descriptor and
 * nothing else beside it: its buffers are lent while a request is read. */
_Static_assert(sizeof(struct conn) + 24 <= 256, "idle connections are cheap");

/* The connection that `w` is of. */
static inline const struct conn *conn_of_wire(const struct wire *w)
{
	return container_of(w, struct conn, u.wire);
}

/* Takes over `fd`, a connected non-blocking socket. False, fd still the
 * caller's, when host->conns is full. */
must_check bool conn_open(struct conn_host *host, int fd);

/* The same for one that another worker has let go of, with what it received
 * from it already. */
must_check bool conn_adopt(struct conn_host *host, int fd, struct span data);

/* Lets each finish what it is at, and its next request if that comes soon. */
void conn_drain_all(struct conn_host *host);

/* From now on host->on_leave gets each connection that waits for a request. */
void conn_leave_all(struct conn_host *host);

/* Ends all at once. They are gone when host->count is 0. */
void conn_close_all(struct conn_host *host);

/*
 * What a connection speaks, seen from above: bytes in, exchanges out to be
 * planned, bytes out. h1 fills it in, later h2 and h3. No system call, no
 * clock: time is an argument, in milliseconds of any monotonic clock.
 *
 * Departure from the first design: `pull` only looks; `advance` consumes. A
 * short write then needs no bookkeeping but the exchange's own.
 */
#pragma once

#include "base/list.h"
#include "base/pool.h"
#include "base/span.h"
#include "http/answer.h"
#include "http/head.h"
#include "http/plan.h"
#include "wire/intake.h"

/* Head, then for each range its part head and its slice, then the end. */
#define SEGMENTS_MAX (1 + 2 * RANGES_MAX + 1)

/* Holds any head but one with a long Location, and any page. */
#define EXCHANGE_TEXT_SIZE 2048

/* Most answers that wait to be sent on one connection before it reads on. */
#define EXCHANGES_QUEUED_MAX 32

/* Bytes to send: in memory, or a slice of a file. */
struct segment {
	const char *at; /* NULL: from the file */
	int fd;
	uint64_t offset, len;
};

enum production {
	PRODUCTION_PIECE, /* one of at least a byte */
	PRODUCTION_END,   /* nothing is left */
	PRODUCTION_LATER, /* nothing yet: asked again at `due`, or before */
	PRODUCTION_BROKEN /* the rest cannot be made: what the client has must
			   * not look whole to it */
};

/*
 * A body that is made while it is sent, in pieces, of a length that nobody
 * knows before its end. The exchange owns it: the wire calls `done` once.
 */
struct producer {
	/* Appends a piece of at most PRODUCER_PIECE_MAX bytes, unless it says
	 * otherwise. Others wait meanwhile: a few milliseconds, no more. */
	enum production (*produce)(struct producer *, struct text *out);
	void (*done)(struct producer *);
	uint64_t due; /* of PRODUCTION_LATER, set by produce: the wire's time */
};

/* Large enough to be worth a send, and others get their turn after it. */
#define PRODUCER_PIECE_MAX ((size_t)15360)

/* With what makes a chunk of it (RFC 9112 7.1). */
#define PRODUCER_BLOCK_SIZE (PRODUCER_PIECE_MAX + 64)

struct wire;

/* One request and its answer. Lives from the request's last byte until the
 * answer's last. */
struct exchange {
	struct list node;
	struct plan plan;
	const struct resource *resource; /* for the step; may be NULL */
	struct wire *wire;               /* who asks */
	void *held; /* what keeps the resource alive; on_done lets go of it */
	/* The answer is true for as long as this is the same, which outlives
	 * the worker's last exchange; NULL: for nobody but this request. */
	const uint64_t *stamp;
	struct producer *producer; /* of the body, or NULL */
	char *piece; /* where the producer's pieces go, in `extra` */
	char *extra; /* a block of the host's buffers, when text is too small */
	struct intake intake; /* of the request's body, while it comes */
	bool is_chunked;      /* what the producer makes */
	bool is_unasked; /* it is the last, and the client does not know yet */
	unsigned segment_count, segment_next;
	struct segment segments[SEGMENTS_MAX];
	char text[EXCHANGE_TEXT_SIZE];
};

/* Milliseconds that a peer may take; each is an option (hstatic(1)). */
struct wire_timeouts {
	uint64_t head_ms;   /* from the first byte of a head to its end: 408 */
	uint64_t body_ms;   /* the same for a request body: 408 */
	uint64_t idle_ms;   /* between requests: closed without a word */
	uint64_t window_ms; /* to let us send on (RFC 9113 5.2) */
};

struct repeats;

/* What all wires of a worker share. The three calls are the only way up. */
struct wire_host {
	/* Sets ex->plan, resource, held, stamp and producer for the request
	 * `q`, which is gone after the call. */
	void (*on_exchange)(struct wire_host *, struct exchange *ex,
		const struct request *q);
	/* May an answer be given again that was made of `held`, its stamp
	 * unchanged? Sets ex->held and ex->plan.date then. */
	bool (*on_repeat)(struct wire_host *, struct exchange *ex, void *held);
	/* Lets go of ex->held. Called once for each that is not NULL. */
	void (*on_done)(struct wire_host *, struct exchange *ex);
	/* Blocks of sizeof(struct exchange), two for each connection: half of
	 * them are kept for connections that have none. */
	struct pool exchanges;
	struct pool buffers; /* blocks of WIRE_BUFFER_SIZE(limits) */
	/* Of HTTP/2: blocks of sizeof(struct h2_session), h2_stream. With a
	 * `max` of 0 it is not spoken. */
	struct pool sessions, streams;
	struct repeats *repeats; /* or NULL: nothing is given again */
	struct head_limits limits;
	struct wire_timeouts timeouts;
};

/* Most bytes that one call of feed may bring. */
#define WIRE_FEED_MAX ((size_t)16384)

/* A buffer holds the largest head, and what one feed can bring behind it. */
#define WIRE_BUFFER_SIZE(limits) ((limits)->head_max + 2 * WIRE_FEED_MAX)

struct wire_ops {
	/* Bytes that came, at most WIRE_FEED_MAX, borrowed for the call. Only
	 * when pull returned 0, expire was called since, or the wire
	 * listens. */
	void (*feed)(struct wire *, struct span bytes, uint64_t now);
	/* The peer will send nothing more. */
	void (*end)(struct wire *, uint64_t now);
	/* wire->deadline has passed. */
	void (*expire)(struct wire *, uint64_t now);
	/* What is to be sent next: fills at most `max` segments and returns
	 * how many; 0 when the peer has to speak first; -1 at the end. */
	int (*pull)(
		struct wire *, struct segment *out, unsigned max, uint64_t now);
	/* So many bytes of what pull showed have been sent. */
	void (*advance)(struct wire *, uint64_t count, uint64_t now);
	/* Has it nothing to say and nothing begun to hear? */
	bool (*is_idle)(const struct wire *);
	/* What is being answered, or whose body is being read; or NULL. */
	const struct exchange *(*front)(const struct wire *);
	/* Finish what was begun, and one more request if it comes soon: it may
	 * be on its way. Then end. */
	void (*drain)(struct wire *, uint64_t now);
	/* Lets go of everything, whatever the state. */
	void (*done)(struct wire *);
};

struct wire {
	const struct wire_ops *ops;
	struct wire_host *host;
	uint64_t deadline; /* when to call expire, while pull returns 0 */
	/* The peer may still be sending what nobody will read: close must
	 * wait, or its reset destroys our answer (RFC 9112 9.6). */
	bool lingers;
	/* It may be fed also while what pull showed is being sent. */
	bool listens;
	/* It knows more than another worker could be told. */
	bool is_bound;
	/* What pull showed last is all that there will ever be. */
	bool is_final;
};

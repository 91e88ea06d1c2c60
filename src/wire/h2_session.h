/*
 * What an HTTP/2 connection knows (RFC 9113), apart from its streams: kept in
 * a pool of the worker, as few connections need one, and given buffers only
 * while there is something in them. The files h2_*.c each do one thing to it.
 */
#pragma once

#include <nghttp2/nghttp2.h>

#include "wire/h2_frame.h"
#include "wire/h2_limit.h"
#include "wire/h2_queue.h"
#include "wire/wire.h"

/* What either side may send before it is told more (RFC 9113 6.9.2). */
#define H2_WINDOW_START 65535

/* Streams are found by their id in so many chains. */
#define H2_CHAINS 16

/* Streams that have ended, of which we know how: frames that were under way
 * then are no fault of the peer. */
#define H2_ENDED_MAX 16

/* Bytes of small frames that wait for the socket. Beyond these nothing is
 * read: whoever does not take answers need not ask. */
#define H2_CONTROL_SIZE 512

/* Room that one frame may ask for: RST_STREAM and two WINDOW_UPDATEs. */
#define H2_CONTROL_ROOM 64

/* Priorities that came before their streams (RFC 9218 7.1). */
#define H2_EARLY_MAX 4

enum h2_state {
	H2_PREFACE, /* of the client: all of it, or its SETTINGS, to come */
	H2_OPEN,
	H2_ENDING, /* a last GOAWAY is to be sent, or has been */
	H2_OVER    /* nothing is to be sent any more */
};

/* How a stream has ended (RFC 9113 5.1, closed). */
enum h2_end {
	H2_END_UNKNOWN, /* long ago, or never opened */
	H2_END_WHOLE,   /* by END_STREAM of both sides */
	H2_END_OURS,    /* we have reset it */
	H2_END_THEIRS   /* they have */
};

struct h2_batch;
struct h2_stream;

struct h2_session {
	struct wire *wire;
	nghttp2_hd_inflater *inflater;
	enum h2_state state;
	bool is_secured;
	bool is_greeted; /* the preface has come */
	bool is_paused;  /* frames wait in `input` for room or memory */
	bool has_ended;  /* the peer will send nothing more */
	bool is_draining, is_leaving;
	bool needs_table_update; /* before the next head (RFC 7541 4.2) */

	/* Received and not taken up: from input_from to input_len. */
	char *input;
	uint32_t input_from, input_len;
	uint64_t input_since; /* a frame or a head began to come; 0: none */

	/* A head whose CONTINUATIONs have not all come. */
	char *head;
	uint32_t head_len, head_stream;
	uint8_t head_flags, head_frames;

	uint32_t id_last; /* the highest that the peer has opened */
	uint32_t id_told; /* the highest that our GOAWAY lets through */
	unsigned open;    /* streams that are not closed */
	struct h2_stream *chains[H2_CHAINS];
	uint32_t ended_id[H2_ENDED_MAX];
	uint8_t ended_how[H2_ENDED_MAX];
	uint8_t ended_next;

	struct h2_queue queue; /* streams that can send */
	struct list blocked;   /* that wait for their window, by time */
	struct list receiving; /* whose bodies come, by time */
	struct list making;    /* whose producers have nothing yet */
	struct list sent;      /* done, but for what is being sent of them */

	int64_t window;         /* what we may send */
	int64_t window_initial; /* of a stream, as the peer has said */
	uint64_t window_since;  /* it is shut, and data waits; 0: it is not */
	uint32_t window_moved;  /* bytes sent since then */
	uint32_t taken;         /* received, and not given back */
	int64_t room;           /* what the peer may send */

	struct h2_batch *batch; /* what is being sent, or NULL */
	uint32_t batch_number;  /* from 1 on */
	uint16_t control_len;
	char control[H2_CONTROL_SIZE];

	enum h2_error error; /* of the last GOAWAY */
	struct span words;   /* of it, a literal */

	uint64_t idle_since, drain_at;
	struct h2_meter meters[H2_METER_COUNT];
	struct h2_place early[H2_EARLY_MAX]; /* id 0: none */
	uint8_t early_next;
};

static inline struct wire_host *h2_host(const struct h2_session *s)
{
	return s->wire->host;
}

/*
 * The connection is broken (RFC 9113 5.4.1): a GOAWAY with these words, a
 * literal, and the end. The first error counts.
 */
void h2_fail(struct h2_session *s, enum h2_error error, struct span words);

/* One more of what may not be done too often; fails the connection. */
void h2_meter(struct h2_session *s, enum h2_meter_id id, uint64_t now);

/* A frame of up to 13 bytes of payload that goes before any data. Where there
 * is no room left the connection fails: nothing should have been read then. */
void h2_control_add(struct h2_session *s, enum h2_type type, uint8_t flags,
	uint32_t stream, struct span payload);

/* Is there room for what one more frame may lead to? */
static inline bool h2_control_has_room(const struct h2_session *s)
{
	return s->control_len + H2_CONTROL_ROOM <= H2_CONTROL_SIZE;
}

/* RST_STREAM; the stream's own state is not touched. */
void h2_control_reset(
	struct h2_session *s, uint32_t stream, enum h2_error error);

void h2_control_window(struct h2_session *s, uint32_t stream, uint32_t count);

/* GOAWAY that lets streams up to `last` go on. */
void h2_control_goaway(struct h2_session *s, uint32_t last, enum h2_error error,
	struct span words);

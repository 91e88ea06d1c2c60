/*
 * Streams of an HTTP/2 connection (RFC 9113 5.1): found by id, in one list
 * each by what they wait for. Owns their exchanges.
 */
#pragma once

#include "wire/h2_session.h"

enum h2_where {
	H2_RECEIVING, /* its request has not all come */
	H2_QUEUED,    /* it can send */
	H2_BLOCKED,   /* its window is shut */
	H2_SHOWN      /* the batch has the last of it, or of a piece */
};

struct h2_stream {
	struct h2_place place; /* in the list of what it waits for; its id */
	struct h2_stream *chain;
	struct exchange *exchange;
	int64_t window;    /* what we may send */
	int64_t room;      /* what the peer may send */
	uint64_t since;    /* what it waits for now began */
	uint64_t left;     /* bytes of the body that its exchange has at hand */
	uint64_t expected; /* of the request's body; UINT64_MAX: not said */
	uint64_t received;
	uint32_t moved; /* bytes sent since it stopped waiting */
	uint32_t taken; /* bytes of the peer's not given back */
	uint32_t batch; /* the number of the last that points into its exchange
			 */
	enum h2_where where;
	bool has_head;  /* the answer's is sent, or being sent */
	bool is_ended;  /* the peer has said all (half-closed, remote) */
	bool is_closed; /* no more in the table */
};

static inline struct h2_stream *h2_stream_of(struct list *node)
{
	return container_of(node, struct h2_stream, place.node);
}

/* Does what is being sent point into its exchange? */
static inline bool h2_stream_is_shown(
	const struct h2_session *s, const struct h2_stream *st)
{
	return s->batch != NULL && st->batch == s->batch_number;
}

/* A stream with its exchange, the peer's end of it still open. NULL, the
 * exchange still the caller's, without memory. */
must_check struct h2_stream *h2_stream_open(
	struct h2_session *s, uint32_t id, struct exchange *ex);

/* One that is not closed, or NULL. */
struct h2_stream *h2_stream_find(const struct h2_session *s, uint32_t id);

/* The request is whole: its answer may be sent. */
void h2_stream_release(struct h2_session *s, struct h2_stream *st);

/* It is not: its body is to come, from `now` on. */
void h2_stream_receive(
	struct h2_session *s, struct h2_stream *st, uint64_t now);

/* Out of the queue until the batch has been sent. */
void h2_stream_show(struct h2_session *s, struct h2_stream *st);

/* Into the queue, from whatever list: it can send. */
void h2_stream_queue(struct h2_session *s, struct h2_stream *st);

/* Out of the queue: its window is shut, since `now`. */
void h2_stream_block(struct h2_session *s, struct h2_stream *st, uint64_t now);

void h2_stream_prioritize(
	struct h2_session *s, struct h2_stream *st, struct priority p);

/* Is closed now; what the batch shows of it lives until that has been sent. */
void h2_stream_close(
	struct h2_session *s, struct h2_stream *st, enum h2_end how);

/* A fault of this stream alone (RFC 9113 5.4.2): RST_STREAM, and closed. */
void h2_stream_fail(
	struct h2_session *s, struct h2_stream *st, enum h2_error error);

/* Frees a closed stream that nothing shows any more. */
void h2_stream_free(struct h2_session *s, struct h2_stream *st);

/* How a stream that is not open has ended. */
enum h2_end h2_ended_find(const struct h2_session *s, uint32_t id);

void h2_ended_note(struct h2_session *s, uint32_t id, enum h2_end how);

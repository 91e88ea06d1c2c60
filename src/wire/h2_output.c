/*
 * Making batches (h2_output.h). Heads and small bodies are copied, so that
 * many answers are one piece of memory; others are referred to, and their
 * exchanges kept until they have gone. Must not know how segments travel.
 */
#include "wire/h2_output.h"

#include "wire/body.h"
#include "wire/exchange.h"
#include "wire/h2_batch.h"
#include "wire/h2_stream.h"
#include "wire/hpack.h"

/* Up to so many bytes are copied: cheaper than another vector. */
#define COPY_MAX ((uint64_t)2048)

/* A frame's head, an RST_STREAM behind it, and a table update. */
#define FRAME_ROOM (2 * H2_FRAME_HEAD + 4 + 1)

static void frame_add(struct h2_batch *b, enum h2_type type, unsigned flags,
	uint32_t stream, size_t len)
{
	const struct h2_frame f = { (uint8_t)type, (uint8_t)flags, stream,
		{ NULL, len } };

	h2_frame_write(h2_batch_reserve(b, H2_FRAME_HEAD), &f);
}

/* So many bytes of `segment`, copied or by reference. */
static void payload_add(struct h2_session *s, struct h2_stream *st,
	const struct segment *segment, uint64_t len)
{
	struct h2_batch *b = s->batch;

	if (segment->at != NULL && len <= COPY_MAX) {
		h2_batch_copy(b, (struct span){ segment->at, (size_t)len });
		return;
	}
	h2_batch_refer(b, segment, len);
	st->batch = s->batch_number;
}

static bool has_body(const struct h2_stream *st)
{
	return st->left > 0 || st->exchange->producer != NULL;
}

/* All of it is in the batch. A peer that is still sending need not go on
 * (RFC 9113 8.1). */
static void stream_end(struct h2_session *s, struct h2_stream *st)
{
	char *at;

	if (st->is_ended) {
		h2_stream_close(s, st, H2_END_WHOLE);
		return;
	}
	frame_add(s->batch, H2_RST_STREAM, 0, st->place.id, 4);
	at = h2_batch_reserve(s->batch, 4);
	h2_u32_write(at, H2_NO_ERROR);
	h2_stream_close(s, st, H2_END_OURS);
}

/* HEADERS, and CONTINUATION where a head is larger than a frame. False without
 * room for them. */
static bool head_add(struct h2_session *s, struct h2_stream *st)
{
	struct segment rest = st->exchange->segments[0];
	unsigned flags = has_body(st) ? 0 : H2_END_STREAM;
	size_t update = s->needs_table_update ? 1 : 0;
	size_t copied = rest.len <= COPY_MAX ? (size_t)rest.len : 0;
	enum h2_type type = H2_HEADERS;
	/* Each frame of a long one is a reference and what is before it. */
	unsigned frames = (unsigned)(rest.len / (H2_FRAME_MAX - 1)) + 1;

	if (!h2_batch_has_room(s->batch, frames * FRAME_ROOM + copied) ||
		s->batch->count + 2 * frames + 1 > H2_BATCH_SEGMENTS)
		return false;
	while (rest.len > 0) {
		uint64_t len = min_u64(rest.len, H2_FRAME_MAX - update);
		flags |= len == rest.len ? H2_END_HEADERS : 0;
		frame_add(s->batch, type, flags, st->place.id,
			(size_t)len + update);
		if (update > 0)
			h2_batch_copy(s->batch, SPAN(HPACK_TABLE_NONE));
		payload_add(s, st, &rest, len);
		rest.at += len;
		rest.len -= len;
		type = H2_CONTINUATION;
		flags = 0;
		update = 0;
	}
	s->needs_table_update = false;
	st->has_head = true;
	st->exchange->segment_next = 1;
	return true;
}

/* One DATA frame of `len` bytes, all from one segment. */
static void data_add(struct h2_session *s, struct h2_stream *st, uint64_t len)
{
	struct exchange *ex = st->exchange;
	struct segment none = { .at = "", .fd = -1 };
	bool has_segment = ex->segment_next < ex->segment_count;
	struct segment segment = has_segment ? ex->segments[ex->segment_next]
					     : none;
	bool is_end = len == st->left && ex->producer == NULL;

	frame_add(s->batch, H2_DATA, is_end ? H2_END_STREAM : 0, st->place.id,
		(size_t)len);
	if (len > 0)
		payload_add(s, st, &segment, len);
	st->left -= len;
	st->window -= (int64_t)len;
	st->moved += (uint32_t)len;
	s->window -= (int64_t)len;
	s->window_moved += (uint32_t)len;
	h2_meter_lower(s->meters, H2_METER_WINDOW, 2);
	if (len > 0)
		(void)exchange_advance(ex, &len);
}

/* How much of the body one frame may have now. */
static uint64_t data_len(const struct h2_session *s, const struct h2_stream *st)
{
	const struct exchange *ex = st->exchange;
	int64_t window = s->window < st->window ? s->window : st->window;

	if (st->left == 0 || window <= 0)
		return 0;
	return min_u64(
		min_u64(ex->segments[ex->segment_next].len, H2_FRAME_MAX),
		(uint64_t)window);
}

static bool is_answered(const struct h2_stream *st)
{
	return st->has_head && !has_body(st);
}

/*
 * What the stream can send in its turn: all that goes, or one frame if others
 * share. False when the batch is full.
 */
static bool stream_send(
	struct h2_session *s, struct h2_stream *st, uint64_t now)
{
	bool had_head = st->has_head;

	if (!had_head && !head_add(s, st))
		return false;
	if (!had_head && !has_body(st)) {
		stream_end(s, st);
		return true;
	}
	while (s->window > 0 || is_answered(st)) {
		uint64_t len = data_len(s, st);
		bool is_copied = len <= COPY_MAX;
		/* Its producer had nothing to begin with. */
		if (st->left == 0 && !is_answered(st)) {
			h2_stream_show(s, st);
			return true;
		}
		if (len == 0 && !is_answered(st)) {
			h2_stream_block(s, st, now);
			return true;
		}
		if (!h2_batch_has_room(s->batch,
			    FRAME_ROOM + (is_copied ? (size_t)len : 0)))
			return false;
		data_add(s, st, len);
		if (is_answered(st)) {
			stream_end(s, st);
			return true;
		}
		if (st->left == 0) {
			h2_stream_show(s, st);
			return true;
		}
		if (st->place.priority.is_incremental) {
			h2_queue_turn(&s->queue, &st->place);
			return true;
		}
	}
	return true;
}

static struct h2_stream *stream_at(struct h2_place *p)
{
	return p == NULL ? NULL : container_of(p, struct h2_stream, place);
}

static void streams_send(struct h2_session *s, uint64_t now)
{
	struct h2_stream *st, *next;

	while (s->window > 0) {
		st = stream_at(h2_queue_first(&s->queue));
		if (st == NULL || !stream_send(s, st, now))
			return;
	}
	/* The connection's window is shut: what needs none may go. */
	for (st = stream_at(h2_queue_first(&s->queue)); st != NULL; st = next) {
		next = stream_at(h2_queue_next(&s->queue, &st->place));
		if ((!st->has_head || is_answered(st)) &&
			!stream_send(s, st, now))
			return;
	}
}

/* Since when data waits for the connection's window, and for no other thing.
 * Opened by a byte at a time it has been shut all along. */
static void window_look(struct h2_session *s, uint64_t now)
{
	bool has_data = h2_queue_first(&s->queue) != NULL;
	bool is_shut = s->window <= 0 && has_data;
	bool has_moved = s->window_moved >= H2_PROGRESS_MIN;

	if (!has_data || (!is_shut && has_moved))
		s->window_since = 0;
	if (is_shut && (s->window_since == 0 || has_moved)) {
		s->window_since = now;
		s->window_moved = 0;
	}
}

static void control_send(struct h2_session *s)
{
	if (s->control_len > 0)
		h2_batch_copy(
			s->batch, (struct span){ s->control, s->control_len });
	s->control_len = 0;
}

void h2_output_make(struct h2_session *s, uint64_t now)
{
	struct wire_host *host = h2_host(s);
	bool has_work = s->control_len > 0 || s->state == H2_ENDING ||
			h2_queue_first(&s->queue) != NULL;

	if (!has_work)
		return;
	s->batch = pool_take(&host->buffers);
	if (s->batch == NULL) {
		s->state = H2_OVER;
		s->wire->lingers = false;
		return;
	}
	s->batch_number++;
	h2_batch_init(s->batch, WIRE_BUFFER_SIZE(&host->limits));
	control_send(s);
	if (s->state == H2_ENDING) {
		h2_control_goaway(s, s->id_last, s->error, s->words);
		control_send(s);
		s->state = H2_OVER;
	} else {
		streams_send(s, now);
		window_look(s, now);
	}
	if (s->batch->count == 0) {
		pool_put(&host->buffers, s->batch);
		s->batch = NULL;
	}
}

/* The next piece of a body that is made while it is sent. */
static void piece_take(struct h2_session *s, struct h2_stream *st)
{
	switch (body_produce(st->exchange, 0)) {
	case PRODUCTION_PIECE:
		st->left = st->exchange->segments[0].len;
		h2_stream_queue(s, st);
		break;
	case PRODUCTION_END:
		h2_stream_queue(s, st);
		break;
	case PRODUCTION_LATER:
		list_remove(&st->place.node);
		list_add_last(&s->making, &st->place.node);
		break;
	case PRODUCTION_BROKEN:
		h2_stream_fail(s, st, H2_INTERNAL_ERROR);
		break;
	}
}

void h2_output_sent(struct h2_session *s)
{
	pool_put(&h2_host(s)->buffers, s->batch);
	s->batch = NULL;
	while (!list_is_empty(&s->sent)) {
		struct h2_stream *st = h2_stream_of(s->sent.next);
		if (st->is_closed)
			h2_stream_free(s, st);
		else
			piece_take(s, st);
	}
}

void h2_output_due(struct h2_session *s, uint64_t now)
{
	struct list *node, *next;

	for (node = s->making.next; node != &s->making; node = next) {
		struct h2_stream *st = h2_stream_of(node);
		next = node->next;
		if (st->exchange->producer->due <= now)
			piece_take(s, st);
	}
}

uint64_t h2_output_deadline(const struct h2_session *s)
{
	uint64_t at = UINT64_MAX;

	for (struct list *n = s->making.next; n != &s->making; n = n->next)
		at = min_u64(at, h2_stream_of(n)->exchange->producer->due);
	return at;
}

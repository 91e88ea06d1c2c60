/*
 * What each frame does (h2_input.h), and what is wrong with it. Small frames
 * are dealt with here; heads, bodies and windows have files of their own.
 */
#include "wire/h2_input.h"

#include "wire/h2_body.h"
#include "wire/h2_head.h"
#include "wire/h2_stream.h"
#include "wire/h2_window.h"

static void fail(struct h2_session *s, enum h2_error error, struct span words)
{
	h2_fail(s, error, words);
}

#define PROTOCOL(s, words) fail((s), H2_PROTOCOL_ERROR, SPAN(words))

static bool is_idle(const struct h2_session *s, uint32_t id)
{
	return id > s->id_last || id % 2 == 0;
}

/* Has the frame the size that it must have? */
static bool size_is(struct h2_session *s, const struct h2_frame *f, size_t size)
{
	if (f->payload.len == size)
		return true;
	fail(s, H2_FRAME_SIZE_ERROR, SPAN("a frame of the wrong size"));
	return false;
}

static void setting_take(struct h2_session *s, unsigned id, uint32_t value)
{
	switch (id) {
	case H2_HEADER_TABLE_SIZE:
		/* We use none, and have to say so if it gets smaller. */
		s->needs_table_update |= value < 4096;
		break;
	case H2_ENABLE_PUSH:
	case H2_NO_RFC7540_PRIORITIES:
		if (value > 1)
			PROTOCOL(s, "a setting that is neither 0 nor 1");
		break;
	case H2_INITIAL_WINDOW_SIZE:
		h2_window_initial(s, value);
		break;
	case H2_MAX_FRAME_SIZE:
		if (value < H2_FRAME_MAX || value > 0xffffff)
			PROTOCOL(s, "SETTINGS_MAX_FRAME_SIZE out of range");
		break;
	default: /* MUST be ignored (6.5.2), as those are that we cannot use */
		break;
	}
}

static void settings_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	struct span rest = f->payload;

	if (f->stream != 0) {
		PROTOCOL(s, "SETTINGS on a stream");
		return;
	}
	if ((f->flags & H2_ACK) != 0) {
		(void)!size_is(s, f, 0);
		return;
	}
	if (rest.len % 6 != 0) {
		fail(s, H2_FRAME_SIZE_ERROR, SPAN("half a setting"));
		return;
	}
	h2_meter(s, H2_METER_SETTINGS, now);
	for (; rest.len > 0; rest = span_skip(rest, 6))
		setting_take(s, h2_u32(rest.at) >> 16, h2_u32(rest.at + 2));
	h2_control_add(s, H2_SETTINGS, H2_ACK, 0, SPAN(""));
}

static void ping_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	if (f->stream != 0) {
		PROTOCOL(s, "PING on a stream");
		return;
	}
	if (!size_is(s, f, 8) || (f->flags & H2_ACK) != 0)
		return;
	h2_meter(s, H2_METER_PING, now);
	h2_control_add(s, H2_PING, H2_ACK, 0, f->payload);
}

static void goaway_take(struct h2_session *s, const struct h2_frame *f)
{
	if (f->stream != 0)
		PROTOCOL(s, "GOAWAY on a stream");
	else if (f->payload.len < 8)
		fail(s, H2_FRAME_SIZE_ERROR, SPAN("GOAWAY cut short"));
	else
		s->is_leaving = true;
}

static void reset_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	struct h2_stream *st = h2_stream_find(s, f->stream);

	if (f->stream == 0 || is_idle(s, f->stream)) {
		PROTOCOL(s, "RST_STREAM on a stream that is not there");
		return;
	}
	if (!size_is(s, f, 4))
		return;
	/* Also of one that has been answered already: it was asked for. */
	h2_meter(s, H2_METER_RESET, now);
	if (st != NULL)
		h2_stream_close(s, st, H2_END_THEIRS);
	else if (h2_ended_find(s, f->stream) != H2_END_THEIRS)
		h2_ended_note(s, f->stream, H2_END_THEIRS);
}

/* What RFC 7540 said of priority counts for nothing any more, but that it be
 * well formed (RFC 9113 5.3.2). */
static void priority_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	struct h2_stream *st = h2_stream_find(s, f->stream);

	h2_meter(s, H2_METER_PRIORITY, now);
	if (f->stream == 0)
		PROTOCOL(s, "PRIORITY without a stream");
	else if (f->payload.len == 5 &&
		 (h2_u32(f->payload.at) & H2_ID_MAX) == f->stream)
		PROTOCOL(s, "a stream that depends on itself");
	else if (f->payload.len != 5 && st != NULL)
		h2_stream_fail(s, st, H2_FRAME_SIZE_ERROR);
	else
		(void)!size_is(s, f, 5);
}

static void early_keep(struct h2_session *s, uint32_t id, struct priority p)
{
	unsigned at = s->early_next;

	for (unsigned i = 0; i < H2_EARLY_MAX; i++) {
		if (s->early[i].id == id)
			at = i;
	}
	s->early[at].id = id;
	s->early[at].priority = p;
	if (at == s->early_next)
		s->early_next = (uint8_t)((at + 1) % H2_EARLY_MAX);
}

/* RFC 9218 7.1 */
static void priority_update_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	if (f->stream != 0) {
		PROTOCOL(s, "PRIORITY_UPDATE on a stream");
		return;
	}
	if (f->payload.len < 4) {
		fail(s, H2_FRAME_SIZE_ERROR, SPAN("PRIORITY_UPDATE cut short"));
		return;
	}
	uint32_t id = h2_u32(f->payload.at) & H2_ID_MAX;
	struct priority p = priority_read(span_skip(f->payload, 4));
	h2_meter(s, H2_METER_PRIORITY, now);
	if (id % 2 == 0)
		PROTOCOL(s, "PRIORITY_UPDATE for a stream of ours");
	else if (h2_stream_find(s, id) != NULL)
		h2_stream_prioritize(s, h2_stream_find(s, id), p);
	else if (id > s->id_last)
		early_keep(s, id, p);
}

static void data_take(struct h2_session *s, struct h2_frame *f, uint64_t now)
{
	if (f->stream == 0 || is_idle(s, f->stream))
		PROTOCOL(s, "DATA on a stream that is not there");
	else
		h2_body_data(s, f, now);
}

/* Keeps a part of a head until the rest has come. */
static void head_keep(struct h2_session *s, const struct h2_frame *f)
{
	struct wire_host *host = h2_host(s);

	if (s->head == NULL) {
		s->head = pool_take(&host->buffers);
		s->head_len = 0;
	}
	if (s->head == NULL) {
		fail(s, H2_INTERNAL_ERROR, SPAN("no memory for a head"));
		return;
	}
	if (f->payload.len > WIRE_BUFFER_SIZE(&host->limits) - s->head_len) {
		fail(s, H2_ENHANCE_YOUR_CALM,
			SPAN("a head of more than anybody needs"));
		return;
	}
	memcpy(s->head + s->head_len, f->payload.at, f->payload.len);
	s->head_len += (uint32_t)f->payload.len;
}

/* Padding and the priority of RFC 7540 off (RFC 9113 6.2); false: faulty. */
static bool head_trim(struct h2_session *s, struct h2_frame *f)
{
	if (!h2_frame_unpad(f)) {
		PROTOCOL(s, "more padding than HEADERS");
		return false;
	}
	if ((f->flags & H2_HAS_PRIORITY) == 0)
		return true;
	if (f->payload.len < 5) {
		fail(s, H2_FRAME_SIZE_ERROR, SPAN("HEADERS cut short"));
		return false;
	}
	if ((h2_u32(f->payload.at) & H2_ID_MAX) == f->stream) {
		PROTOCOL(s, "a stream that depends on itself");
		return false;
	}
	f->payload = span_skip(f->payload, 5);
	return true;
}

/* False when the frame has to wait. */
static bool headers_take(struct h2_session *s, struct h2_frame *f, uint64_t now)
{
	if (f->stream % 2 == 0) {
		PROTOCOL(s, "HEADERS on a stream that is no client's");
		return true;
	}
	if (!head_trim(s, f))
		return true;
	if ((f->flags & H2_END_HEADERS) != 0)
		return h2_head_take(s, f, now);
	s->head_stream = f->stream;
	s->head_flags = f->flags;
	s->head_frames = 0;
	head_keep(s, f);
	return true;
}

/* The same; the part that ends a head is kept only once. */
static bool continuation_take(
	struct h2_session *s, struct h2_frame *f, uint64_t now)
{
	uint32_t len = s->head_len;

	head_keep(s, f);
	if (s->state != H2_OPEN)
		return true;
	if ((f->flags & H2_END_HEADERS) == 0) {
		if (++s->head_frames > H2_CONTINUATIONS_MAX)
			fail(s, H2_ENHANCE_YOUR_CALM,
				SPAN("too many CONTINUATION frames"));
		return true;
	}
	struct h2_frame whole = { H2_HEADERS, s->head_flags, s->head_stream,
		{ s->head, s->head_len } };
	if (!h2_head_take(s, &whole, now)) {
		s->head_len = len;
		return false;
	}
	pool_put(&h2_host(s)->buffers, s->head);
	s->head = NULL;
	return true;
}

/* Does the frame come where it may? */
static bool order_check(struct h2_session *s, const struct h2_frame *f)
{
	if (s->state == H2_PREFACE) {
		/* RFC 9113 3.4 */
		if (f->type == H2_SETTINGS && (f->flags & H2_ACK) == 0) {
			s->state = H2_OPEN;
			return true;
		}
		PROTOCOL(s, "the preface has no SETTINGS");
		return false;
	}
	bool is_continuation = f->type == H2_CONTINUATION;
	if (is_continuation != (s->head != NULL) ||
		(is_continuation && f->stream != s->head_stream)) {
		PROTOCOL(s, "a head is interrupted, or goes on without one");
		return false;
	}
	return true;
}

static bool frame_take(struct h2_session *s, struct h2_frame *f, uint64_t now)
{
	if (!order_check(s, f))
		return true;
	switch (f->type) {
	case H2_DATA:
		data_take(s, f, now);
		break;
	case H2_HEADERS:
		return headers_take(s, f, now);
	case H2_PRIORITY:
		priority_take(s, f, now);
		break;
	case H2_RST_STREAM:
		reset_take(s, f, now);
		break;
	case H2_SETTINGS:
		settings_take(s, f, now);
		break;
	case H2_PUSH_PROMISE:
		PROTOCOL(s, "PUSH_PROMISE from a client");
		break;
	case H2_PING:
		ping_take(s, f, now);
		break;
	case H2_GOAWAY:
		goaway_take(s, f);
		break;
	case H2_WINDOW_UPDATE:
		h2_window_take(s, f, now);
		break;
	case H2_CONTINUATION:
		return continuation_take(s, f, now);
	case H2_PRIORITY_UPDATE:
		priority_update_take(s, f, now);
		break;
	default: /* RFC 9113 4.1, 5.5 */
		h2_meter(s, H2_METER_UNKNOWN, now);
		break;
	}
	return true;
}

/* So many bytes of the preface; 0 when it is not whole. */
static size_t preface_take(struct h2_session *s, struct span bytes)
{
	const struct span preface = SPAN(H2_PREFACE_BYTES);

	if (span_starts(bytes, preface)) {
		s->is_greeted = true;
		return preface.len;
	}
	if (!span_starts(preface, bytes))
		PROTOCOL(s, "no preface");
	return 0;
}

size_t h2_input_take(struct h2_session *s, struct span bytes, uint64_t now)
{
	struct h2_frame f;
	size_t used = 0;

	s->is_paused = false;
	if (!s->is_greeted)
		used = preface_take(s, bytes);
	while (s->is_greeted && s->state <= H2_OPEN) {
		struct span rest = span_skip(bytes, used);
		if (rest.len >= H2_FRAME_HEAD &&
			h2_frame_length(rest.at) > H2_FRAME_MAX) {
			fail(s, H2_FRAME_SIZE_ERROR,
				SPAN("a frame of more than 16 KiB"));
			break;
		}
		size_t size = h2_frame_read(rest, &f);
		if (size == 0)
			break;
		s->is_paused = !h2_control_has_room(s) ||
			       !frame_take(s, &f, now);
		if (s->is_paused)
			break;
		used += size;
	}
	return used;
}

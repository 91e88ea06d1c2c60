/*
 * Request bodies (h2_body.h), and what the peer may send of them (RFC 9113
 * 5.2): what was taken is given back half a window at a time.
 */
#include "wire/h2_body.h"

#include "wire/exchange.h"
#include "wire/h2_stream.h"
#include "wire/repeat.h"

#define GIVE_BACK (H2_WINDOW_START / 2)

/* Whatever the stream: DATA counts for the connection, padding included. */
static bool connection_take(struct h2_session *s, uint32_t size)
{
	s->room -= size;
	s->taken += size;
	if (s->room < 0) {
		h2_fail(s, H2_FLOW_CONTROL_ERROR,
			SPAN("more DATA than the connection's window"));
		return false;
	}
	if (s->taken >= GIVE_BACK) {
		h2_control_window(s, 0, s->taken);
		s->room += s->taken;
		s->taken = 0;
	}
	return true;
}

static void closed_judge(struct h2_session *s, uint32_t id, uint64_t now)
{
	switch (h2_ended_find(s, id)) {
	case H2_END_OURS:
		break; /* it was on its way */
	case H2_END_WHOLE:
		h2_fail(s, H2_STREAM_CLOSED,
			SPAN("DATA on a stream that has ended"));
		break;
	case H2_END_THEIRS:
	case H2_END_UNKNOWN:
		h2_control_reset(s, id, H2_STREAM_CLOSED);
		h2_meter(s, H2_METER_ERROR, now);
		break;
	}
}

static void stream_fault(struct h2_session *s, struct h2_stream *st,
	enum h2_error error, uint64_t now)
{
	h2_stream_fail(s, st, error);
	h2_meter(s, H2_METER_ERROR, now);
}

/* Another answer in place of the one that was to follow the body. */
static void refuse(
	struct h2_session *s, struct h2_stream *st, const struct request *q)
{
	struct wire_host *host = h2_host(s);
	struct exchange *ex = exchange_take(host);

	if (ex != NULL)
		ex->wire = s->wire;
	if (ex != NULL && repeat_answer(host, ex, q)) {
		exchange_put(host, st->exchange);
		st->exchange = ex;
		h2_stream_release(s, st);
		return;
	}
	if (ex != NULL)
		exchange_put(host, ex);
	h2_stream_fail(s, st, H2_CANCEL);
}

static void body_refuse(struct h2_session *s, struct h2_stream *st,
	unsigned status, enum reason reason)
{
	static struct request q;

	memset(&q, 0, offsetof(struct request, fields));
	q.is_stream = true;
	q.minor = 1;
	q.method = st->exchange->plan.is_head ? METHOD_HEAD : METHOD_UNKNOWN;
	q.refusal = status;
	q.refusal_reason = reason;
	q.refusal_number = h2_host(s)->limits.body_max;
	refuse(s, st, &q);
}

void h2_body_expire(struct h2_session *s, uint64_t now)
{
	while (!list_is_empty(&s->receiving)) {
		struct h2_stream *st = h2_stream_of(s->receiving.next);
		if (st->since + h2_host(s)->timeouts.body_ms > now)
			break;
		body_refuse(s, st, 408, REASON_HEAD_TIMEOUT);
	}
}

/* The peer has said all. */
static void body_end(struct h2_session *s, struct h2_stream *st, uint64_t now)
{
	if (st->expected != UINT64_MAX && st->received != st->expected) {
		stream_fault(s, st, H2_PROTOCOL_ERROR, now);
		return;
	}
	st->is_ended = true;
	/* One that is refused has its answer already. */
	if (st->where == H2_RECEIVING)
		h2_stream_release(s, st);
}

static void body_add(struct h2_session *s, struct h2_stream *st,
	const struct h2_frame *f, uint64_t now)
{
	uint64_t max = h2_host(s)->limits.body_max;

	st->received += f->payload.len;
	if (st->expected != UINT64_MAX && st->received > st->expected) {
		stream_fault(s, st, H2_PROTOCOL_ERROR, now);
		return;
	}
	/* Of a body that said no length. */
	if (st->received > max && st->where == H2_RECEIVING)
		body_refuse(s, st, 413, REASON_BODY_TOO_LARGE);
	else if ((f->flags & H2_END_STREAM) != 0)
		body_end(s, st, now);
}

void h2_body_data(struct h2_session *s, struct h2_frame *f, uint64_t now)
{
	uint32_t size = (uint32_t)f->payload.len;
	struct h2_stream *st = h2_stream_find(s, f->stream);

	if (!h2_frame_unpad(f)) {
		h2_fail(s, H2_PROTOCOL_ERROR, SPAN("more padding than DATA"));
		return;
	}
	if (!connection_take(s, size))
		return;
	if (f->payload.len == 0 && (f->flags & H2_END_STREAM) == 0)
		h2_meter(s, H2_METER_EMPTY, now);
	if (st == NULL) {
		closed_judge(s, f->stream, now);
		return;
	}
	if (st->is_ended) {
		stream_fault(s, st, H2_STREAM_CLOSED, now);
		return;
	}
	st->room -= size;
	st->taken += size;
	if (st->room < 0) {
		stream_fault(s, st, H2_FLOW_CONTROL_ERROR, now);
		return;
	}
	if (st->taken >= GIVE_BACK && (f->flags & H2_END_STREAM) == 0 &&
		st->where == H2_RECEIVING) {
		h2_control_window(s, f->stream, st->taken);
		st->room += st->taken;
		st->taken = 0;
	}
	body_add(s, st, f, now);
}

void h2_body_trailers(struct h2_session *s, const struct h2_frame *f,
	bool is_malformed, uint64_t now)
{
	struct h2_stream *st = h2_stream_find(s, f->stream);

	if (is_malformed || (f->flags & H2_END_STREAM) == 0)
		stream_fault(s, st, H2_PROTOCOL_ERROR, now);
	else
		body_end(s, st, now);
}

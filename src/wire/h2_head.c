/*
 * From blocks to requests, and on streams to exchanges (h2_head.h). Must not
 * know what is answered, nor how it is sent.
 */
#include "wire/h2_head.h"

#include "http/stream_head.h"
#include "wire/exchange.h"
#include "wire/h2_body.h"
#include "wire/h2_stream.h"
#include "wire/repeat.h"

/* What is to be done with a block. */
enum use {
	USE_REQUEST,
	USE_TRAILERS, /* behind the body of an open stream */
	USE_REFUSE, /* a request that has no place: the client may repeat it */
	USE_NOTHING
};

/* The fields of one block, and the bytes that they are kept in. */
struct decoded {
	struct stream_head head;
	struct request request;
	struct text bytes;
};

static struct span kept(struct text *t, const uint8_t *at, size_t len)
{
	size_t from = t->len;

	text_add(t, (struct span){ (const char *)at, len });
	return span_skip(text_span(t), from);
}

static void field_take(struct decoded *d, const nghttp2_nv *nv)
{
	size_t size = nv->namelen + nv->valuelen;

	/* What is over the limit is counted and not kept. */
	if (d->bytes.size - d->bytes.len < size) {
		d->head.size += size + d->head.limits->head_max;
		return;
	}
	struct span name = kept(&d->bytes, nv->name, nv->namelen);
	struct span value = kept(&d->bytes, nv->value, nv->valuelen);
	stream_head_add(&d->head, name, value);
}

/* False, the connection failed, when the tables are out of step now. */
static bool block_decode(
	struct h2_session *s, struct span block, struct decoded *d)
{
	size_t bomb = d->head.limits->head_max * H2_BOMB_FACTOR;
	int flags = 0;

	do {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(s->inflater, &nv, &flags,
			(const uint8_t *)block.at, block.len, 1);
		if (used < 0) {
			h2_fail(s, H2_COMPRESSION_ERROR,
				SPAN("a head that is not HPACK"));
			return false;
		}
		block = span_skip(block, (size_t)used);
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
			field_take(d, &nv);
		if (d->head.size > bomb) {
			h2_fail(s, H2_ENHANCE_YOUR_CALM,
				SPAN("a head of more than anybody needs"));
			return false;
		}
	} while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0);
	nghttp2_hd_inflate_end_headers(s->inflater);
	return true;
}

static bool exchange_make(struct h2_session *s, uint32_t id,
	const struct request *q, struct h2_stream **st)
{
	struct wire_host *host = h2_host(s);
	struct exchange *ex = exchange_take(host);

	if (ex == NULL)
		return false;
	ex->wire = s->wire;
	if (!repeat_answer(host, ex, q)) {
		exchange_put(host, ex);
		return false;
	}
	*st = h2_stream_open(s, id, ex);
	if (*st == NULL)
		exchange_put(host, ex);
	return *st != NULL;
}

/* A request is answered when it has all come, but for one that is refused. */
static void request_take(struct h2_session *s, const struct h2_frame *f,
	struct decoded *d, uint64_t now)
{
	const struct request *q = &d->request;
	bool is_ended = (f->flags & H2_END_STREAM) != 0;
	struct h2_stream *st;

	stream_head_end(&d->head, !is_ended, s->is_secured);
	if (d->head.is_malformed) {
		h2_control_reset(s, f->stream, H2_PROTOCOL_ERROR);
		h2_ended_note(s, f->stream, H2_END_OURS);
		h2_meter(s, H2_METER_ERROR, now);
		return;
	}
	if (!exchange_make(s, f->stream, q, &st)) {
		h2_control_reset(s, f->stream, H2_REFUSED_STREAM);
		h2_ended_note(s, f->stream, H2_END_OURS);
		return;
	}
	st->place.priority = d->head.priority;
	st->is_ended = is_ended;
	if (q->framing == FRAMING_LENGTH)
		st->expected = q->content_length;
	if (is_ended || q->refusal != 0)
		h2_stream_release(s, st);
	else
		h2_stream_receive(s, st, now);
}

static void block_use(struct h2_session *s, const struct h2_frame *f,
	enum use use, uint64_t now)
{
	struct wire_host *host = h2_host(s);
	struct decoded d;
	char *bytes = pool_take(&host->buffers);

	if (bytes == NULL) {
		h2_fail(s, H2_INTERNAL_ERROR, SPAN("no memory for a head"));
		return;
	}
	stream_head_start(&d.head, &host->limits, &d.request);
	d.head.is_trailers = use != USE_REQUEST;
	d.bytes = text_in(bytes, WIRE_BUFFER_SIZE(&host->limits));
	if (block_decode(s, f->payload, &d)) {
		switch (use) {
		case USE_REQUEST:
			request_take(s, f, &d, now);
			break;
		case USE_TRAILERS:
			h2_body_trailers(s, f, d.head.is_malformed, now);
			break;
		case USE_REFUSE:
			h2_control_reset(s, f->stream, H2_REFUSED_STREAM);
			h2_ended_note(s, f->stream, H2_END_OURS);
			break;
		case USE_NOTHING:
			break;
		}
	}
	pool_put(&host->buffers, bytes);
}

/* A head on a stream that the peer has opened before (RFC 9113 5.1). */
static enum use again_judge(struct h2_session *s, uint32_t id, uint64_t now)
{
	struct h2_stream *st = h2_stream_find(s, id);

	if (st != NULL) {
		if (!st->is_ended)
			return USE_TRAILERS;
		h2_stream_fail(s, st, H2_STREAM_CLOSED);
		h2_meter(s, H2_METER_ERROR, now);
		return USE_NOTHING;
	}
	switch (h2_ended_find(s, id)) {
	case H2_END_OURS:
		break;
	case H2_END_THEIRS:
		h2_control_reset(s, id, H2_STREAM_CLOSED);
		h2_meter(s, H2_METER_ERROR, now);
		break;
	case H2_END_WHOLE:
		h2_fail(s, H2_STREAM_CLOSED,
			SPAN("HEADERS on a stream that has ended"));
		break;
	case H2_END_UNKNOWN:
		h2_fail(s, H2_PROTOCOL_ERROR,
			SPAN("a stream is lower than one before"));
		break;
	}
	return USE_NOTHING;
}

static enum use use_judge(struct h2_session *s, uint32_t id, uint64_t now)
{
	if (id <= s->id_last)
		return again_judge(s, id, now);
	s->id_last = id;
	/* After our GOAWAY it counts as never sent (RFC 9113 6.8). */
	if (id > s->id_told)
		return USE_NOTHING;
	return s->open < H2_STREAMS_MAX ? USE_REQUEST : USE_REFUSE;
}

/* May it have another exchange? Half of them are for connections that have
 * none. */
static bool may_open(const struct h2_session *s)
{
	const struct pool *pool = &h2_host(s)->exchanges;

	return s->open == 0 || pool_used(pool) < pool->max / 2;
}

/* Will any of our streams end without the peer's help? */
static bool can_send(struct h2_session *s)
{
	return s->batch != NULL ||
	       (s->window > 0 && h2_queue_first(&s->queue) != NULL);
}

bool h2_head_take(struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	bool is_new = f->stream > s->id_last;

	if (is_new && !may_open(s) && can_send(s))
		return false;
	enum use use = use_judge(s, f->stream, now);
	if (use == USE_REQUEST && !may_open(s))
		use = USE_REFUSE;
	block_use(s, f, use, now);
	return true;
}

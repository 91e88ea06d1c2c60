/*
 * Send windows (h2_window.h). They may become negative, when the peer lowers
 * its initial size, and never larger than 2^31-1. Must not know what is sent.
 */
#include "wire/h2_window.h"

#include "wire/h2_stream.h"

#define WINDOW_MAX INT64_C(0x7fffffff)

/* It may be open again, or shut. */
static void stream_wake(struct h2_session *s, struct h2_stream *st)
{
	if (st->where == H2_BLOCKED && st->window > 0)
		h2_stream_queue(s, st);
}

static void stream_take(struct h2_session *s, const struct h2_frame *f,
	uint32_t count, uint64_t now)
{
	struct h2_stream *st = h2_stream_find(s, f->stream);

	if (f->stream > s->id_last || f->stream % 2 == 0) {
		h2_fail(s, H2_PROTOCOL_ERROR,
			SPAN("WINDOW_UPDATE on a stream that is not there"));
		return;
	}
	if (st == NULL)
		return; /* it was on its way (5.1) */
	if (count == 0 || st->window + count > WINDOW_MAX) {
		h2_meter(s, H2_METER_ERROR, now);
		h2_stream_fail(s, st,
			count == 0 ? H2_PROTOCOL_ERROR : H2_FLOW_CONTROL_ERROR);
		return;
	}
	st->window += count;
	stream_wake(s, st);
}

void h2_window_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now)
{
	if (f->payload.len != 4) {
		h2_fail(s, H2_FRAME_SIZE_ERROR,
			SPAN("WINDOW_UPDATE of the wrong size"));
		return;
	}
	uint32_t count = h2_u32(f->payload.at) & H2_ID_MAX;
	h2_meter(s, H2_METER_WINDOW, now);
	if (f->stream != 0) {
		stream_take(s, f, count, now);
		return;
	}
	if (count == 0)
		h2_fail(s, H2_PROTOCOL_ERROR, SPAN("WINDOW_UPDATE of nothing"));
	else if (s->window + count > WINDOW_MAX)
		h2_fail(s, H2_FLOW_CONTROL_ERROR,
			SPAN("a window of more than 2^31-1"));
	else
		s->window += count;
}

void h2_window_initial(struct h2_session *s, uint32_t size)
{
	int64_t change = (int64_t)size - s->window_initial;

	if (size > WINDOW_MAX) {
		h2_fail(s, H2_FLOW_CONTROL_ERROR,
			SPAN("an initial window of more than 2^31-1"));
		return;
	}
	s->window_initial = size;
	for (unsigned i = 0; i < H2_CHAINS; i++) {
		for (struct h2_stream *st = s->chains[i]; st != NULL;
			st = st->chain) {
			st->window += change;
			if (st->window > WINDOW_MAX)
				h2_fail(s, H2_FLOW_CONTROL_ERROR,
					SPAN("a window of more than 2^31-1"));
			stream_wake(s, st);
		}
	}
}

static uint64_t patience(const struct h2_session *s)
{
	return h2_host(s)->timeouts.window_ms;
}

void h2_window_expire(struct h2_session *s, uint64_t now)
{
	while (!list_is_empty(&s->blocked)) {
		struct h2_stream *st = h2_stream_of(s->blocked.next);
		if (st->since + patience(s) > now)
			break;
		h2_stream_fail(s, st, H2_ENHANCE_YOUR_CALM);
	}
	if (s->window_since > 0 && s->window_since + patience(s) <= now)
		h2_fail(s, H2_ENHANCE_YOUR_CALM,
			SPAN("the connection's window stays shut"));
}

uint64_t h2_window_deadline(const struct h2_session *s)
{
	uint64_t at = UINT64_MAX;

	if (s->window_since > 0)
		at = s->window_since + patience(s);
	if (!list_is_empty(&s->blocked))
		at = min_u64(
			at, h2_stream_of(s->blocked.next)->since + patience(s));
	return at;
}

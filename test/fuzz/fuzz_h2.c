/*
 * A whole HTTP/2 connection (RFC 9113): ten control bytes, then what a client
 * sends behind its preface. It is fed in pieces, also while something is being
 * sent, and a timer, a drain or a want of memory comes in between. What is
 * asserted: only whole frames leave, in an order that each stream may have;
 * their heads are HPACK that another decoder reads; nothing exceeds a window;
 * and all memory is given back.
 */
#include "fuzz_wire.h"

#include "wire/h2.h"
#include "wire/h2_stream.h"

/* What the peer is known to have opened at most: the input is too short for
 * more WINDOW_UPDATEs than this. */
#define STREAMS 4096

static void sends_or_hears(struct stage *s, struct wire *w, struct span *rest,
	size_t size, bool *has_ended)
{
	struct segment segments[8];
	int count = w->ops->pull(w, segments, 1 + size % 8, 1000);

	/* The low bit decides who is faster. */
	if (count > 0 && (size % 2 == 0 || !w->listens || rest->len == 0))
		segments_send(s, w, segments, count, size);
	else
		piece_feed(w, rest, size, has_ended);
}

static void connection_run(
	struct stage *s, struct span rest, const struct controls *c)
{
	bool has_ended = false;
	struct segment one;
	struct h2 h2;

	if (!h2_init(&h2, &s->host, false, 1000))
		return;
	struct wire *w = &h2.wire;
	w->ops->feed(w, SPAN(H2_PREFACE_BYTES), 1000);
	for (unsigned step = 0;; step++) {
		size_t size = c->sizes[step % sizeof c->sizes];
		size = size == 255 ? WIRE_FEED_MAX : size + 1;
		int count = w->ops->pull(w, &one, 1, 1000);
		if (count < 0)
			break;
		assert(count > 0 || w->listens);
		if (step == c->at) {
			if (event_happen(s, w, c->event, count == 0))
				break;
			continue;
		}
		assert(w->deadline > 0);
		sends_or_hears(s, w, &rest, size, &has_ended);
	}
	w->ops->done(w);
}

static void head_check(nghttp2_hd_inflater *inflater, struct span block)
{
	int flags = 0;

	while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags,
			(const uint8_t *)block.at, block.len, 1);
		assert(used >= 0);
		block = span_skip(block, (size_t)used);
	}
	nghttp2_hd_inflate_end_headers(inflater);
}

/* One frame of ours, on a stream of which *ended says whether it has. */
static void stream_check(const struct h2_frame *f, uint8_t *ended)
{
	enum { HEADED = 1, ENDED = 2, RESET = 4 };

	assert((*ended & RESET) == 0);
	switch (f->type) {
	case H2_HEADERS:
		assert(*ended == 0);
		*ended |= HEADED;
		break;
	case H2_DATA:
		assert(*ended == HEADED);
		break;
	case H2_RST_STREAM:
		*ended |= RESET;
		return;
	default:
		return;
	}
	if ((f->flags & H2_END_STREAM) != 0)
		*ended |= ENDED;
}

/* Of what has been reset twice only the second says so: a client that goes on
 * is told again. */
static bool is_repeated(const struct h2_frame *f)
{
	return f->type == H2_RST_STREAM || f->stream / 2 >= STREAMS;
}

static void output_check(const struct stage *s, bool is_whole)
{
	static uint8_t ended[STREAMS];
	struct span rest = { s->out, s->len };
	nghttp2_hd_inflater *inflater;
	struct h2_frame f;
	size_t size;

	memset(ended, 0, sizeof ended);
	assert(nghttp2_hd_inflate_new(&inflater) == 0);
	while ((size = h2_frame_read(rest, &f)) > 0) {
		assert(f.payload.len <= H2_FRAME_MAX);
		assert(rest.len < s->len || f.type == H2_SETTINGS);
		if (f.stream != 0 && !is_repeated(&f))
			stream_check(&f, &ended[f.stream / 2]);
		if (f.type == H2_HEADERS) {
			assert((f.flags & H2_END_HEADERS) != 0);
			head_check(inflater, f.payload);
		}
		rest = span_skip(rest, size);
	}
	assert(rest.len == 0 || !is_whole);
	nghttp2_hd_inflate_del(inflater);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char output[OUTPUT_MAX];
	static struct stage s;

	if (size < CONTROLS || size > CONTROLS + PAYLOAD_MAX)
		return 0;
	memset(body, 'x', sizeof body);
	struct controls c = controls_read(bytes);
	stage_init(&s, c.is_scarce, output);
	s.host.timeouts.window_ms = 50;
	pool_init(&s.host.sessions, sizeof(struct h2_session), 1);
	pool_init(&s.host.streams, sizeof(struct h2_stream),
		c.is_scarce ? 5 : 200);
	connection_run(&s, fuzz_span(bytes + CONTROLS, size - CONTROLS), &c);
	output_check(&s, c.event != EVENT_DONE);
	assert(s.held == 0);
	assert(pool_used(&s.host.exchanges) == 0);
	assert(pool_used(&s.host.buffers) == 0);
	assert(pool_used(&s.host.streams) == 0);
	assert(pool_used(&s.host.sessions) == 0);
	pool_done(&s.host.exchanges);
	pool_done(&s.host.buffers);
	pool_done(&s.host.sessions);
	pool_done(&s.host.streams);
	return 0;
}

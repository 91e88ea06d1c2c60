/*
 * Both ends of a connection of one request (explain_h2.h; RFC 9113 3.4, 8.3).
 */
#include "cmd/explain_h2.h"

#include "wire/h2.h"
#include "wire/hpack.h"

/* Room for what the command line may hold of fields, and for an answer's. */
#define BYTES_MAX 131072

#define SEGMENTS 64

static bool line_take(struct span *rest, struct span *line)
{
	size_t end = span_find(*rest, '\r');

	if (end == 0 || end == rest->len)
		return false;
	*line = span_first(*rest, end);
	*rest = span_skip(*rest, end + 2);
	return true;
}

static bool is_host(struct span name)
{
	return span_equal_nocase(name, SPAN("host"));
}

static struct span host_of(struct span lines)
{
	struct span line;

	while (line_take(&lines, &line)) {
		size_t colon = span_find(line, ':');
		if (is_host(span_first(line, colon)))
			return span_trim(span_skip(line, colon + 1));
	}
	return SPAN("localhost");
}

static void fields_add(struct text *t, struct span lines)
{
	struct span line;

	while (line_take(&lines, &line)) {
		size_t colon = span_find(line, ':');
		struct span name = span_first(line, colon);
		struct span value = span_trim(span_skip(line, colon + 1));
		if (!is_host(name))
			hpack_field_add(t, name, value);
	}
}

static void block_add(struct text *t, const struct h2_question *q)
{
	bool is_connect = span_equal(q->method, SPAN("CONNECT"));

	hpack_field_add(t, SPAN(":method"), q->method);
	if (!is_connect) {
		hpack_field_add(t, SPAN(":scheme"), SPAN("http"));
		hpack_field_add(t, SPAN(":path"), q->target);
	}
	hpack_field_add(t, SPAN(":authority"),
		is_connect ? q->target : host_of(q->lines));
	fields_add(t, q->lines);
}

static void frame_add(struct text *t, const struct h2_frame *f)
{
	char head[H2_FRAME_HEAD];

	h2_frame_write(head, f);
	text_add(t, (struct span){ head, sizeof head });
	text_add(t, f->payload);
}

/* All that the client sends: its preface, and the head in as many frames as
 * it takes. */
static void request_add(
	struct text *t, const struct h2_question *q, struct span block)
{
	uint8_t flags = q->has_body ? 0 : H2_END_STREAM;
	uint8_t type = H2_HEADERS;

	text_add(t, SPAN(H2_PREFACE_BYTES));
	frame_add(t, &(struct h2_frame){ .type = H2_SETTINGS });
	while (block.len > 0) {
		struct span part = span_first(block, H2_FRAME_MAX);
		block = span_skip(block, part.len);
		flags |= block.len == 0 ? H2_END_HEADERS : 0;
		frame_add(t, &(struct h2_frame){ type, flags, 1, part });
		type = H2_CONTINUATION;
		flags = 0;
	}
}

static void answer_decode(struct span block, struct text *out)
{
	nghttp2_hd_inflater *inflater;
	int flags = 0;

	if (nghttp2_hd_inflate_new(&inflater) != 0)
		return;
	while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags,
			(const uint8_t *)block.at, block.len, 1);
		if (used < 0)
			break;
		block = span_skip(block, (size_t)used);
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0)
			continue;
		text_add(out, (struct span){ (char *)nv.name, nv.namelen });
		text_add_literal(out, ": ");
		text_add(out, (struct span){ (char *)nv.value, nv.valuelen });
		text_add_literal(out, "\r\n");
	}
	text_add_literal(out, "\r\n");
	nghttp2_hd_inflate_del(inflater);
}

/* What the server's frames say of stream 1. */
static void frames_read(struct span bytes, struct text *out)
{
	static char storage[BYTES_MAX];
	struct text block = text_in(storage, sizeof storage);
	struct h2_frame f;
	size_t size;

	while ((size = h2_frame_read(bytes, &f)) > 0) {
		bytes = span_skip(bytes, size);
		if (f.type == H2_RST_STREAM)
			text_add_literal(out,
				"This is no request in HTTP/2: its stream is "
				"reset, without an answer (RFC 9113 8.1.1).\n");
		if (f.type == H2_GOAWAY) {
			text_add_literal(out, "The connection ends: ");
			text_add(out, span_skip(f.payload, 8));
			text_add_literal(out, ".\n");
		}
		if (f.type != H2_HEADERS && f.type != H2_CONTINUATION)
			continue;
		text_add(&block, f.payload);
		if ((f.flags & H2_END_HEADERS) != 0)
			answer_decode(text_span(&block), out);
	}
}

/* What the server sends at first, as far as it comes from memory. */
static struct span answer_take(struct wire *w)
{
	static char storage[BYTES_MAX];
	struct text bytes = text_in(storage, sizeof storage);
	struct segment segments[SEGMENTS];
	int count = w->ops->pull(w, segments, SEGMENTS, 1);

	for (int i = 0; i < count && segments[i].at != NULL; i++)
		text_add(&bytes, (struct span){ segments[i].at,
					 (size_t)segments[i].len });
	return text_span(&bytes);
}

bool explain_h2_ask(
	struct wire_host *host, const struct h2_question *q, struct text *out)
{
	static char block_storage[BYTES_MAX], request_storage[BYTES_MAX];
	struct text block = text_in(block_storage, sizeof block_storage);
	struct text request = text_in(request_storage, sizeof request_storage);
	struct h2 h2;

	if (!h2_init(&h2, host, false, 1))
		return false;
	block_add(&block, q);
	request_add(&request, q, text_span(&block));
	struct span rest = text_span(&request);
	while (rest.len > 0) {
		struct span piece = span_first(rest, WIRE_FEED_MAX);
		h2.wire.ops->feed(&h2.wire, piece, 1);
		rest = span_skip(rest, piece.len);
	}
	frames_read(answer_take(&h2.wire), out);
	h2.wire.ops->done(&h2.wire);
	return out->len > 0;
}

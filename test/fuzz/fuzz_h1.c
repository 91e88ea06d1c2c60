/*
 * A whole HTTP/1 connection (RFC 9112): ten control bytes, then what a client
 * sends. It is fed in pieces of the sizes that the controls say, the answers
 * are taken in writes of such sizes, and a timer, a drain or a want of memory
 * comes in between. What is asserted: every answer is framed HTTP and right
 * about its length; the same bytes in other pieces get the same answers; and
 * all memory is given back. The files are a table; the decisions are real.
 */
#include "fuzz_wire.h"

#include "wire/h1.h"

static void connection_run(
	struct stage *s, struct span rest, const struct controls *c)
{
	struct segment segments[8];
	bool has_ended = false;
	struct h1 h1;

	h1_init(&h1, &s->host, 0);
	struct wire *w = &h1.wire;
	for (unsigned step = 0;; step++) {
		size_t size = c->sizes[step % sizeof c->sizes];
		/* 255 stands for all there is. */
		size = size == 255 ? WIRE_FEED_MAX : size + 1;
		int count = w->ops->pull(w, segments, 1 + step % 8, 1000);
		if (count < 0)
			break;
		if (step == c->at) {
			if (event_happen(s, w, c->event, count == 0))
				break;
			continue;
		}
		assert(w->deadline > 0);
		if (count > 0)
			segments_send(s, w, segments, count, size);
		else
			piece_feed(w, &rest, size, &has_ended);
	}
	w->ops->done(w);
	assert(s->held == 0);
	assert(pool_used(&s->host.exchanges) == 0);
	assert(pool_used(&s->host.buffers) == 0);
	pool_done(&s->host.exchanges);
	pool_done(&s->host.buffers);
}

/* The value of a field in a head, digits only; UINT64_MAX: no such line. */
static uint64_t head_number(struct span head, const char *name)
{
	const char *at = memmem(head.at, head.len, name, strlen(name));
	uint64_t number;

	if (at == NULL)
		return UINT64_MAX;
	struct span rest = span_between(at + strlen(name), head.at + head.len);
	assert(span_read_u64(span_first(rest, span_find(rest, '\r')), &number));
	return number;
}

/* The size of the final answer's head, of its body in *length. */
static size_t answer_head(struct span rest, uint64_t *length)
{
	uint64_t status;

	assert(span_starts(rest, SPAN("HTTP/1.1 ")) && rest.len > 12);
	assert(span_read_u64(span_first(span_skip(rest, 9), 3), &status));
	const char *end = memmem(rest.at, rest.len, "\r\n\r\n", 4);
	assert(end != NULL);
	struct span head = span_between(rest.at, end + 4);
	*length = head_number(head, "\r\nContent-Length: ");
	bool has_none = status == 204 || status == 304 || status == 100;
	assert(has_none == (*length == UINT64_MAX)); /* RFC 9110 8.6 */
	*length = has_none ? 0 : *length;
	return head.len;
}

/* Walks over all answers, and drops the interim ones in place. */
static void output_check(struct stage *s, bool is_whole)
{
	size_t put = 0;
	unsigned count = 0, heads = 0;

	for (struct span rest = { s->out, s->len }; rest.len > 0;) {
		uint64_t length;
		size_t size;
		if (!is_whole &&
			memmem(rest.at, rest.len, "\r\n\r\n", 4) == NULL)
			break;
		size = answer_head(rest, &length);
		bool is_interim = span_starts(rest, SPAN("HTTP/1.1 100"));
		struct span after = span_skip(rest, size);
		/* No body here begins like an answer: that was for HEAD. */
		if (length > 0 &&
			(after.len == 0 || span_starts(after, SPAN("HTTP/")))) {
			heads++;
			length = 0;
		}
		if (!is_whole && length > after.len)
			break;
		assert(length <= after.len);
		count += is_interim ? 0 : 1;
		size += (size_t)length;
		if (!is_interim) {
			memmove(s->out + put, rest.at, size);
			put += size;
		}
		rest = span_skip(rest, size);
	}
	s->len = put;
	assert(count <= s->answers && (heads <= s->heads || !is_whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char output[2][OUTPUT_MAX];
	static struct stage pieces, whole;
	static const struct controls at_once = { .sizes = { 255, 255, 255, 255,
							 255, 255, 255, 255 },
		.at = UINT32_MAX };

	if (size < CONTROLS || size > CONTROLS + PAYLOAD_MAX)
		return 0;
	memset(body, 'x', sizeof body);
	struct controls c = controls_read(bytes);
	struct span payload = fuzz_span(bytes + CONTROLS, size - CONTROLS);
	stage_init(&pieces, c.is_scarce, output[0]);
	connection_run(&pieces, payload, &c);
	output_check(&pieces, c.event != EVENT_DONE);
	if (c.is_scarce || c.event != EVENT_NONE)
		return 0;
	stage_init(&whole, false, output[1]);
	connection_run(&whole, payload, &at_once);
	output_check(&whole, true);
	assert(pieces.len == whole.len);
	assert(memcmp(pieces.out, whole.out, whole.len) == 0);
	return 0;
}

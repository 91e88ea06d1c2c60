/*
 * A whole HTTP/1 connection (RFC 9112): ten control bytes, then what a client
 * sends. It is fed in pieces of the sizes that the controls say, the answers
 * are taken in writes of such sizes, and a timer, a drain or a want of memory
 * comes in between. What is asserted: every answer is framed HTTP and right
 * about its length; the same bytes in other pieces get the same answers; and
 * all memory is given back. The files are a table; the decisions are real.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "base/attr.h"
#include "http/lookup.h"
#include "wire/h1.h"

#define PAYLOAD_MAX  8000
#define OUTPUT_MAX   ((size_t)8 << 20)
#define CONTROLS     10
#define BODY_SIZE    3000
#define WALL_SECONDS UINT64_C(1700000000)

enum event { EVENT_NONE, EVENT_EXPIRE, EVENT_DRAIN, EVENT_DONE, EVENT_COUNT };

struct controls {
	uint8_t sizes[8];
	enum event event;
	unsigned at; /* the step at which the event comes */
	bool is_scarce;
};

static const struct {
	struct span name;
	enum resource_kind kind;
	uint64_t sizes[CODING_COUNT]; /* 0: there is no such variant */
	bool is_file;                 /* sent from a descriptor */
} table[] = {
	{ { "index.html", 10 }, RESOURCE_FILE, { 700, 300, 0, 0 }, false },
	{ { "hello.txt", 9 }, RESOURCE_FILE, { 12, 0, 0, 0 }, false },
	{ { "file.bin", 8 }, RESOURCE_FILE, { BODY_SIZE, 0, 0, 0 }, true },
	{ { "app.js", 6 }, RESOURCE_FILE, { 900, 80, 70, 60 }, false },
	{ { "404.html", 8 }, RESOURCE_FILE, { 30, 0, 0, 0 }, false },
	{ { "dir", 3 }, RESOURCE_DIRECTORY, { 0 }, false },
	{ { "secret", 6 }, RESOURCE_FORBIDDEN, { 0 }, false },
	{ { "busy", 4 }, RESOURCE_BUSY, { 0 }, false },
};

static char body[BODY_SIZE];

struct stage {
	struct wire_host host;
	struct policy policy;
	struct resource resource;
	unsigned held, answers, heads;
	char *out;
	size_t len;
};

static enum resource_kind table_find(struct span name, struct resource *r)
{
	for (size_t i = 0; i < array_count(table); i++) {
		if (!span_equal(name, table[i].name))
			continue;
		*r = (struct resource){
			.kind = table[i].kind, .name = name, .mtime = 784111777
		};
		for (enum coding c = 0; c < CODING_COUNT; c++) {
			uint64_t size = table[i].sizes[c];
			r->variants[c] = (struct variant){ .exists = size > 0,
				.fd = table[i].is_file ? 7 : -1,
				.bytes = table[i].is_file ? NULL : body,
				.size = size,
				.etag_len = 5,
				.etag = "\"abc\"" };
			r->variants[c].etag[3] = (char)('c' + (int)c);
		}
		return table[i].kind;
	}
	return RESOURCE_ABSENT;
}

static void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	struct stage *s = container_of(host, struct stage, host);
	static struct lookup l;

	memset(&s->resource, 0, sizeof s->resource);
	if (plan_needs_resource(q)) {
		lookup_start(&l, q, &s->policy);
		while (l.state != LOOKUP_ENDED)
			(void)!lookup_next(
				&l, table_find(lookup_name(&l), &s->resource));
		s->resource.kind = l.kind;
		s->resource.name = lookup_name(&l);
	}
	ex->resource = &s->resource;
	ex->plan = plan_response(q, &s->resource, &s->policy, WALL_SECONDS);
	ex->held = s;
	s->held++;
	s->answers++;
	s->heads += ex->plan.is_head;
}

static void on_done(struct wire_host *host, struct exchange *ex)
{
	struct stage *s = container_of(host, struct stage, host);

	assert(ex->held == s && s->held > 0);
	s->held--;
}

static void stage_init(struct stage *s, bool is_scarce, char *out)
{
	*s = (struct stage){ .out = out };
	s->host.on_exchange = on_exchange;
	s->host.on_done = on_done;
	s->host.limits = (struct head_limits){ .line_max = 256,
		.head_max = 1024,
		.field_max = 20,
		.body_max = 64 };
	s->host.timeouts = (struct wire_timeouts){
		.head_ms = 10, .body_ms = 60, .idle_ms = 600
	};
	pool_init(&s->host.exchanges, sizeof(struct exchange),
		is_scarce ? 3 : 64);
	pool_init(&s->host.buffers, WIRE_BUFFER_SIZE(&s->host.limits),
		is_scarce ? 1 : 64);
}

static void segment_copy(struct stage *s, const struct segment *from, size_t n)
{
	assert(s->len + n <= OUTPUT_MAX);
	if (from->at == NULL) {
		assert(from->fd == 7 && from->offset + n <= sizeof body);
		memcpy(s->out + s->len, body + from->offset, n);
	} else {
		memcpy(s->out + s->len, from->at, n);
	}
	s->len += n;
}

/* One write, of at most `max` bytes. */
static void segments_send(struct stage *s, struct wire *w,
	const struct segment *segments, int count, size_t max)
{
	size_t left = max;

	for (int i = 0; i < count && left > 0; i++) {
		size_t n = segments[i].len < left ? (size_t)segments[i].len
						  : left;
		assert(segments[i].len > 0);
		segment_copy(s, &segments[i], n);
		left -= n;
	}
	w->ops->advance(w, max - left, 1000);
}

/* True when the connection is over. */
static bool event_happen(
	struct stage *s, struct wire *w, enum event event, bool waits)
{
	switch (event) {
	case EVENT_EXPIRE:
		/* Only of a wire that waits for its peer. */
		if (waits && w->deadline != UINT64_MAX)
			w->ops->expire(w, w->deadline);
		break;
	case EVENT_DRAIN:
		s->policy.is_draining = true;
		w->ops->drain(w, 1000);
		break;
	case EVENT_DONE:
		return true;
	case EVENT_NONE:
	case EVENT_COUNT:
		break;
	}
	return false;
}

/* Feeds the next piece, or the end when all has been fed. */
static void piece_feed(
	struct wire *w, struct span *rest, size_t size, bool *has_ended)
{
	if (rest->len == 0) {
		assert(!*has_ended); /* an ended wire ends */
		*has_ended = true;
		w->ops->end(w, 1000);
		return;
	}
	struct span piece = span_first(*rest, size);
	/* Of its very size, and gone after the call. */
	char *copy = malloc(piece.len);
	assert(copy != NULL);
	memcpy(copy, piece.at, piece.len);
	w->ops->feed(w, (struct span){ copy, piece.len }, 1000);
	free(copy);
	*rest = span_skip(*rest, piece.len);
}

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

static struct controls controls_read(const uint8_t *bytes)
{
	struct controls c = { .event = bytes[8] % EVENT_COUNT,
		.is_scarce = (bytes[8] & 0x80) != 0 };

	memcpy(c.sizes, bytes, sizeof c.sizes);
	c.at = c.event == EVENT_NONE ? UINT32_MAX : bytes[9];
	return c;
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

/*
 * A connection's surroundings for the fuzz targets of wires: files that are a
 * table, decisions that are real, memory that may be scarce; pieces that are
 * fed, writes that are taken, and one event in between. Must not know which
 * HTTP is spoken.
 */
#pragma once

#include "fuzz.h"

#include <stdlib.h>

#include "base/attr.h"
#include "http/lookup.h"
#include "wire/wire.h"

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

static struct controls controls_read(const uint8_t *bytes)
{
	struct controls c = { .event = bytes[8] % EVENT_COUNT,
		.is_scarce = (bytes[8] & 0x80) != 0 };

	memcpy(c.sizes, bytes, sizeof c.sizes);
	c.at = c.event == EVENT_NONE ? UINT32_MAX : bytes[9];
	return c;
}

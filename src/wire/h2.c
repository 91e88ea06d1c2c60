/*
 * The HTTP/2 engine (h2.h): the wire's operations, when a connection ends and
 * how long it waits for what. Must not know files, sockets or clocks.
 */
#include "wire/h2.h"

#include <assert.h>

#include "wire/h2_batch.h"
#include "wire/h2_body.h"
#include "wire/h2_output.h"
#include "wire/h2_stream.h"
#include "wire/h2_window.h"

/* While draining, from the GOAWAY that only warns to the one that says which
 * stream is the last: several round trips (RFC 9113 6.8). */
#define H2_DRAIN_MS 500

static struct h2_session *session_of(const struct wire *w)
{
	return container_of(w, struct h2, wire)->session;
}

static void input_free(struct h2_session *s)
{
	if (s->input != NULL)
		pool_put(&h2_host(s)->buffers, s->input);
	s->input = NULL;
	s->input_from = s->input_len = 0;
}

static struct span input_left(const struct h2_session *s)
{
	return (struct span){ s->input + s->input_from,
		s->input_len - s->input_from };
}

/* When something has to be done although the peer says nothing. */
static uint64_t deadline_find(const struct h2_session *s)
{
	const struct wire_timeouts *t = &h2_host(s)->timeouts;
	uint64_t at = min_u64(h2_window_deadline(s), h2_output_deadline(s));

	if (s->state >= H2_ENDING || s->has_ended)
		return UINT64_MAX;
	if (s->input_since > 0)
		at = min_u64(at, s->input_since + t->head_ms);
	if (!list_is_empty(&s->receiving))
		at = min_u64(at,
			h2_stream_of(s->receiving.next)->since + t->body_ms);
	if (s->idle_since > 0)
		at = min_u64(at, s->idle_since + t->idle_ms);
	if (s->drain_at > 0)
		at = min_u64(at, s->drain_at);
	return at;
}

/* What follows for the connection from all that has happened. A clock that is
 * not running is 0. */
static void session_look(struct h2_session *s, uint64_t now)
{
	bool is_partial = !s->is_paused &&
			  (s->input != NULL || s->head != NULL ||
				  s->state == H2_PREFACE);

	if (!is_partial)
		s->input_since = 0;
	else if (s->input_since == 0)
		s->input_since = now;
	if (s->open > 0)
		s->idle_since = 0;
	else if (s->idle_since == 0)
		s->idle_since = now;
	s->wire->listens = s->state < H2_ENDING && !s->is_paused &&
			   !s->has_ended;
	s->wire->deadline = deadline_find(s);
}

/* Takes up what is whole of `bytes`, and keeps the rest. */
static void input_run(struct h2_session *s, struct span bytes, uint64_t now)
{
	size_t used = h2_input_take(s, bytes, now);
	struct span left = span_skip(bytes, used);

	/* Each frame has its time, but a head has it as a whole. */
	if (used > 0 && s->head == NULL)
		s->input_since = 0;
	if (left.len == 0 || s->state >= H2_ENDING) {
		input_free(s);
		return;
	}
	if (s->input != NULL) {
		s->input_from = s->input_len - (uint32_t)left.len;
		return;
	}
	s->input = pool_take(&h2_host(s)->buffers);
	if (s->input == NULL) {
		h2_fail(s, H2_INTERNAL_ERROR, SPAN("no memory for a frame"));
		return;
	}
	memcpy(s->input, left.at, left.len);
	s->input_from = 0;
	s->input_len = (uint32_t)left.len;
}

static void h2_feed(struct wire *w, struct span bytes, uint64_t now)
{
	struct h2_session *s = session_of(w);

	assert(bytes.len <= WIRE_FEED_MAX);
	if (s->state >= H2_ENDING)
		return;
	if (s->input != NULL) {
		struct span left = input_left(s);
		memmove(s->input, left.at, left.len);
		assert(left.len + bytes.len <=
			WIRE_BUFFER_SIZE(&w->host->limits));
		memcpy(s->input + left.len, bytes.at, bytes.len);
		s->input_from = 0;
		s->input_len = (uint32_t)(left.len + bytes.len);
		bytes = input_left(s);
	}
	input_run(s, bytes, now);
	session_look(s, now);
}

static void h2_peer_end(struct wire *w, uint64_t now)
{
	struct h2_session *s = session_of(w);

	s->has_ended = true;
	session_look(s, now);
}

/* From now on later streams count as never sent. */
static void goaway_last(struct h2_session *s)
{
	s->drain_at = 0;
	s->id_told = s->id_last;
	h2_control_goaway(s, s->id_last, H2_NO_ERROR, SPAN("draining"));
}

static void h2_expire(struct wire *w, uint64_t now)
{
	struct h2_session *s = session_of(w);
	const struct wire_timeouts *t = &w->host->timeouts;

	h2_body_expire(s, now);
	h2_window_expire(s, now);
	h2_output_due(s, now);
	if (s->input_since > 0 && s->input_since + t->head_ms <= now)
		h2_fail(s, H2_ENHANCE_YOUR_CALM,
			SPAN("a frame has not come in time"));
	if (s->idle_since > 0 && s->idle_since + t->idle_ms <= now)
		h2_fail(s, H2_NO_ERROR, SPAN("idle"));
	session_look(s, now);
}

/* Nothing is left to be done, and nothing will come. */
static bool is_done(const struct h2_session *s)
{
	bool is_told = s->is_draining && s->drain_at == 0;

	return s->open == 0 && s->control_len == 0 &&
	       (is_told || s->is_leaving || s->has_ended);
}

/* What waited for room comes first: it may be more urgent. */
static void output_run(struct h2_session *s, uint64_t now)
{
	if (s->drain_at > 0 && s->drain_at <= now)
		goaway_last(s);
	do {
		if (s->is_paused && s->state < H2_ENDING)
			input_run(s, input_left(s), now);
		h2_output_make(s, now);
	} while (s->batch == NULL && s->is_paused && s->state < H2_ENDING);
	if (s->batch == NULL && (s->has_ended || is_done(s)))
		s->state = H2_OVER;
	session_look(s, now);
}

static int h2_pull(
	struct wire *w, struct segment *out, unsigned max, uint64_t now)
{
	struct h2_session *s = session_of(w);

	if (s->batch == NULL && s->state != H2_OVER)
		output_run(s, now);
	if (s->batch == NULL)
		return s->state == H2_OVER ? -1 : 0;
	unsigned count = h2_batch_show(s->batch, out, max);
	w->is_final = s->state == H2_OVER &&
		      s->batch->count - s->batch->next == count;
	return (int)count;
}

static void h2_advance(struct wire *w, uint64_t count, uint64_t now)
{
	struct h2_session *s = session_of(w);

	if (h2_batch_advance(s->batch, count))
		h2_output_sent(s);
	session_look(s, now);
}

static bool h2_is_idle(const struct wire *w)
{
	const struct h2_session *s = session_of(w);

	return s->open == 0 && s->input == NULL && s->batch == NULL &&
	       s->control_len == 0;
}

static const struct exchange *h2_front(const struct wire *w)
{
	struct h2_session *s = session_of(w);
	struct h2_place *first = h2_queue_first(&s->queue);

	if (first != NULL)
		return container_of(first, struct h2_stream, place)->exchange;
	return list_is_empty(&s->receiving)
		       ? NULL
		       : h2_stream_of(s->receiving.next)->exchange;
}

static void h2_drain(struct wire *w, uint64_t now)
{
	struct h2_session *s = session_of(w);

	if (s->is_draining || s->state >= H2_ENDING)
		return;
	s->is_draining = true;
	s->drain_at = now + H2_DRAIN_MS;
	w->lingers = true;
	if (h2_control_has_room(s))
		h2_control_goaway(s, H2_ID_MAX, H2_NO_ERROR, SPAN("draining"));
	session_look(s, now);
}

static void streams_close(struct h2_session *s)
{
	for (unsigned i = 0; i < H2_CHAINS; i++) {
		while (s->chains[i] != NULL)
			h2_stream_close(s, s->chains[i], H2_END_OURS);
	}
	while (!list_is_empty(&s->sent))
		h2_stream_free(s, h2_stream_of(s->sent.next));
}

static void h2_done(struct wire *w)
{
	struct h2_session *s = session_of(w);
	struct pool *buffers = &w->host->buffers;

	if (s == NULL)
		return;
	streams_close(s);
	input_free(s);
	if (s->batch != NULL)
		pool_put(buffers, s->batch);
	if (s->head != NULL)
		pool_put(buffers, s->head);
	nghttp2_hd_inflate_del(s->inflater);
	pool_put(&w->host->sessions, s);
	container_of(w, struct h2, wire)->session = NULL;
}

static const struct wire_ops h2_ops = {
	.feed = h2_feed,
	.end = h2_peer_end,
	.expire = h2_expire,
	.pull = h2_pull,
	.advance = h2_advance,
	.is_idle = h2_is_idle,
	.front = h2_front,
	.drain = h2_drain,
	.done = h2_done,
};

static void setting_write(char *at, unsigned id, uint32_t value)
{
	at[0] = 0;
	at[1] = (char)id;
	h2_u32_write(at + 2, value);
}

/* The first frame of ours (RFC 9113 3.4). */
static void settings_send(struct h2_session *s)
{
	char bytes[3 * 6];

	setting_write(bytes, H2_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX);
	setting_write(bytes + 6, H2_MAX_HEADER_LIST_SIZE,
		(uint32_t)h2_host(s)->limits.head_max);
	setting_write(bytes + 12, H2_NO_RFC7540_PRIORITIES, 1);
	h2_control_add(
		s, H2_SETTINGS, 0, 0, (struct span){ bytes, sizeof bytes });
}

static void session_init(struct h2_session *s, uint64_t now)
{
	h2_queue_init(&s->queue);
	list_init(&s->blocked);
	list_init(&s->receiving);
	list_init(&s->making);
	list_init(&s->sent);
	s->id_told = H2_ID_MAX;
	s->window = s->window_initial = s->room = H2_WINDOW_START;
	settings_send(s);
	session_look(s, now);
}

bool h2_init(
	struct h2 *h, struct wire_host *host, bool is_secured, uint64_t now)
{
	struct h2_session *s = pool_take(&host->sessions);
	nghttp2_hd_inflater *inflater;

	if (s == NULL)
		return false;
	if (nghttp2_hd_inflate_new(&inflater) != 0) {
		pool_put(&host->sessions, s);
		return false;
	}
	*h = (struct h2){
		.wire = { .ops = &h2_ops, .host = host, .is_bound = true },
		.session = s
	};
	*s = (struct h2_session){
		.wire = &h->wire, .inflater = inflater, .is_secured = is_secured
	};
	session_init(s, now);
	return true;
}

/*
 * The table of streams (h2_stream.h). Must not know frames but RST_STREAM, nor
 * what is sent of an exchange.
 */
#include "wire/h2_stream.h"

#include <assert.h>

#include "wire/exchange.h"

static struct h2_stream **chain_of(struct h2_session *s, uint32_t id)
{
	return &s->chains[id / 2 % H2_CHAINS]; /* those of clients are odd */
}

/* A priority that came before the request has the last word: it is newer than
 * any field of it. */
static void early_take(struct h2_session *s, struct h2_stream *st)
{
	for (unsigned i = 0; i < H2_EARLY_MAX; i++) {
		if (s->early[i].id != st->place.id)
			continue;
		st->place.priority = s->early[i].priority;
		s->early[i].id = 0;
	}
}

struct h2_stream *h2_stream_open(
	struct h2_session *s, uint32_t id, struct exchange *ex)
{
	struct h2_stream *st = pool_take(&h2_host(s)->streams);

	if (st == NULL)
		return NULL;
	*st = (struct h2_stream){ .exchange = ex,
		.window = s->window_initial,
		.room = H2_WINDOW_START,
		.expected = UINT64_MAX };
	h2_place_init(&st->place, id, PRIORITY_DEFAULT);
	struct h2_stream **chain = chain_of(s, id);
	st->chain = *chain;
	*chain = st;
	s->open++;
	return st;
}

struct h2_stream *h2_stream_find(const struct h2_session *s, uint32_t id)
{
	struct h2_stream *st = s->chains[id / 2 % H2_CHAINS];

	while (st != NULL && st->place.id != id)
		st = st->chain;
	return st;
}

static uint64_t body_left(const struct exchange *ex)
{
	uint64_t left = 0;

	for (unsigned i = 1; i < ex->segment_count; i++)
		left += ex->segments[i].len;
	return left;
}

void h2_stream_release(struct h2_session *s, struct h2_stream *st)
{
	st->left = body_left(st->exchange);
	early_take(s, st);
	h2_stream_queue(s, st);
}

void h2_stream_queue(struct h2_session *s, struct h2_stream *st)
{
	list_remove(&st->place.node);
	st->where = H2_QUEUED;
	h2_queue_add(&s->queue, &st->place);
}

void h2_stream_receive(struct h2_session *s, struct h2_stream *st, uint64_t now)
{
	st->since = now;
	list_add_last(&s->receiving, &st->place.node);
}

void h2_stream_show(struct h2_session *s, struct h2_stream *st)
{
	list_remove(&st->place.node);
	st->where = H2_SHOWN;
	list_add_last(&s->sent, &st->place.node);
}

void h2_stream_block(struct h2_session *s, struct h2_stream *st, uint64_t now)
{
	bool has_moved = st->since == 0 || st->moved >= H2_PROGRESS_MIN;

	list_remove(&st->place.node);
	st->where = H2_BLOCKED;
	/* Whoever takes a byte at a time has waited all along. */
	if (has_moved) {
		st->since = now;
		st->moved = 0;
		list_add_last(&s->blocked, &st->place.node);
	} else {
		list_add_first(&s->blocked, &st->place.node);
	}
}

void h2_stream_prioritize(
	struct h2_session *s, struct h2_stream *st, struct priority p)
{
	/* Only the queue has an order that this changes. */
	if (st->where == H2_QUEUED) {
		list_remove(&st->place.node);
		st->place.priority = p;
		h2_queue_add(&s->queue, &st->place);
	}
	st->place.priority = p;
}

static void table_remove(struct h2_session *s, struct h2_stream *st)
{
	struct h2_stream **at = chain_of(s, st->place.id);

	while (*at != st)
		at = &(*at)->chain;
	*at = st->chain;
	assert(s->open > 0);
	s->open--;
}

void h2_stream_free(struct h2_session *s, struct h2_stream *st)
{
	assert(st->is_closed);
	list_remove(&st->place.node);
	exchange_put(h2_host(s), st->exchange);
	pool_put(&h2_host(s)->streams, st);
}

void h2_stream_close(
	struct h2_session *s, struct h2_stream *st, enum h2_end how)
{
	table_remove(s, st);
	h2_ended_note(s, st->place.id, how);
	st->is_closed = true;
	list_remove(&st->place.node);
	if (h2_stream_is_shown(s, st))
		list_add_last(&s->sent, &st->place.node);
	else
		h2_stream_free(s, st);
}

void h2_stream_fail(
	struct h2_session *s, struct h2_stream *st, enum h2_error error)
{
	h2_control_reset(s, st->place.id, error);
	h2_stream_close(s, st, H2_END_OURS);
}

enum h2_end h2_ended_find(const struct h2_session *s, uint32_t id)
{
	for (unsigned i = 0; i < H2_ENDED_MAX; i++) {
		if (s->ended_id[i] == id)
			return (enum h2_end)s->ended_how[i];
	}
	return H2_END_UNKNOWN;
}

void h2_ended_note(struct h2_session *s, uint32_t id, enum h2_end how)
{
	s->ended_id[s->ended_next] = id;
	s->ended_how[s->ended_next] = (uint8_t)how;
	s->ended_next = (uint8_t)((s->ended_next + 1) % H2_ENDED_MAX);
}

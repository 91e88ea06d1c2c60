/*
 * An answer's body as segments (body.h). The head has segment 0.
 */
#include "wire/body.h"

#include <assert.h>

static void segment_add(struct exchange *ex, struct segment s)
{
	assert(ex->segment_count < SEGMENTS_MAX);
	if (s.len > 0)
		ex->segments[ex->segment_count++] = s;
}

static void segment_add_text(
	struct exchange *ex, const struct text *t, size_t from)
{
	segment_add(ex,
		(struct segment){
			.at = t->at + from, .fd = -1, .len = t->len - from });
}

static void segment_add_slice(
	struct exchange *ex, const struct variant *v, struct range r)
{
	segment_add(
		ex, (struct segment){
			    .at = v->bytes == NULL ? NULL : v->bytes + r.first,
			    .fd = v->fd,
			    .offset = r.first,
			    .len = r.length });
}

static uint64_t page_compose(struct exchange *ex, struct text *text)
{
	size_t from = text->len;

	answer_page(&ex->plan, text);
	segment_add_text(ex, text, from);
	return text->len - from;
}

static uint64_t multipart_compose(
	struct exchange *ex, const struct variant *v, struct text *text)
{
	const struct range_set *set = &ex->plan.ranges;
	uint64_t length = 0;

	for (unsigned i = 0; i <= set->count; i++) {
		size_t from = text->len;
		answer_part_head(&ex->plan, ex->resource, i, text);
		segment_add_text(ex, text, from);
		length += text->len - from;
		if (i < set->count) {
			segment_add_slice(ex, v, set->at[i]);
			length += set->at[i].length;
		}
	}
	return length;
}

uint64_t body_compose(struct exchange *ex, struct text *text)
{
	const struct plan *p = &ex->plan;
	const struct variant *v = ex->resource == NULL
					  ? NULL
					  : &ex->resource->variants[p->coding];
	uint64_t length = 0;

	ex->segment_count = 1;
	switch (p->source) {
	case BODY_EMPTY:
		break;
	case BODY_PAGE:
		length = page_compose(ex, text);
		break;
	case BODY_VARIANT:
		segment_add_slice(ex, v, (struct range){ 0, p->size });
		length = p->size;
		break;
	case BODY_RANGE:
		segment_add_slice(ex, v, p->ranges.at[0]);
		length = p->ranges.at[0].length;
		break;
	case BODY_MULTIPART:
		length = multipart_compose(ex, v, text);
		break;
	case BODY_LISTING: /* made by body_produce() */
	case BODY_EVENTS:
		break;
	}
	if (p->is_head)
		ex->segment_count = 1;
	return length;
}

/* "3f9a\r\n": a size of four digits holds the largest piece. */
#define CHUNK_HEAD 6
_Static_assert(PRODUCER_PIECE_MAX <= 0xffff, "four digits are enough");
_Static_assert(CHUNK_HEAD + 2 <= PRODUCER_BLOCK_SIZE - PRODUCER_PIECE_MAX,
	"a chunk has room for its size and its end");

static void chunk_head_write(char *at, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 4; i++)
		at[i] = digits[size >> (12 - 4 * i) & 15];
	at[4] = '\r';
	at[5] = '\n';
}

static void producer_end(struct exchange *ex)
{
	ex->producer->done(ex->producer);
	ex->producer = NULL;
}

enum production body_produce(struct exchange *ex, unsigned at)
{
	struct text piece = text_in(ex->piece + CHUNK_HEAD, PRODUCER_PIECE_MAX);
	struct segment s = { .at = piece.at, .fd = -1 };

	if (ex->producer == NULL)
		return PRODUCTION_END;
	switch (ex->producer->produce(ex->producer, &piece)) {
	case PRODUCTION_PIECE:
		assert(piece.len > 0 && !piece.is_full);
		break;
	case PRODUCTION_END:
		producer_end(ex);
		if (!ex->is_chunked)
			return PRODUCTION_END;
		piece.len = 0;
		break;
	case PRODUCTION_LATER:
		return PRODUCTION_LATER;
	case PRODUCTION_BROKEN:
		return PRODUCTION_BROKEN;
	}
	s.len = piece.len;
	if (ex->is_chunked) {
		chunk_head_write(ex->piece, piece.len);
		memcpy(piece.at + piece.len, "\r\n", 2);
		s.at -= CHUNK_HEAD;
		s.len += CHUNK_HEAD + 2;
	}
	ex->segments[at] = s;
	ex->segment_next = 0;
	ex->segment_count = at + 1;
	return PRODUCTION_PIECE;
}

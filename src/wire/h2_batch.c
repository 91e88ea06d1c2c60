/*
 * Batches (h2_batch.h). Must not know what their bytes mean.
 */
#include "wire/h2_batch.h"

#include <assert.h>

void h2_batch_init(struct h2_batch *b, size_t size)
{
	b->count = b->next = 0;
	b->size = size - sizeof *b;
	b->len = 0;
	b->total = 0;
	b->ends_in_bytes = false;
}

char *h2_batch_reserve(struct h2_batch *b, size_t count)
{
	char *at = b->bytes + b->len;

	assert(b->size - b->len >= count);
	if (!b->ends_in_bytes) {
		assert(b->count < H2_BATCH_SEGMENTS);
		b->at[b->count++] = (struct segment){ .at = at, .fd = -1 };
		b->ends_in_bytes = true;
	}
	b->at[b->count - 1].len += count;
	b->len += count;
	b->total += count;
	return at;
}

void h2_batch_copy(struct h2_batch *b, struct span bytes)
{
	memcpy(h2_batch_reserve(b, bytes.len), bytes.at, bytes.len);
}

void h2_batch_refer(struct h2_batch *b, const struct segment *s, uint64_t len)
{
	assert(b->count < H2_BATCH_SEGMENTS && len <= s->len);
	b->at[b->count] = *s;
	b->at[b->count++].len = len;
	b->ends_in_bytes = false;
	b->total += len;
}

unsigned h2_batch_show(
	const struct h2_batch *b, struct segment *out, unsigned max)
{
	unsigned count = (unsigned)min_u64(b->count - b->next, max);

	memcpy(out, &b->at[b->next], count * sizeof *out);
	return count;
}

bool h2_batch_advance(struct h2_batch *b, uint64_t count)
{
	while (b->next < b->count) {
		struct segment *s = &b->at[b->next];
		uint64_t step = min_u64(count, s->len);
		if (s->at != NULL)
			s->at += step;
		s->offset += step;
		s->len -= step;
		count -= step;
		if (s->len > 0)
			return false;
		b->next++;
	}
	assert(count == 0);
	return true;
}

/*
 * What is being sent on an HTTP/2 connection: frames one behind the other, in
 * a lent block where they are small, else by reference. Once shown to the
 * connection it does not change until all of it has gone.
 */
#pragma once

#include "wire/wire.h"

#define H2_BATCH_SEGMENTS 64

/* Enough for a turn: more would only make the urgent wait (RFC 9218 10). */
#define H2_BATCH_MAX ((uint64_t)262144)

struct h2_batch {
	unsigned count, next; /* segments: all, and the first not yet sent */
	size_t size, len;     /* of `bytes` */
	bool ends_in_bytes;   /* the last segment is of these, and may grow */
	uint64_t total;
	struct segment at[H2_BATCH_SEGMENTS];
	char bytes[];
};

/* In a block of so many bytes. */
void h2_batch_init(struct h2_batch *b, size_t size);

/* Is there room for so many bytes more, one reference, and bytes after it? */
static inline bool h2_batch_has_room(const struct h2_batch *b, size_t bytes)
{
	return b->size - b->len >= bytes && b->count + 3 <= H2_BATCH_SEGMENTS &&
	       b->total < H2_BATCH_MAX;
}

/* Room for so many bytes, which the caller fills in. */
char *h2_batch_reserve(struct h2_batch *b, size_t count);

void h2_batch_copy(struct h2_batch *b, struct span bytes);

/* A reference to the first `len` bytes of what `s` stands for. */
void h2_batch_refer(struct h2_batch *b, const struct segment *s, uint64_t len);

/* As wire_ops.pull and advance; true when all of it has gone. */
unsigned h2_batch_show(
	const struct h2_batch *b, struct segment *out, unsigned max);
must_check bool h2_batch_advance(struct h2_batch *b, uint64_t count);

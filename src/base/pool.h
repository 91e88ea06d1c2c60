/*
 * Blocks of one size, taken and put back in any order. Memory comes from the
 * heap as it is first needed, is kept for reuse, and never exceeds `max`
 * blocks: a full pool is a limit that its user answers for, not an accident.
 */
#pragma once

#include "base/attr.h"

struct pool {
	size_t size; /* bytes of a block */
	unsigned max, made, kept;
	void *free; /* singly linked through the blocks themselves */
};

/* `size` >= sizeof(void *). Allocates nothing yet. */
void pool_init(struct pool *p, size_t size, unsigned max);

/* Frees the blocks that were put back; the others are lost to their users. */
void pool_done(struct pool *p);

/* An uninitialised block, or NULL when `max` are in use or the heap is out. */
must_check void *pool_take(struct pool *p);

void pool_put(struct pool *p, void *block);

/* Blocks that are in use. */
static inline unsigned pool_used(const struct pool *p)
{
	return p->made - p->kept;
}

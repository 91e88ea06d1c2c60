/*
 * A pool of equal blocks (pool.h): a free list over the heap.
 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_init(struct pool *p, size_t size, unsigned max)
{
	*p = (struct pool){ .size = size, .max = max };
}

void pool_done(struct pool *p)
{
	while (p->free != NULL) {
		void *block = p->free;
		memcpy(&p->free, block, sizeof p->free);
		free(block);
	}
	*p = (struct pool){ .size = p->size, .max = p->max };
}

void *pool_take(struct pool *p)
{
	void *block = p->free;

	if (block != NULL) {
		memcpy(&p->free, block, sizeof p->free);
		p->kept--;
		return block;
	}
	if (p->made == p->max)
		return NULL;
	block = malloc(p->size);
	if (block != NULL)
		p->made++;
	return block;
}

void pool_put(struct pool *p, void *block)
{
	memcpy(block, &p->free, sizeof p->free);
	p->free = block;
	p->kept++;
}

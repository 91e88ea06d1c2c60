/*
 * Memory that may run out (heap.h). The names with two underscores are those
 * that ld's --wrap makes: __wrap_x is called for x, __real_x is the library's.
 */
#include "heap.h"

#include <stdlib.h>

#include "base/pool.h"
#include "trace.h"

struct heap heap;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__real_pool_take(struct pool *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void *__wrap_pool_take(struct pool *p);

static void refuse(void)
{
	heap.refused++;
	if (heap.on_refusal != NULL)
		heap.on_refusal(heap.owner);
}

static bool is_refused(void)
{
	if (heap.refuse_after == 0 || --heap.refuse_after > 0)
		return false;
	trace("heap: refused");
	refuse();
	return true;
}

static void *counted(void *block)
{
	if (block == NULL)
		fail("the tester is out of memory");
	heap.live++;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	if (block == NULL)
		return __wrap_malloc(size);
	/* One block before, one after: none more, none less. */
	return is_refused() ? NULL : __real_realloc(block, size);
}

void __wrap_free(void *block)
{
	if (block != NULL)
		heap.live--;
	__real_free(block);
}

void *__wrap_pool_take(struct pool *p)
{
	void *block = __real_pool_take(p);

	if (block == NULL) {
		trace("pool: none of %u blocks of %zu left", p->max, p->size);
		refuse();
	}
	return block;
}

void *heap_own(void *block, size_t size)
{
	block = __real_realloc(block, size > 0 ? size : 1);
	if (block == NULL)
		fail("the tester is out of memory");
	return block;
}

void heap_disown(void *block)
{
	__real_free(block);
}

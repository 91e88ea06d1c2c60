/*
 * The page of a server that may be of any build, or hostile: what is read of
 * it lies within bounds, and the snapshot made of it can be said.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "server/page.h"

/* The bytes stand at the head of the page and over its first slots. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct page_part copy;
	size_t room = page_size(1);
	struct page *p = calloc(1, room);

	if (p == NULL)
		return 0;
	memcpy(p, bytes, min_u64(size, room));
	if (page_is_valid(p, room)) {
		assert(p->part_count <= 1);
		if (p->part_count == 1 && page_read(&p->parts[0], &copy)) {
			assert(copy.worker.pid != 0);
			assert(copy.worker.count <= PAGE_SLOTS);
			for (uint32_t i = 0; i < copy.worker.count; i++) {
				const struct page_slot *s = &copy.slots[i];
				assert(s->doing < PAGE_DOINGS);
				assert(s->name_len <= PAGE_NAME_MAX);
				assert(s->total == 0 || s->left <= s->total);
			}
		}
	}
	assert(size >= 16 || !page_is_valid(p, size));
	free(p);
	return 0;
}

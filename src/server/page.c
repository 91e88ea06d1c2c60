/*
 * Layout, owner and readers of the page (page.h).
 */
#include "server/page.h"

static const char magic[8] = { 'h', 's', 't', 'a', 't', 'i', 'c', '\n' };

_Static_assert(sizeof(struct page_slot) == 128, "no holes that differ");

/* A writer that is stopped in the middle must not hold up its reader. */
#define READ_TRIES 100

/* More than there can be, so that no product overflows. */
#define PARTS_LIMIT (1u << 16)

size_t page_size(uint32_t part_count)
{
	return sizeof(struct page) + part_count * sizeof(struct page_part);
}

void page_init(struct page *p, uint32_t part_count)
{
	memcpy(p->magic, magic, sizeof magic);
	p->version = PAGE_VERSION;
	p->part_count = part_count;
}

bool page_is_valid(const void *at, size_t size)
{
	const struct page *p = at;

	return size >= sizeof *p &&
	       memcmp(p->magic, magic, sizeof magic) == 0 &&
	       p->version == PAGE_VERSION && p->part_count <= PARTS_LIMIT &&
	       page_size(p->part_count) <= size;
}

struct page_part *page_claim(struct page *p, uint32_t pid, uint32_t number)
{
	for (uint32_t i = 0; i < p->part_count; i++) {
		struct page_worker *w = &p->parts[i].worker;
		uint32_t nobody = 0;
		if (!__atomic_compare_exchange_n(&w->pid, &nobody, pid, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		*w = (struct page_worker){ .pid = pid, .number = number };
		return &p->parts[i];
	}
	return NULL;
}

void page_release(struct page *p, uint32_t pid)
{
	for (uint32_t i = 0; i < p->part_count; i++) {
		struct page_worker *w = &p->parts[i].worker;
		if (__atomic_load_n(&w->pid, __ATOMIC_ACQUIRE) == pid)
			__atomic_store_n(&w->pid, 0, __ATOMIC_RELEASE);
	}
}

void page_write_begin(struct page_part *part)
{
	__atomic_store_n(&part->worker.version, part->worker.version | 1,
		__ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void page_write_end(struct page_part *part, uint64_t now_ms)
{
	part->worker.at_ms = now_ms;
	__atomic_store_n(&part->worker.version, part->worker.version + 1,
		__ATOMIC_RELEASE);
}

static void slot_check(struct page_slot *s)
{
	if (s->doing >= PAGE_DOINGS)
		s->doing = PAGE_IDLE;
	if (s->name_len > PAGE_NAME_MAX)
		s->name_len = 0;
	if (s->left > s->total && s->total != 0)
		s->left = s->total;
}

bool page_read(const struct page_part *part, struct page_part *out)
{
	for (unsigned tries = 0; tries < READ_TRIES; tries++) {
		uint32_t before = __atomic_load_n(
			&part->worker.version, __ATOMIC_ACQUIRE);
		memcpy(&out->worker, &part->worker, sizeof out->worker);
		out->worker.count = (uint32_t)min_u64(
			out->worker.count, PAGE_SLOTS);
		memcpy(out->slots, part->slots,
			out->worker.count * sizeof *out->slots);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		uint32_t after = __atomic_load_n(
			&part->worker.version, __ATOMIC_RELAXED);
		if (before == after && before % 2 == 0)
			break;
	}
	for (uint32_t i = 0; i < out->worker.count; i++)
		slot_check(&out->slots[i]);
	return out->worker.pid != 0;
}

/*
 * Clocks, memory and faults of a run (world.h).
 */
#include "world.h"

#include <string.h>

#include "heap.h"

/* Files are stamped by a clock of 250 Hz, as Linux does. */
#define TICK_MS 4

#define NS_PER_MS INT64_C(1000000)

struct block {
	struct block *next;
	max_align_t bytes[];
};

void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){ .epoch = 1 };
	dice_init(&w->dice, seed);
	w->now_ms = dice_between(&w->dice, 1000, UINT64_C(1) << 40);
	w->wall_ns = (int64_t)dice_between(&w->dice, 0, UINT64_C(1) << 60);
	trace_clock = &w->now_ms;
}

void world_done(struct world *w)
{
	while (w->blocks != NULL) {
		struct block *next = w->blocks->next;
		heap_disown(w->blocks);
		w->blocks = next;
	}
	heap_disown(w->faults);
	trace_clock = NULL;
}

void *world_take(struct world *w, size_t size)
{
	struct block *b = heap_own(NULL, sizeof *b + size);

	b->next = w->blocks;
	w->blocks = b;
	return memset(b->bytes, 0, size);
}

int64_t world_wall_ns(const struct world *w)
{
	return w->wall_ns + (int64_t)w->now_ms * NS_PER_MS;
}

int64_t world_stamp_ns(const struct world *w)
{
	uint64_t tick = w->now_ms - w->now_ms % TICK_MS;

	return w->wall_ns + (int64_t)tick * NS_PER_MS;
}

void world_pass(struct world *w, uint64_t ms)
{
	w->now_ms += ms;
}

void world_jump_wall(struct world *w, int64_t ns)
{
	trace("wall clock: %+lld s", (long long)(ns / (1000 * NS_PER_MS)));
	w->wall_ns += ns;
}

void world_disturb(struct world *w)
{
	if (!w->is_calm && w->disturb != NULL)
		w->disturb(w->disturber);
}

bool world_is_faulty(struct world *w)
{
	return !w->is_calm && dice_rarely(&w->dice, w->fault_rate);
}

void world_fault(struct world *w, unsigned status)
{
	if (w->fault_count == w->fault_size) {
		w->fault_size = 2 * w->fault_size + 16;
		w->faults = heap_own(
			w->faults, w->fault_size * sizeof *w->faults);
	}
	w->faults[w->fault_count++] = (struct fault){ .epoch = ++w->epoch,
		.status = status };
}

bool world_had_fault(
	const struct world *w, unsigned status, const struct window *window)
{
	for (unsigned i = 0; i < w->fault_count; i++) {
		const struct fault *f = &w->faults[i];
		if (f->epoch >= window->from && f->epoch <= window->until &&
			(status == 0 || status == f->status))
			return true;
	}
	return false;
}

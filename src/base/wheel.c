/*
 * The timer wheel (wheel.h). Slots are swept in order; a slot that is swept
 * may hold timers of a later turn, which stay.
 */
#include "base/wheel.h"

#include <stdbool.h>

void wheel_init(struct wheel *w, uint64_t now)
{
	w->tick = now / WHEEL_SLOT_MS;
	w->count = 0;
	for (unsigned i = 0; i < WHEEL_SLOTS / 64; i++)
		w->used[i] = 0;
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		list_init(&w->slots[i]);
}

void timer_init(struct timer *t, void (*fire)(struct timer *))
{
	list_init(&t->node);
	t->at = 0;
	t->fire = fire;
}

static bool is_armed(const struct timer *t)
{
	return !list_is_empty(&t->node);
}

void wheel_clear(struct wheel *w, struct timer *t)
{
	if (!is_armed(t))
		return;
	list_remove(&t->node);
	w->count--;
}

void wheel_set(struct wheel *w, struct timer *t, uint64_t at)
{
	/* One slot later than `at` lies in, so that a sweep never finds a
	 * timer of its own turn too early; a late one goes next. */
	uint64_t tick = at / WHEEL_SLOT_MS + 1;

	wheel_clear(w, t);
	if (tick <= w->tick)
		tick = w->tick + 1;
	t->at = at;
	unsigned slot = tick % WHEEL_SLOTS;
	list_add_last(&w->slots[slot], &t->node);
	w->used[slot / 64] |= UINT64_C(1) << slot % 64;
	w->count++;
}

static void slot_run(struct wheel *w, struct list *slot, uint64_t now)
{
	struct list due;

	/* Taken aside first: a timer that fires may arm others. */
	list_init(&due);
	for (struct list *node = slot->next, *next; node != slot; node = next) {
		next = node->next;
		struct timer *t = container_of(node, struct timer, node);
		if (t->at > now)
			continue;
		list_remove(node);
		list_add_last(&due, node);
	}
	while (!list_is_empty(&due)) {
		struct timer *t = container_of(due.next, struct timer, node);
		wheel_clear(w, t);
		t->fire(t);
	}
}

void wheel_run(struct wheel *w, uint64_t now)
{
	uint64_t tick = now / WHEEL_SLOT_MS;

	/* After a long sleep one turn sweeps everything. */
	if (tick > w->tick + WHEEL_SLOTS)
		w->tick = tick - WHEEL_SLOTS;
	while (w->tick < tick) {
		unsigned i = ++w->tick % WHEEL_SLOTS;
		slot_run(w, &w->slots[i], now);
		if (list_is_empty(&w->slots[i]))
			w->used[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

/* How many slots after `tick` the next used one lies: 1 to WHEEL_SLOTS. */
static unsigned next_used(const struct wheel *w, uint64_t tick)
{
	for (unsigned step = 1; step < WHEEL_SLOTS;) {
		unsigned slot = (unsigned)((tick + step) % WHEEL_SLOTS);
		uint64_t word = w->used[slot / 64] >> slot % 64;
		if (word != 0)
			return step + (unsigned)__builtin_ctzll(word);
		step += 64 - slot % 64;
	}
	return WHEEL_SLOTS;
}

int wheel_wait(const struct wheel *w, uint64_t now)
{
	if (w->count == 0)
		return -1;
	uint64_t at = (w->tick + next_used(w, w->tick)) * WHEEL_SLOT_MS;
	return at > now ? (int)(at - now) : 0;
}

/*
 * Meters (h2_limit.h): leaky buckets, emptied when they are looked at.
 */
#include "wire/h2_limit.h"

static const struct {
	uint32_t brim, per_s;
	struct span words;
} kinds[H2_METER_COUNT] = {
#define H2_METER(id, brim, per_s, words) \
	[H2_METER_##id] = { brim, per_s, { words, sizeof(words) - 1 } },
#include "wire/h2_limit.def"
#undef H2_METER
};

#define UNIT 1000

bool h2_meter_add(struct h2_meter meters[], enum h2_meter_id id, uint64_t now)
{
	struct h2_meter *m = &meters[id];
	uint32_t passed = (uint32_t)now - m->at_ms;
	/* A rate per second is thousandths per millisecond. */
	uint64_t leaked = (uint64_t)passed * kinds[id].per_s;

	m->at_ms = (uint32_t)now;
	m->level -= (uint32_t)min_u64(m->level, leaked);
	m->level += UNIT;
	return m->level <= kinds[id].brim * UNIT;
}

void h2_meter_lower(
	struct h2_meter meters[], enum h2_meter_id id, unsigned count)
{
	meters[id].level -= (uint32_t)min_u64(
		meters[id].level, (uint64_t)count * UNIT);
}

struct span h2_meter_words(enum h2_meter_id id)
{
	return kinds[id].words;
}

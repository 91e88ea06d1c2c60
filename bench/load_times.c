/*
 * Buckets of times. Below 64 ns each is one nanosecond wide; above, each
 * doubling has 64 of them. What is beyond some hours goes into the last.
 */
#include "load_times.h"

static unsigned bucket_of(uint64_t ns)
{
	if (ns < TIMES_STEPS)
		return (unsigned)ns;
	unsigned shift = 57 - (unsigned)__builtin_clzll(ns);
	unsigned bucket = (shift + 1) * TIMES_STEPS +
			  ((unsigned)(ns >> shift) & (TIMES_STEPS - 1));
	return bucket < TIMES_BUCKETS ? bucket : TIMES_BUCKETS - 1;
}

static double middle_ns(unsigned bucket)
{
	if (bucket < TIMES_STEPS)
		return bucket;
	unsigned shift = bucket / TIMES_STEPS - 1;
	uint64_t least = (uint64_t)(TIMES_STEPS + bucket % TIMES_STEPS)
			 << shift;
	return (double)least + (double)(1ULL << shift) / 2;
}

void times_add(struct times *times, uint64_t ns)
{
	times->count++;
	times->sum_ns += ns;
	if (ns > times->max_ns)
		times->max_ns = ns;
	times->buckets[bucket_of(ns)]++;
}

double times_share_us(const struct times *times, double share)
{
	double wanted = share * (double)times->count;
	uint64_t below = 0;

	if (times->count == 0)
		return 0;
	for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
		below += times->buckets[i];
		if (times->buckets[i] > 0 && (double)below >= wanted)
			return middle_ns(i) / 1000;
	}
	return (double)times->max_ns / 1000;
}

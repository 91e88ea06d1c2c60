/*
 * A histogram of times: buckets that grow with what they hold, so that each
 * answer costs one addition and a percentile is exact to 1.6 %. It knows
 * nothing of what was timed.
 */
#pragma once

#include <stdint.h>

#define TIMES_STEPS   64 /* per doubling */
#define TIMES_BUCKETS (TIMES_STEPS * 40)

struct times {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint32_t buckets[TIMES_BUCKETS];
};

void times_add(struct times *times, uint64_t ns);

/*
 * The least time that `share` of them (0 to 1) do not exceed, in µs, as the
 * middle of its bucket; 0 when there are none.
 */
double times_share_us(const struct times *times, double share);

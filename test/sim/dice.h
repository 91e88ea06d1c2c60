/*
 * Chance, from one number: everything that a run of the simulator leaves open
 * is asked of these dice, so that the same seed is the same run. Knows nothing
 * of what is decided with it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

void dice_init(struct dice *d, uint64_t seed);

uint64_t dice_u64(struct dice *d);

/* 0 to n - 1, each as likely; n > 0. */
uint64_t dice_below(struct dice *d, uint64_t n);

/* `least` to `most`, both included. */
uint64_t dice_between(struct dice *d, uint64_t least, uint64_t most);

/* 1 to `most`, the small as often as the large: each power of two is as
 * likely as the next. */
uint64_t dice_size(struct dice *d, uint64_t most);

/* True `n` times of a hundred, or of ten thousand. */
bool dice_percent(struct dice *d, unsigned n);
bool dice_rarely(struct dice *d, unsigned n);

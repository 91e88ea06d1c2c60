/*
 * Chance that is the same in every run: splitmix64.
 */
#pragma once

#include <stdint.h>

struct dice {
	uint64_t state;
};

/* 0 to `sides` - 1. */
static inline unsigned dice_roll(struct dice *d, unsigned sides)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % sides);
}

/*
 * The hash (hash.h): both halves of a product of 64 by 64 bits, so that each
 * bit of what goes in moves all of what comes out. Knows no table.
 */
#include "base/hash.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_of(struct span bytes, uint64_t seed)
{
	/* Odd, and with its bits spread: digits of the golden ratio. */
	const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = seed ^ (bytes.len * spread);

	while (bytes.len >= 8) {
		uint64_t word;
		memcpy(&word, bytes.at, 8);
		hash = mix(hash ^ word, spread);
		bytes = span_skip(bytes, 8);
	}
	uint64_t tail = 0;
	if (bytes.len > 0)
		memcpy(&tail, bytes.at, bytes.len);
	return mix(hash ^ tail ^ seed, spread ^ (seed << 1 | 1));
}

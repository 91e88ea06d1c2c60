/*
 * The dice (dice.h): splitmix64, which turns any seed, also 0 and 1, into
 * numbers that have nothing to do with each other.
 */
#include "dice.h"

void dice_init(struct dice *d, uint64_t seed)
{
	d->state = seed * UINT64_C(0xd1342543de82ef95) + 1;
}

uint64_t dice_u64(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t dice_below(struct dice *d, uint64_t n)
{
	return dice_u64(d) % n;
}

uint64_t dice_between(struct dice *d, uint64_t least, uint64_t most)
{
	return least + dice_below(d, most - least + 1);
}

uint64_t dice_size(struct dice *d, uint64_t most)
{
	unsigned bits = 0;

	while (bits < 63 && most >> (bits + 1) != 0)
		bits++;
	uint64_t top = UINT64_C(1) << dice_below(d, bits + 1);
	uint64_t size = top + dice_below(d, top);
	return size < most ? size : most;
}

bool dice_percent(struct dice *d, unsigned n)
{
	return dice_below(d, 100) < n;
}

bool dice_rarely(struct dice *d, unsigned n)
{
	return dice_below(d, 10000) < n;
}

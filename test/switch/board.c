/*
 * The board (board.h): atomics, all of them sequentially consistent.
 */
#include "board.h"

/* Of so many versions the second is known. */
#define SECONDS 64

static struct row {
	_Alignas(64) atomic_uint_fast32_t least; /* certainly visible */
	atomic_uint_fast32_t most;               /* may be visible */
	atomic_uint_fast32_t absent; /* the last version that was no file */
	atomic_uint_fast64_t seconds[SECONDS]; /* version and second */
} rows[SLOTS_MAX];

static atomic_uint_fast64_t changes;
static atomic_uint latest;
static atomic_uint_fast64_t asking_since[CLIENTS_MAX];

void board_init(void)
{
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		rows[i].least = rows[i].most = 0;
		rows[i].absent = 0;
		for (unsigned k = 0; k < SECONDS; k++)
			rows[i].seconds[k] = 0;
	}
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		asking_since[i] = UINT64_MAX;
	changes = 0;
	latest = 0;
}

void board_begin(
	unsigned slot, uint32_t version, bool is_there, uint32_t second)
{
	rows[slot].seconds[version % SECONDS] = (uint64_t)version << 32 |
						second;
	if (!is_there)
		rows[slot].absent = version;
	rows[slot].most = version;
}

void board_publish(unsigned slot, uint32_t version)
{
	rows[slot].least = version;
	if (slots[slot].how != SIDECAR)
		latest = slot;
}

struct before board_look(unsigned slot)
{
	return (struct before){ (uint32_t)rows[slot].least };
}

uint32_t board_second(unsigned slot, uint32_t version)
{
	uint64_t both = rows[slot].seconds[version % SECONDS];

	return both >> 32 == version ? (uint32_t)both : 0;
}

bool board_is_old(const struct before *b, uint32_t version)
{
	return version < b->least;
}

bool board_is_ahead(unsigned slot, uint32_t version)
{
	return version > rows[slot].most;
}

bool board_may_be_absent(unsigned slot, const struct before *b)
{
	return rows[slot].absent >= b->least;
}

void board_count_change(void)
{
	changes++;
}

uint64_t board_now(void)
{
	return changes;
}

void board_client_asks(unsigned client)
{
	asking_since[client] = changes;
}

void board_client_rests(unsigned client)
{
	asking_since[client] = UINT64_MAX;
}

bool board_is_past(uint64_t moment)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (asking_since[i] <= moment)
			return false;
	}
	return true;
}

unsigned board_latest(void)
{
	return latest;
}

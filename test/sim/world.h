/*
 * What everything in a run shares: its dice, its clocks, its memory, and the
 * epoch, a number that grows with every change of a file and every fault, so
 * that "before" and "after" can be told exactly.
 */
#pragma once

#include <stddef.h>

#include "dice.h"
#include "trace.h"

/* When a request came in and when it was answered, in epochs. */
struct window {
	uint64_t from, until;
	uint64_t root_from; /* from when on a switched root must be heeded */
};

/* A fault that the world made, and the status that it excuses. */
struct fault {
	uint64_t epoch;
	unsigned status;
};

struct world {
	struct dice dice;
	uint64_t now_ms; /* monotonic */
	int64_t wall_ns; /* the wall's clock when now_ms was 0 */
	uint64_t epoch;
	uint64_t favourite;  /* names that matter more, or 0 (history.h) */
	bool is_calm;        /* no more faults, no more changes */
	unsigned fault_rate; /* of ten thousand calls */
	unsigned fault_count, fault_size;
	struct fault *faults;
	struct block *blocks;
	const void *touched; /* what the server has looked at last */
	/* Called between any two operations: something may change. */
	void (*disturb)(void *disturber);
	void *disturber;
};

void world_init(struct world *w, uint64_t seed);
void world_done(struct world *w);

/* Zeroed memory until world_done. */
void *world_take(struct world *w, size_t size);

/* Nanoseconds since 1970; the stamps of files are of a coarser clock. */
int64_t world_wall_ns(const struct world *w);
int64_t world_stamp_ns(const struct world *w);

/* Moves the clocks. */
void world_pass(struct world *w, uint64_t ms);
void world_jump_wall(struct world *w, int64_t ns);

/* Something may change now. */
void world_disturb(struct world *w);

/* Should this call fail? Then note with world_fault what that excuses. */
bool world_is_faulty(struct world *w);
void world_fault(struct world *w, unsigned status);

/* Has there been a fault that excuses `status` (0: any)? */
bool world_had_fault(
	const struct world *w, unsigned status, const struct window *window);

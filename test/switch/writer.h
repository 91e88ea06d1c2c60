/*
 * The thread that changes files: so many changes in a second, of all kinds,
 * and each announced on the board before, and published after.
 */
#pragma once

#include <stdint.h>

#define CHANGES_PER_SECOND 1000

/* What the test does wrong on purpose, to see whether it is noticed. */
enum sabotage {
	HONEST,
	TOO_EARLY,   /* publishes before it changes */
	UNANNOUNCED, /* changes before it says that it may */
	MIXED,       /* puts files that are two versions at once */
	SABOTAGES
};

struct tempo {
	uint64_t changes;
	uint64_t switches; /* changes that were of the root */
	uint64_t put_off;  /* switches that had to wait for a reader */
	double seconds;
};

/* Fills the first root; the server can start when it returns. */
void writer_prepare(enum sabotage sabotage);
void writer_start(void);
void writer_stop(struct tempo *out);

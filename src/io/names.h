/*
 * Many names in order, without a step that takes long: what is added is sorted
 * in runs of a thousand, and the runs are merged as the names are taken. What
 * they all take of a worker's memory has a limit. Must not know where names
 * come from. No system call but malloc's.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/* A page of so many rows is of no use to anybody. */
#define NAMES_MAX 1000000

/* Bytes of names, of which an average one has 20 and the longest 255. */
#define NAMES_BYTES_MAX ((size_t)64 << 20)

/* All that a worker keeps of names at a time: two of the largest lists, or
 * forty of 100,000 names. */
#define NAMES_BUDGET ((size_t)128 << 20)

struct names {
	size_t *budget; /* bytes in use by all, to be kept below NAMES_BUDGET */
	size_t held;    /* of it, by these */
	char *bytes;
	size_t bytes_len, bytes_size;
	uint32_t *places; /* of names in `bytes` */
	size_t places_size;
	uint32_t count, sorted;
	struct names_run *runs; /* a heap: the first one's next name is next */
	uint32_t run_count;
};

/*
 * Begins without a name. `expected` bytes are taken from *budget beforehand,
 * so that lists begun one after the other do not all fail halfway; -ENOMEM
 * when there are not so many. *budget outlives *n.
 */
must_check int names_init(struct names *n, size_t *budget, uint64_t expected);

/* Adds a name without a NUL in it, of `kind` 1 to 127. -ENOMEM, also beyond the
 * budget; -E2BIG beyond the other limits. */
must_check int names_add(struct names *n, char kind, struct span name);

/* To be called once, after the last is added. -ENOMEM. */
must_check int names_sort(struct names *n);

/* The next by kind, then by bytes: its kind, and behind that the name with its
 * NUL; lasts until names_done. NULL at the end. */
const char *names_next(struct names *n);

/* Frees them, whatever the state after names_init, failed or not. */
void names_done(struct names *n);

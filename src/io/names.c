/*
 * Sorting names bit by bit (names.h). They lie one after the other in one
 * block, each behind its kind and before its NUL; what is sorted are tables of
 * their places. A heap of the runs gives the least of their first names.
 */
#include "io/names.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Sorting so many takes some 0.2 ms; a million names are a thousand runs. */
#define RUN_NAMES 1024

struct names_run {
	uint32_t next, end; /* in `places` */
};

/* Has `n` so many bytes of the budget from now on; false: there are fewer. */
static bool budget_set(struct names *n, size_t held)
{
	if (held > n->held && held - n->held > NAMES_BUDGET - *n->budget)
		return false;
	*n->budget = *n->budget - n->held + held;
	n->held = held;
	return true;
}

static size_t bytes_used(const struct names *n)
{
	return n->bytes_size + n->places_size;
}

int names_init(struct names *n, size_t *budget, uint64_t expected)
{
	*n = (struct names){ .budget = budget };
	return budget_set(n, (size_t)min_u64(expected, NAMES_BYTES_MAX))
		       ? 0
		       : -ENOMEM;
}

/* Makes `*block`, of `*size` bytes, one of at least `len`. */
static int room_make(
	struct names *n, void **block, size_t *size, size_t len, size_t max)
{
	if (len <= *size)
		return 0;
	if (len > max)
		return -E2BIG;
	size_t more = (size_t)min_u64(max_u64(2 * *size, 4096), max);
	more = (size_t)max_u64(more, len);
	size_t used = bytes_used(n) - *size + more;
	if (used > n->held && !budget_set(n, used))
		return -ENOMEM;
	void *moved = realloc(*block, more);
	if (moved == NULL)
		return -ENOMEM;
	*block = moved;
	*size = more;
	return 0;
}

static int order(const void *a, const void *b, void *bytes)
{
	const uint32_t *first = a, *second = b;

	return strcmp((char *)bytes + *first, (char *)bytes + *second);
}

static void run_sort(struct names *n)
{
	qsort_r(n->places + n->sorted, n->count - n->sorted, sizeof *n->places,
		order, n->bytes);
	n->sorted = n->count;
}

int names_add(struct names *n, char kind, struct span name)
{
	size_t len = n->bytes_len + 1 + name.len + 1;
	int res = room_make(
		n, (void **)&n->bytes, &n->bytes_size, len, NAMES_BYTES_MAX);

	if (res == 0)
		res = room_make(n, (void **)&n->places, &n->places_size,
			(n->count + 1) * sizeof *n->places,
			NAMES_MAX * sizeof *n->places);
	if (res < 0)
		return res;
	n->places[n->count++] = (uint32_t)n->bytes_len;
	n->bytes[n->bytes_len] = kind;
	memcpy(n->bytes + n->bytes_len + 1, name.at, name.len);
	n->bytes[len - 1] = '\0';
	n->bytes_len = len;
	if (n->count - n->sorted == RUN_NAMES)
		run_sort(n);
	return 0;
}

static const char *run_first(const struct names *n, uint32_t run)
{
	return n->bytes + n->places[n->runs[run].next];
}

/* Moves the run at `at` down to where it belongs in the heap. */
static void heap_sink(struct names *n, uint32_t at)
{
	for (;;) {
		uint32_t least = 2 * at + 1;
		if (least >= n->run_count)
			return;
		if (least + 1 < n->run_count &&
			strcmp(run_first(n, least + 1), run_first(n, least)) <
				0)
			least++;
		if (strcmp(run_first(n, at), run_first(n, least)) <= 0)
			return;
		struct names_run run = n->runs[at];
		n->runs[at] = n->runs[least];
		n->runs[least] = run;
		at = least;
	}
}

/* What growing left over goes back: a slow reader keeps the rest for long. */
static void names_shrink(struct names *n)
{
	size_t table = n->count * sizeof *n->places;
	void *moved = realloc(n->bytes, n->bytes_len);

	if (moved != NULL) {
		n->bytes = moved;
		n->bytes_size = n->bytes_len;
	}
	moved = realloc(n->places, table);
	if (moved != NULL) {
		n->places = moved;
		n->places_size = table;
	}
}

int names_sort(struct names *n)
{
	if (n->count > 0) {
		run_sort(n);
		names_shrink(n);
		n->run_count = (n->count + RUN_NAMES - 1) / RUN_NAMES;
		n->runs = malloc(n->run_count * sizeof *n->runs);
		if (n->runs == NULL)
			return -ENOMEM;
	}
	/* What was expected and did not come is free for others. */
	bool is_less = budget_set(n, bytes_used(n));
	assert(is_less);
	for (uint32_t i = 0; i < n->run_count; i++)
		n->runs[i] = (struct names_run){ i * RUN_NAMES,
			(uint32_t)min_u64((i + 1) * RUN_NAMES, n->count) };
	for (uint32_t i = n->run_count / 2; i > 0; i--)
		heap_sink(n, i - 1);
	return 0;
}

const char *names_next(struct names *n)
{
	if (n->run_count == 0)
		return NULL;
	const char *name = run_first(n, 0);
	if (++n->runs->next == n->runs->end)
		n->runs[0] = n->runs[--n->run_count];
	heap_sink(n, 0);
	return name;
}

void names_done(struct names *n)
{
	budget_set(n, 0);
	free(n->runs);
	free(n->places);
	free(n->bytes);
	*n = (struct names){ .budget = n->budget };
}

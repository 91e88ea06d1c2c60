/*
 * Which option a mistaken name may have meant (option_near.h): the one that
 * the fewest edits lead to.
 */
#include "server/option_near.h"

#include "server/option_table.h"

/* One row of the table below: row 0 is the one before last. */
struct edit_rows {
	unsigned at[3][OPTION_NAME_MAX];
};

static unsigned edit_least(
	const struct edit_rows *r, size_t j, bool is_same, bool is_swap)
{
	uint64_t least = r->at[1][j] + (is_same ? 0u : 1u);

	least = min_u64(least, r->at[1][j + 1] + 1);
	least = min_u64(least, r->at[2][j] + 1);
	return (unsigned)(is_swap ? min_u64(least, r->at[0][j - 1] + 1)
				  : least);
}

/* Edits between two names: insertions, deletions, replacements, and swaps of
 * neighbours, which is what fingers do most. */
static unsigned edits_between(struct span a, struct span b)
{
	struct edit_rows r;

	if (b.len >= OPTION_NAME_MAX)
		return UINT32_MAX;
	for (unsigned j = 0; j <= b.len; j++)
		r.at[2][j] = j;
	for (size_t i = 0; i < a.len; i++) {
		memcpy(r.at[0], r.at[1], sizeof r.at[0]);
		memcpy(r.at[1], r.at[2], sizeof r.at[1]);
		r.at[2][0] = (unsigned)i + 1;
		for (size_t j = 0; j < b.len; j++) {
			bool is_swap = i > 0 && j > 0 &&
				       a.at[i] == b.at[j - 1] &&
				       a.at[i - 1] == b.at[j];
			r.at[2][j + 1] = edit_least(
				&r, j, a.at[i] == b.at[j], is_swap);
		}
	}
	return r.at[2][b.len];
}

const char *option_nearest(struct span name)
{
	const char *best = NULL;
	unsigned least = name.len < 4 ? 2 : 3;

	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type == OPTION_GROUP)
			continue;
		struct span other = span_of(option_table[i].name);
		unsigned edits = edits_between(name, other);
		if (name.len > 1 && span_starts(other, name))
			edits = 0;
		if (edits < least) {
			least = edits;
			best = option_table[i].name;
		}
	}
	return best;
}

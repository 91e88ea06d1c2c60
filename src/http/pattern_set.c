/*
 * The set of patterns (pattern_set.h): a hash over the texts of the static
 * ones, a list of the others, merged by their place in the file. The hash is
 * FNV-1a: who writes the file could make it slow, and would slow down nobody
 * but himself; who sends requests adds nothing to the table.
 */
#include "http/pattern_set.h"

#include <assert.h>

static uint32_t hash(struct span s)
{
	uint32_t value = 2166136261u;

	for (size_t i = 0; i < s.len; i++)
		value = (value ^ (unsigned char)s.at[i]) * 16777619u;
	/* The low bits choose the slot: let the high ones take part. */
	return value ^ value >> 15;
}

void pattern_set_init(struct pattern_set *set)
{
	set->count = set->static_count = set->dynamic_count = 0;
	memset(set->slots, 0, sizeof set->slots);
}

bool pattern_set_has_room(
	const struct pattern_set *set, const struct pattern *p)
{
	return p->is_dynamic ? set->dynamic_count < RULES_DYNAMIC_MAX
			     : set->static_count < RULES_STATIC_MAX;
}

/* The slot of the static pattern with this text, or the empty one where it
 * would be. */
static unsigned slot_find(const struct pattern_set *set, struct span text)
{
	unsigned slot = hash(text) % PATTERN_SLOTS;

	while (set->slots[slot] != 0 &&
		!span_equal(set->at[set->slots[slot] - 1].text, text))
		slot = (slot + 1) % PATTERN_SLOTS;
	return slot;
}

static void add_static(struct pattern_set *set, unsigned index)
{
	unsigned slot = slot_find(set, set->at[index].text);
	uint16_t place = (uint16_t)(index + 1);

	set->static_count++;
	set->same_next[index] = 0;
	if (set->slots[slot] == 0) {
		set->slots[slot] = place;
		set->same_last[index] = place;
		return;
	}
	unsigned first = set->slots[slot] - 1u;
	set->same_next[set->same_last[first] - 1] = place;
	set->same_last[first] = place;
}

unsigned pattern_set_add(struct pattern_set *set, const struct pattern *p)
{
	assert(pattern_set_has_room(set, p));
	unsigned index = set->count++;

	set->at[index] = *p;
	if (p->is_dynamic)
		set->dynamics[set->dynamic_count++] = (uint16_t)(index + 1);
	else
		add_static(set, index);
	return index;
}

struct pattern_search pattern_search_start(
	const struct pattern_set *set, struct span path)
{
	/* A pattern's text has no final slash. */
	struct span text = span_ends(path, SPAN("/"))
				   ? span_first(path, path.len - 1)
				   : path;

	return (struct pattern_search){
		.set = set,
		.path = path,
		.next_static = set->slots[slot_find(set, text)],
	};
}

bool pattern_search_next(struct pattern_search *search, unsigned *index,
	struct captures *captures)
{
	const struct pattern_set *set = search->set;

	while (search->next_dynamic < set->dynamic_count) {
		unsigned place = set->dynamics[search->next_dynamic];
		if (search->next_static != 0 && search->next_static < place)
			break;
		search->next_dynamic++;
		if (pattern_match(
			    &set->at[place - 1], search->path, captures)) {
			*index = place - 1;
			return true;
		}
	}
	if (search->next_static == 0)
		return false;
	*index = search->next_static - 1;
	search->next_static = set->same_next[*index];
	captures->count = 0;
	return true;
}

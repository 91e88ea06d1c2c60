/*
 * All patterns of a rule file, in its order, and which of them match a path.
 * Static ones are found by their hash, whatever their number; dynamic ones
 * are tried one by one, and there are few. Must not know what a rule does.
 * Pure; the storage is the caller's.
 */
#pragma once

#include "http/pattern.h"
#include "http/rules.h"

/* A power of two, and never as much as half full. */
#define PATTERN_SLOTS 4096

/* Of places in these arrays 0 is none, n is the pattern n - 1. */
struct pattern_set {
	unsigned count, static_count, dynamic_count;
	struct pattern at[RULES_MAX];
	/* Open addressing: the first static pattern of each text. */
	uint16_t slots[PATTERN_SLOTS];
	uint16_t same_next[RULES_MAX]; /* of the same text, further down */
	uint16_t same_last[RULES_MAX]; /* of the first one: the last one */
	uint16_t dynamics[RULES_DYNAMIC_MAX];
};

/* A search in progress: the next static match, the next dynamic to try. */
struct pattern_search {
	const struct pattern_set *set;
	struct span path;
	unsigned next_static, next_dynamic;
};

void pattern_set_init(struct pattern_set *set);

/* Is there room for another one of its kind? */
bool pattern_set_has_room(
	const struct pattern_set *set, const struct pattern *p);

/* Adds *p, whose text is borrowed as long as the set is used; there must be
 * room. Returns its index, one more than that of the last. */
unsigned pattern_set_add(struct pattern_set *set, const struct pattern *p);

/* Begins a search for `path`, decoded and with its first slash. */
struct pattern_search pattern_search_start(
	const struct pattern_set *set, struct span path);

/* The next pattern that matches, in the order of the file; false at the end,
 * and then the captures mean nothing. */
must_check bool pattern_search_next(struct pattern_search *search,
	unsigned *index, struct captures *captures);

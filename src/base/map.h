/*
 * A hash map from bytes to objects that contain a node. The number of buckets
 * is fixed: it is sized for a budget. The hash is keyed, so that nobody can
 * choose names that collide. Owns neither keys nor objects.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
	struct span key; /* must outlive the node's stay in the map */
};

struct map {
	struct map_node **buckets;
	uint64_t seed;
	size_t mask;
	size_t count;
};

/* 2^bits buckets; -ENOMEM. */
must_check int map_init(struct map *m, unsigned bits, uint64_t seed);

void map_done(struct map *m);

/* The node of that key, or NULL. */
struct map_node *map_find(const struct map *m, struct span key);

/* node->key is set, and not in the map yet. */
void map_add(struct map *m, struct map_node *node);

/* The node is in the map. */
void map_remove(struct map *m, struct map_node *node);

/* Any node of the map, or NULL when it is empty: for emptying it. */
struct map_node *map_any(const struct map *m);

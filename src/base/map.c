/*
 * The hash map (map.h): chained buckets. Nodes remember their hash, so that
 * neither a search nor a removal reads keys that it does not need.
 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

int map_init(struct map *m, unsigned bits, uint64_t seed)
{
	*m = (struct map){ .seed = seed, .mask = ((size_t)1 << bits) - 1 };
	m->buckets = calloc(m->mask + 1, sizeof(struct map_node *));
	return m->buckets == NULL ? -ENOMEM : 0;
}

void map_done(struct map *m)
{
	free(m->buckets);
	*m = (struct map){ 0 };
}

struct map_node *map_find(const struct map *m, struct span key)
{
	uint64_t hash = hash_of(key, m->seed);
	struct map_node *node = m->buckets[hash & m->mask];

	while (node != NULL &&
		(node->hash != hash || !span_equal(node->key, key)))
		node = node->next;
	return node;
}

void map_add(struct map *m, struct map_node *node)
{
	node->hash = hash_of(node->key, m->seed);
	struct map_node **bucket = &m->buckets[node->hash & m->mask];
	node->next = *bucket;
	*bucket = node;
	m->count++;
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[node->hash & m->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	m->count--;
}

struct map_node *map_any(const struct map *m)
{
	for (size_t i = 0; m->count > 0 && i <= m->mask; i++) {
		if (m->buckets[i] != NULL)
			return m->buckets[i];
	}
	return NULL;
}

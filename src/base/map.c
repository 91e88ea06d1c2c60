/*
 * The hash map (map.h): chained buckets, a keyed multiplicative hash taken
 * eight bytes at a time.
 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(struct span key, uint64_t seed)
{
	/* Odd, and with its bits spread: digits of the golden ratio. */
	const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = seed ^ (key.len * spread);

	while (key.len >= 8) {
		uint64_t word;
		memcpy(&word, key.at, 8);
		hash = mix(hash ^ word, spread);
		key = span_skip(key, 8);
	}
	uint64_t tail = 0;
	if (key.len > 0)
		memcpy(&tail, key.at, key.len);
	return mix(hash ^ tail ^ seed, spread ^ (seed << 1 | 1));
}

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

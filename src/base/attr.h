/*
 * The few words of the language that C lacks: a result that must be checked,
 * the length of an array, the object around a member, the smaller of two.
 * Includes nothing of ours and decides nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define must_check __attribute__((warn_unused_result))
#define unused     __attribute__((unused))

#define array_count(a) (sizeof(a) / sizeof((a)[0]))

/* The object of type `type` whose member `member` lies at `pointer`. */
#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

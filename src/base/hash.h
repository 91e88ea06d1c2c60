/*
 * A keyed hash of bytes: nobody who does not know the seed can choose bytes
 * that collide. For tables that end with the process, not for what is kept.
 */
#pragma once

#include "base/span.h"

/* Eight bytes at a time, a multiplication each. */
uint64_t hash_of(struct span bytes, uint64_t seed);

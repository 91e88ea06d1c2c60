/*
 * Which directories are watched: those of cached entries, and the way to them
 * from the root, so that no part of a cached path can change unnoticed.
 */
#pragma once

#include "base/attr.h"
#include "base/map.h"
#include "io/fs.h"

struct watches {
	struct fs *fs;
	unsigned max;
	struct map by_name, by_number;
};

/* 0 or -errno; `max` directories at most. */
must_check int watches_init(
	struct watches *w, struct fs *fs, unsigned max, uint64_t seed);

/*
 * Watches every directory on the way to `name`. 1: some are watched only from
 * now on, what was looked up before must be looked up again; 0: all were
 * already; -errno: not all can be.
 */
must_check int watches_cover(struct watches *w, struct span name);

/* The directory of a change; false when it is watched no more. */
bool watches_find(const struct watches *w, int number, struct span *name);

/* Watches nothing any more. */
void watches_clear(struct watches *w);

void watches_done(struct watches *w);

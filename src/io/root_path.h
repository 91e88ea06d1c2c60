/*
 * The name of the root, and which of the names in it may come to lead
 * elsewhere: its own, and every link on the way. Must not know what is below
 * the root.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/attr.h"

/* Links beyond so many are not watched: they are noticed a moment later. */
#define ROOT_NAMES_MAX 8

/* A name, and the directory that holds it. */
struct root_name {
	int dir; /* O_PATH */
	bool is_link;
	char name[NAME_MAX + 1];
};

struct root_path {
	char *whole; /* to be followed anew each time */
	unsigned count;
	struct root_name names[ROOT_NAMES_MAX]; /* the root's own is first */
};

/* 0 or -errno; then it is still to be closed. */
must_check int root_path_open(struct root_path *p, const char *path);

void root_path_close(struct root_path *p);

/* Is the root's own name a link? */
bool root_path_is_link(const struct root_path *p);

/*
 * The roots on disk, and each kind of change as system calls. Knows nothing
 * of what is published; whoever changes says so before and after.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Roots that are switched between. With one switch in a hundred changes, one
 * is used again after eight tenths of a second. */
#define ROOTS 8

/* Makes the folders, below $TMPDIR or in a file system in memory. */
void tree_make(void);
void tree_remove(void);

/* What to serve: the symbolic link. */
const char *tree_root(void);

/* Puts a version into a root by rename(2), whatever the slot's way; it is of
 * the time that the version says, or of now if it is to be overwritten. */
void tree_put(unsigned root, unsigned slot, uint32_t version);

/* The same with half of another version: what must be found. */
void tree_put_mixed(unsigned root, unsigned slot, uint32_t version);

/* Overwrites all of the file, by its second name if it has one. */
void tree_rewrite(unsigned root, unsigned slot, uint32_t version);
void tree_take_away(unsigned root, unsigned slot);

/* Takes away what a root that is filled anew may have had before. */
void tree_forget(unsigned root, unsigned slot);

/* The link leads to another root from now on. */
void tree_switch(unsigned root);

/*
 * The heap as the server sees it: the linker leads its malloc, calloc, realloc,
 * free and pool_take here (--wrap), where they may be refused, and where what
 * is taken is counted. The simulator's own memory comes from the other two
 * calls and is neither.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

struct heap {
	long live;             /* blocks that the server holds */
	unsigned refuse_after; /* so many more are given, then one refused;
				* 0: all are given */
	unsigned refused;      /* also by full pools */
	void (*on_refusal)(void *owner);
	void *owner;
};

extern struct heap heap;

/* As realloc(3), for the simulator: never NULL. */
must_check void *heap_own(void *block, size_t size);

void heap_disown(void *block);

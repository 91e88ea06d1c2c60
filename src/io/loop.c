/*
 * What every loop does alike (loop.h).
 */
#include "io/loop.h"

#include <time.h>

void op_init(struct op *op, void (*done)(struct op *, int, struct span))
{
	*op = (struct op){ .done = done, .fd = -1 };
	list_init(&op->node);
}

void op_begin(struct op *op, enum op_kind kind, int fd)
{
	op->kind = kind;
	op->fd = fd;
	op->res = 0;
}

void loop_clock_read(struct loop *l)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	l->now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	/* Dates have seconds: the coarse clock is exact enough, and free. */
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	l->wall_s = t.tv_sec;
}

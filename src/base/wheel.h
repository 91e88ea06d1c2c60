/*
 * A timer wheel: many timers, nearly all of which are moved before they fire.
 * Arming and disarming cost the same for one as for a hundred thousand. Time
 * is milliseconds of any clock that does not go back, given by the caller.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"

/* One turn is 65.5 s, a slot 128 ms: longer than any timeout that is usual,
 * finer than anybody can tell. A timer further off goes round again. */
#define WHEEL_SLOTS   512
#define WHEEL_SLOT_MS 128

struct timer {
	struct list node;
	uint64_t at; /* never fires before */
	void (*fire)(struct timer *);
};

struct wheel {
	uint64_t tick;                   /* the slot that was last looked at */
	unsigned count;                  /* timers that are armed */
	uint64_t used[WHEEL_SLOTS / 64]; /* a bit for each slot, or too many */
	struct list slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, uint64_t now);

/* A timer that is not armed. */
void timer_init(struct timer *t, void (*fire)(struct timer *));

/* Arms or moves it. */
void wheel_set(struct wheel *w, struct timer *t, uint64_t at);

/* Harmless on one that is not armed. */
void wheel_clear(struct wheel *w, struct timer *t);

/* Fires, disarmed, whatever is due at `now`; it may be armed again inside. */
void wheel_run(struct wheel *w, uint64_t now);

/* Milliseconds to sleep from `now` on before the next wheel_run; -1: for ever,
 * nothing is armed. */
int wheel_wait(const struct wheel *w, uint64_t now);

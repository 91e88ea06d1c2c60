/*
 * `hstatic xray` on a terminal: live, once a second, by ncurses. Knows keys and
 * colours; what the lines say is server/view.h's.
 */
#pragma once

#include "server/view.h"

/* Takes the next snapshot into *now: false, having said why, at the end. */
typedef bool screen_next_fn(void *from, struct snapshot **now);

/* Shows until 'q', Ctrl-C, or the end. */
void screen_run(screen_next_fn *next, void *from);

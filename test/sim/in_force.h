/*
 * Which rules the server may go by: those that stand in _redirects or
 * _headers while a request is answered, or, where that cannot be read or is
 * broken, those that it had before. Remembers when it must have looked. Must
 * not know what the rules say.
 */
#pragma once

#include "history.h"
#include "sheet.h"

#define IN_FORCE_MAX   4096
#define IN_FORCE_LOOKS 64

/* Candidates: NULL stands for no rules. */
struct sheets {
	unsigned count;
	const struct sheet *at[IN_FORCE_MAX];
};

/* The memory of one of the files. */
struct in_force {
	const char *name;
	/* Windows in which it looked, and could only see one thing. */
	unsigned count;
	struct window looks[IN_FORCE_LOOKS];
};

void in_force_find(const struct in_force *f, const struct history *h,
	const struct window *w, struct sheets *out);

/* An answer was decided in the window: the file was looked at. */
void in_force_looked(
	struct in_force *f, const struct history *h, const struct window *w);

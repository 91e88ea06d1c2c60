/*
 * A snapshot as lines for a terminal: what `hstatic xray` shows live, and
 * prints once. Sorts and filters; knows no terminal.
 */
#pragma once

#include "server/diagnose.h"

enum view_order {
	VIEW_BY_STATE,
	VIEW_BY_RTT,
	VIEW_BY_RETRANSMITS,
	VIEW_BY_RATE,
	VIEW_BY_SENT,
	VIEW_BY_PEER,
	VIEW_ORDERS
};

struct view {
	unsigned width; /* columns; a line is cut there */
	enum view_order order;
	char filter[32]; /* a connection's line contains it; "": all */
};

enum view_style { VIEW_PLAIN, VIEW_TITLE, VIEW_GRAVE };

/* Takes a line, without its end. */
typedef void view_line_fn(void *to, enum view_style style, struct span line);

const char *view_order_name(enum view_order order);

/* Sorts s->conns, and says each line. */
void view_write(const struct view *v, struct snapshot *s,
	const struct diagnoses *d, view_line_fn *say, void *to);

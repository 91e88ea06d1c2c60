/*
 * A worker's part of the page (page.h), written while somebody watches: twice
 * a second all its connections are looked at, those that do something first.
 * Nobody watches: nothing happens, and nothing is kept for it.
 */
#pragma once

#include "io/loop.h"
#include "server/conn.h"
#include "server/page.h"

struct publisher {
	struct page_part *part; /* NULL: there is no page */
	struct loop *loop;
	const struct conn_host *conns;
	struct timer timer;
	uint64_t until_ms; /* nobody has asked for longer than that */
};

/* Borrows the others. */
void publish_init(struct publisher *p, struct page_part *part,
	struct loop *loop, const struct conn_host *conns);

/* Somebody watches: for the next seconds, from now on. */
void publish_begin(struct publisher *p);

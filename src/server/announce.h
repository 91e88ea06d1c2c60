/*
 * The start message: what is served, where, and behind which walls; and the
 * code for phones; and what else is said of workers.
 */
#pragma once

#include "server/browser.h"
#include "server/message.h"
#include "server/options.h"
#include "server/reach.h"

/* What there is to say when all is ready. */
struct presentation {
	const struct options *options;
	const struct listeners *site, *admin;
	const struct sandbox_state *sandbox;
};

/* All workers are ready, for the first time: says so, on a terminal in several
 * lines for a person, otherwise in one for a log, and shows the site to whoever
 * wants a code or a browser. `now_ms`: the loop's clock. */
void announce_site(
	const struct presentation *p, struct browser *browser, uint64_t now_ms);

/* With -v: a worker is ready, which loop it has, and why not io_uring. */
void loop_say(int worker, const struct loop_state *loop);

/* Why a worker cannot begin, and what to do. */
void failure_say(const struct message *m);

/*
 * The start message: what is served, where, and behind which walls; and the
 * code for phones; and what else is said of workers.
 */
#pragma once

#include "server/browser.h"
#include "server/message.h"
#include "server/options.h"
#include "server/reach.h"

/* On a terminal several lines for a person, otherwise one for a log. */
void announce(const struct options *options, const struct reach *reach,
	const struct sandbox_state *sandbox);

/* A QR code of the first place that others can reach; or why there is none. */
void announce_code(const struct reach *reach);

/* With -v: a worker is ready, which loop it has, and why not io_uring. */
void loop_say(int worker, const struct loop_state *loop);

/* All workers are ready, for the first time: says so, and shows the site to
 * whoever wants a code or a browser. `now_ms`: the loop's clock. */
void announce_site(const struct options *options, const struct listeners *l,
	const struct sandbox_state *sandbox, struct browser *browser,
	uint64_t now_ms);

/* Why a worker cannot begin, and what to do. */
void failure_say(const struct message *m);

/*
 * The start message: what is served, where, and behind which walls; and the
 * code for phones; and what else is said of workers.
 */
#pragma once

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

/* Why a worker cannot begin, and what to do. */
void failure_say(const struct message *m);

/*
 * The start message: what is served, where, and behind which walls; and the
 * code for phones.
 */
#pragma once

#include "server/options.h"
#include "server/reach.h"

/* On a terminal several lines for a person, otherwise one for a log. */
void announce(const struct options *options, const struct reach *reach,
	const struct sandbox_state *sandbox);

/* A QR code of the first place that others can reach; or why there is none. */
void announce_code(const struct reach *reach);

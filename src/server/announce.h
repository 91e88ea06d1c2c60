/*
 * The start message: what is served, where, and behind which walls.
 */
#pragma once

#include "server/listen.h"

/* On a terminal several lines for a person, otherwise one for a log. */
void announce(const struct options *options, const struct listeners *listeners,
	const struct sandbox_state *sandbox);

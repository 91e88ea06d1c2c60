/*
 * What the wires of a worker have room for: limits and times as the options
 * say, and pools that never grow beyond what so many connections may need.
 */
#pragma once

#include "server/options.h"
#include "wire/wire.h"

/* Sets limits, timeouts and pools of *host, and nothing else. */
void wire_room_init(
	struct wire_host *host, const struct options *o, unsigned conns);

/* Frees what has been put back into the pools. */
void wire_room_done(struct wire_host *host);

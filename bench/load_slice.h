/*
 * Slices of load on connections that stay open between them, so that what a
 * slice measures is requests and not connecting, and all servers can be kept
 * ready while one of them is measured.
 */
#pragma once

#include "load.h"

/*
 * Asks for `ms` milliseconds, then reads what is still to be answered. What
 * was closed meanwhile is opened anew. Gives the time that it took, in ns.
 */
uint64_t slice_run(
	const struct options *options, unsigned ms, struct counts *counts);

/*
 * Opens all connections, asks once on each, says so in a line on stdout, and
 * holds them until stdin ends. Gives an exit status.
 */
int idle_run(const struct options *options);

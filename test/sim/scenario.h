/*
 * One run: a site, a server, clients, and everything that can go wrong, all
 * drawn from one seed; then calm, in which everything must come right again.
 */
#pragma once

#include <stdint.h>

#include "sim_loop.h"

/* Returns when nothing was wrong; fail() says so otherwise. */
void scenario_run(uint64_t seed, enum temper temper);

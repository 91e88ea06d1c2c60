/*
 * The master: opens the listeners and keeps them, starts workers, replaces one
 * that dies, and stops them in order. It parses no byte from the network.
 */
#pragma once

#include "server/options.h"

/* Serves as `options` say until a signal ends it. The exit status: 0, or 1
 * when it could not begin or go on, 2 when an address is none; having said
 * why. */
int master_run(const struct options *options);

/*
 * The load: threads that each ask over one connection, several requests at a
 * time, and judge every answer.
 */
#pragma once

#include <stdint.h>

#define CLIENTS 6

struct load {
	uint64_t responses, bytes, not_modified, absent, coded;
};

/* Returns when so many answers have come, or no connection works. */
void clients_run(unsigned port, uint64_t responses, struct load *out);

/*
 * How soon an answer is wanted, beside the others of its connection: the
 * Priority field and the value of PRIORITY_UPDATE (RFC 9218 4). Pure.
 */
#pragma once

#include "base/span.h"

#define PRIORITY_URGENCIES 8

struct priority {
	uint8_t urgency;     /* 0 is the first, 7 the last */
	bool is_incremental; /* is of use while it comes: may share */
};

/* What is meant where nothing is said (RFC 9218 4.1, 4.2). */
#define PRIORITY_DEFAULT ((struct priority){ .urgency = 3 })

/* Reads a field value; what it does not say, or says wrongly, is as if
 * nothing were said. */
struct priority priority_read(struct span value);

/*
 * A connection that has not shown which HTTP it speaks: its first bytes are
 * the preface of HTTP/2, or not (RFC 9113 3.3). Then it becomes that wire, in
 * the same storage.
 */
#pragma once

#include "wire/h1.h"
#include "wire/h2.h"

struct hello {
	struct wire wire;
	uint8_t seen; /* bytes of the preface, and nothing else */
	bool is_draining;
};

/* Where a wire lives, whichever it is or becomes. */
union wire_storage {
	struct wire wire;
	struct hello hello;
	struct h1 h1;
	struct h2 h2;
};

/* Begins a connection at time `now`. Takes no memory yet. */
void hello_init(
	union wire_storage *storage, struct wire_host *host, uint64_t now);

/*
 * The verdict on one answer. What is wrong goes to fault.h.
 */
#pragma once

#include "board.h"
#include "reply.h"

#define ETAG_MAX 48

/* A request that is on its way, and what was certain before it went. */
struct ask {
	unsigned slot;
	bool wants_gzip;
	struct before before, sidecar_before;
	/* If-None-Match: from an earlier answer, and what that was of. */
	char etag[ETAG_MAX];
	unsigned etag_slot;
	uint32_t etag_version;
};

/* What a good answer with a body was of, for a later If-None-Match. */
struct seen {
	char etag[ETAG_MAX];
	unsigned slot;
	uint32_t version;
};

/* True when it is a good 200, which `seen` then has. */
bool check_reply(const struct ask *a, const struct reply *r, struct seen *seen);

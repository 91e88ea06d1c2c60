/*
 * The answer that one state of a file leads to: conditions, then ranges
 * (RFC 9110 13.2.2, 14), for the requests that ask.h draws. Pure.
 */
#pragma once

#include "ask.h"
#include "history.h"

struct part {
	uint64_t first, length;
};

/* What is asked of a file, and what came of it. */
struct expected {
	unsigned status;
	unsigned part_count; /* of 206 */
	struct part parts[ASK_RANGES_MAX];
	uint64_t size; /* of the whole */
	char etag[64];
	int64_t modified; /* Last-Modified, seconds since 1970 */
};

/* `file` is what was named, `variant` what is sent: itself or a sibling. */
void expect(const struct ask *a, const struct past *file,
	const struct past *variant, int64_t date, struct expected *out);

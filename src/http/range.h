/*
 * Byte ranges (RFC 9110 14). Half-open, by first position and length. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "http/reason.h"

/*
 * More parts than this are answered with the whole (14.2 allows it): a viewer
 * of PDF files asks for fewer than ten, an attacker for a thousand.
 */
#define RANGES_MAX 16

struct range {
	uint64_t first, length;
};

struct range_set {
	unsigned count;
	struct range at[RANGES_MAX];
};

enum range_verdict {
	RANGE_WHOLE,        /* the field is ignored: answer with the whole */
	RANGE_PARTIAL,      /* *out has 1 to RANGES_MAX ranges, clamped */
	RANGE_UNSATISFIABLE /* 416 */
};

/*
 * Decides what the value of a Range field asks of a body of `size` bytes.
 * Ranges keep the order asked for; overlapping ones and more than RANGES_MAX
 * make it RANGE_WHOLE. *out is untouched unless RANGE_PARTIAL. Notes why.
 */
enum range_verdict range_choose(struct span value, uint64_t size,
	struct range_set *out, struct trail *trail);

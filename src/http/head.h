/*
 * The head of an HTTP/1 request: request line and fields (RFC 9112 2 to 6,
 * RFC 9110 5). Strict: what two parsers could read in two ways is refused.
 * Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "http/request.h"

/* line_max may be set to no more than this, so that a Location that repeats
 * the query has a place to be put together in. */
#define HEAD_LINE_LIMIT ((size_t)32768)

/* Empty lines that may stand before a request line (RFC 9112 2.2): some old
 * clients end a body with one or two too many. */
#define HEAD_EMPTY_LINES_MAX 4

struct head_limits {
	size_t line_max;    /* bytes of the request line: 414; <= head_max */
	size_t head_max;    /* bytes of the whole head: 431 */
	unsigned field_max; /* fields: 431; at most REQUEST_FIELDS_MAX */
	uint64_t body_max;  /* bytes of a body by Content-Length: 413 */
};

/*
 * Reads one head from the start of `bytes` into *out. The number of bytes it
 * has, empty lines before it included; 0 while it is not complete (*out is
 * then unspecified). A head that is refused says so in out->refusal, as early
 * as it is seen; its length is then not to be relied upon: close.
 */
size_t head_parse(struct span bytes, const struct head_limits *limits,
	struct request *out);

/*
 * A head that was not complete has grown to `bytes` by its last `fresh` bytes:
 * could it be complete now, or too long? False spares a call of head_parse:
 * one for every byte would cost the square of the head.
 */
bool head_is_worth_a_look(
	struct span bytes, size_t fresh, const struct head_limits *limits);

/* Is there more than the few empty lines that may stand before a head? */
bool head_has_begun(struct span bytes);

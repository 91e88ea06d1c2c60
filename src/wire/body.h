/*
 * The body of an answer as segments, of memory and of files (RFC 9110 14.6).
 * Must not know how a segment travels.
 */
#pragma once

#include "base/text.h"
#include "http/plan.h"
#include "wire/wire.h"

/*
 * Writes the generated parts of the answer's body into `text` and its
 * segments into ex->segments from index 1 on: 0 is for the head. Returns the
 * body's length in bytes, also for a HEAD, which gets no segments. When `text`
 * is full afterwards the segments are not to be used.
 */
uint64_t body_compose(struct exchange *ex, struct text *text);

/*
 * Makes the next piece of a body that has a producer, at ex->piece, as the
 * only segment of `ex` from index `at` on; as a chunk (RFC 9112 7.1) if
 * ex->is_chunked. PRODUCTION_END: the body is at its end, the last chunk
 * included, or has no producer; PRODUCTION_BROKEN: there will be no last chunk
 * (RFC 9112 8), the connection has to end; PRODUCTION_LATER: try again at
 * ex->producer->due; `ex` is as it was.
 */
must_check enum production body_produce(struct exchange *ex, unsigned at);

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

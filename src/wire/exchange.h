/*
 * Taking exchanges from their pool and putting them back, with whatever they
 * hold. The same for every version of HTTP.
 */
#pragma once

#include "wire/wire.h"

/* An exchange without plan and segments, or NULL when the pool is empty. */
must_check struct exchange *exchange_take(struct wire_host *host);

/* An interim response, so that the client sends the body that it holds back
 * (RFC 9110 10.1.1); or NULL. */
must_check struct exchange *exchange_interim(struct wire_host *host);

/* Lets go of what it holds, and of itself. */
void exchange_put(struct wire_host *host, struct exchange *ex);

/* Takes so much of *count as its next segment has left; true when that one is
 * done and the one after it is next. */
bool exchange_advance(struct exchange *ex, uint64_t *count);

/* Shows what of it is to be sent next, at most `max`; returns how many. */
unsigned exchange_show(
	const struct exchange *ex, struct segment *out, unsigned max);

/* Has it shown all that its producer has made so far? Nothing behind it can
 * be sent, and the producer says when it is to be asked again. */
static inline bool exchange_is_waiting(const struct exchange *ex)
{
	return ex->producer != NULL && ex->segment_next == ex->segment_count;
}

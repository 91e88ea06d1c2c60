/*
 * Bodies of requests on their way to nowhere (RFC 9113 6.1, 8.1.1): measured,
 * checked against what was promised, and thrown away, since no method that we
 * serve has a use for one.
 */
#pragma once

#include "wire/h2_session.h"

/* A DATA frame. */
void h2_body_data(struct h2_session *s, struct h2_frame *f, uint64_t now);

/* Fields behind the body of an open stream, which they have to end. */
void h2_body_trailers(struct h2_session *s, const struct h2_frame *f,
	bool is_malformed, uint64_t now);

/* Those that have taken too long: 408. */
void h2_body_expire(struct h2_session *s, uint64_t now);

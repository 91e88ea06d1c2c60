/*
 * What is sent next (RFC 9113 4, 5.2, 6.1, 6.2; RFC 9218 10): small frames,
 * then the streams in their order, as far as windows and batch go.
 */
#pragma once

#include "wire/h2_session.h"

/* Makes s->batch of what there is to be sent; NULL when that is nothing. Not
 * while there is one. Without memory for it the session is over. */
void h2_output_make(struct h2_session *s, uint64_t now);

/* The batch has gone: lets go of what it showed, and takes the next pieces of
 * bodies that are made. */
void h2_output_sent(struct h2_session *s);

/* Asks producers again that had nothing and are due by `now`. */
void h2_output_due(struct h2_session *s, uint64_t now);

/* When the first of them is; UINT64_MAX: none. */
uint64_t h2_output_deadline(const struct h2_session *s);

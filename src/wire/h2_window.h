/*
 * What we may send (RFC 9113 5.2, 6.9): the windows of the connection and of
 * its streams, which the peer opens.
 */
#pragma once

#include "wire/h2_session.h"

/* A WINDOW_UPDATE frame. */
void h2_window_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now);

/* SETTINGS_INITIAL_WINDOW_SIZE: all streams' windows change with it. */
void h2_window_initial(struct h2_session *s, uint32_t size);

/* Resets streams that have been shut out for too long; where it is the
 * connection, that fails. */
void h2_window_expire(struct h2_session *s, uint64_t now);

/* When that is; UINT64_MAX: never. */
uint64_t h2_window_deadline(const struct h2_session *s);

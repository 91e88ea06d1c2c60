/*
 * Frames that come (RFC 9113 4, 6), whole, one after the other.
 */
#pragma once

#include "wire/h2_session.h"

/* What a client sends before anything else (RFC 9113 3.4). */
#define H2_PREFACE_BYTES "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define H2_PREFACE_SIZE  (sizeof H2_PREFACE_BYTES - 1)

/* Takes what is whole at the start of `bytes` until something has to wait, and
 * sets s->is_paused then; returns how many bytes. */
must_check size_t h2_input_take(
	struct h2_session *s, struct span bytes, uint64_t now);

/*
 * The limits of an HTTP/2 connection (RFC 9113 10.5), and meters of what may
 * be done often but not all the time. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/* Streams at a time: said in our SETTINGS; one more is refused. As many as
 * browsers make use of, and no more than RFC 9113 6.5.2 wants at least. */
#define H2_STREAMS_MAX 128

/* CONTINUATION frames of one head (CVE-2024-27316): its bytes are limited by
 * the buffer that it is kept in, so this is about small ones. */
#define H2_CONTINUATIONS_MAX 16

/* A list of fields so many times as long as a head may be is no longer read
 * to its end for the sake of a 431: it is a bomb (RFC 7541 7.3). */
#define H2_BOMB_FACTOR 8

/* What a reader has to take between two stops, lest its patience be mocked a
 * byte at a time. */
#define H2_PROGRESS_MIN 1024

enum h2_meter_id {
#define H2_METER(id, brim, per_s, words) H2_METER_##id,
#include "wire/h2_limit.def"
#undef H2_METER
	H2_METER_COUNT
};

struct h2_meter {
	uint32_t level; /* in thousandths */
	uint32_t at_ms; /* when it was right, modulo 2^32 */
};

/* One more; false when that is too much. */
must_check bool h2_meter_add(
	struct h2_meter meters[], enum h2_meter_id id, uint64_t now);

/* So many less. */
void h2_meter_lower(
	struct h2_meter meters[], enum h2_meter_id id, unsigned count);

/* What to tell the client. */
struct span h2_meter_words(enum h2_meter_id id);

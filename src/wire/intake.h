/*
 * The body of a request on its way to nowhere: found, by length or by chunks,
 * checked, and thrown away, since no method that we serve has a use for one
 * (RFC 9112 6, 7.1).
 */
#pragma once

#include "http/request.h"

/* A request body on its way to nowhere. */
enum intake_state {
	INTAKE_DATA,       /* `left` bytes of it remain */
	INTAKE_SIZE_FIRST, /* chunk-size: its first digit */
	INTAKE_SIZE,
	INTAKE_EXT_NAME_FIRST, /* chunk-ext: behind its ";" */
	INTAKE_EXT_NAME,
	INTAKE_EXT_VALUE_FIRST, /* behind its "=" */
	INTAKE_EXT_VALUE,       /* a token */
	INTAKE_EXT_QUOTED,
	INTAKE_EXT_ESCAPED,
	INTAKE_EXT_END, /* behind the closing quote */
	INTAKE_SIZE_LF,
	INTAKE_DATA_CR,
	INTAKE_DATA_LF,
	INTAKE_TRAILER_FIRST, /* trailer section: start of a line */
	INTAKE_TRAILER_NAME,
	INTAKE_TRAILER_VALUE,
	INTAKE_TRAILER_LF,
	INTAKE_LAST_LF
};

struct intake {
	enum intake_state state;
	bool is_chunked;
	uint8_t digits; /* of the chunk-size so far */
	uint32_t extra; /* bytes of extensions and trailers so far */
	uint64_t left;  /* of the chunk, or of the length */
	uint64_t total; /* data bytes of all chunks so far */
};

enum intake_verdict {
	INTAKE_MORE,
	INTAKE_WHOLE,
	INTAKE_REFUSED,
	INTAKE_OVERLONG
};

void intake_start(struct intake *in, const struct request *q);

/*
 * Takes from `bytes` what belongs to the body; *taken says how many. More than
 * `max` data bytes is INTAKE_OVERLONG; INTAKE_REFUSED is a malformed chunk, or
 * more extensions and trailers than anybody needs (RFC 9112 7.1.1).
 */
enum intake_verdict intake_take(
	struct intake *in, struct span bytes, uint64_t max, size_t *taken);

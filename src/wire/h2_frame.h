/*
 * Frames of HTTP/2 as bytes (RFC 9113 4, 6): their nine bytes of head, their
 * types, flags and error codes. Knows nothing of what a frame does.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

#define H2_FRAME_HEAD ((size_t)9)

/* The largest that either side sends here: what nobody has to allow for
 * (RFC 9113 4.2, 6.5.2). Larger ones would only hold up the others. */
#define H2_FRAME_MAX ((size_t)16384)

#define H2_ID_MAX UINT32_C(0x7fffffff)

enum h2_type {
	H2_DATA = 0,
	H2_HEADERS = 1,
	H2_PRIORITY = 2,
	H2_RST_STREAM = 3,
	H2_SETTINGS = 4,
	H2_PUSH_PROMISE = 5,
	H2_PING = 6,
	H2_GOAWAY = 7,
	H2_WINDOW_UPDATE = 8,
	H2_CONTINUATION = 9,
	H2_PRIORITY_UPDATE = 16 /* RFC 9218 7.1 */
};

enum h2_flag {
	H2_END_STREAM = 0x1,
	H2_ACK = 0x1,
	H2_END_HEADERS = 0x4,
	H2_PADDED = 0x8,
	H2_HAS_PRIORITY = 0x20
};

enum h2_error {
	H2_NO_ERROR = 0,
	H2_PROTOCOL_ERROR = 1,
	H2_INTERNAL_ERROR = 2,
	H2_FLOW_CONTROL_ERROR = 3,
	H2_STREAM_CLOSED = 5,
	H2_FRAME_SIZE_ERROR = 6,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
	H2_COMPRESSION_ERROR = 9,
	H2_ENHANCE_YOUR_CALM = 11
};

enum h2_setting {
	H2_HEADER_TABLE_SIZE = 1,
	H2_ENABLE_PUSH = 2,
	H2_MAX_CONCURRENT_STREAMS = 3,
	H2_INITIAL_WINDOW_SIZE = 4,
	H2_MAX_FRAME_SIZE = 5,
	H2_MAX_HEADER_LIST_SIZE = 6,
	H2_NO_RFC7540_PRIORITIES = 9 /* RFC 9218 2.1 */
};

struct h2_frame {
	uint8_t type, flags;
	uint32_t stream;
	struct span payload;
};

static inline uint32_t h2_u32(const char *at)
{
	const uint8_t *b = (const uint8_t *)at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static inline void h2_u32_write(char *at, uint32_t value)
{
	at[0] = (char)(value >> 24);
	at[1] = (char)(value >> 16);
	at[2] = (char)(value >> 8);
	at[3] = (char)value;
}

/* The length that the head at `at` says, of the payload alone. */
static inline uint32_t h2_frame_length(const char *at)
{
	return h2_u32(at) >> 8;
}

/* Writes the head of `f`, whose payload is only measured. */
void h2_frame_write(char at[H2_FRAME_HEAD], const struct h2_frame *f);

/* Reads the frame at the start of `bytes`: its size, head included, or 0 when
 * it is not whole. */
size_t h2_frame_read(struct span bytes, struct h2_frame *f);

/* Takes padding off the payload of a DATA or HEADERS frame (RFC 9113 6.1);
 * false when there is more of it than payload. */
must_check bool h2_frame_unpad(struct h2_frame *f);

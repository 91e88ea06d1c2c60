/*
 * The libraries behind the codings (codec.h), each made at its first use, so
 * that a process that codes nothing pays for nothing. Must not know where the
 * bytes come from.
 */
#include "io/codec.h"

#include <assert.h>
#include <brotli/encode.h>
#include <errno.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* 32 KiB of window and gzip's own frame (zlib.h: deflateInit2). */
#define GZIP_WINDOW 31
#define GZIP_MEMORY 9

/* Of 22. Beyond it zstd needs more than 8 MiB of window, which a browser may
 * refuse (RFC 8878 3.1.1.1.2, RFC 9659), and gains nothing below 1 MiB. */
#define ZSTD_LEVEL 19

static ssize_t gzip_encode(struct span in, char *out, size_t size)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.at,
		.avail_in = (uInt)in.len,
		.next_out = (Bytef *)out,
		.avail_out = (uInt)size };

	/* No name and no time: equal bytes on all replicas. */
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW,
		    GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	int res = deflate(&z, Z_FINISH);
	ssize_t length = (ssize_t)(size - z.avail_out);
	deflateEnd(&z);
	return res == Z_STREAM_END ? length : -ENOSPC;
}

/* The smallest window that holds all of it: a decoder allocates as much. */
static int brotli_window(size_t size)
{
	int bits = BROTLI_MIN_WINDOW_BITS;

	while (bits < BROTLI_MAX_WINDOW_BITS && ((size_t)1 << bits) - 16 < size)
		bits++;
	return bits;
}

static ssize_t brotli_encode(struct span in, char *out, size_t size)
{
	size_t length = size;

	/* It reports a full output and an empty heap alike. */
	if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, brotli_window(in.len),
		    BROTLI_MODE_TEXT, in.len, (const uint8_t *)in.at, &length,
		    (uint8_t *)out))
		return -ENOSPC;
	return (ssize_t)length;
}

static ssize_t zstd_encode(struct span in, char *out, size_t size)
{
	/* The frame carries the content's size (RFC 8878 3.1.1.1.4). */
	size_t length = ZSTD_compress(out, size, in.at, in.len, ZSTD_LEVEL);

	if (!ZSTD_isError(length))
		return (ssize_t)length;
	return ZSTD_getErrorCode(length) == ZSTD_error_memory_allocation
		       ? -ENOMEM
		       : -ENOSPC;
}

ssize_t codec_encode(enum coding coding, struct span in, char *out, size_t size)
{
	assert(in.len <= CODEC_IN_MAX);
	switch (coding) {
	case CODING_GZIP:
		return gzip_encode(in, out, size);
	case CODING_BR:
		return brotli_encode(in, out, size);
	case CODING_ZSTD:
		return zstd_encode(in, out, size);
	case CODING_IDENTITY:
	case CODING_COUNT:
		break;
	}
	return -ENOSPC;
}

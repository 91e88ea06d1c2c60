/*
 * Decoders, to see that what was coded is what it was: the libraries' other
 * halves, as a browser has them. Static functions in a header, because several
 * programs include it.
 */
#pragma once

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "http/resource.h"

/* The length of what `in` decodes to, in `out`; SIZE_MAX when it does not. */
static inline size_t decode(
	enum coding coding, struct span in, char *out, size_t size)
{
	size_t length = size;

	if (coding == CODING_GZIP) {
		z_stream z = { .next_in = (Bytef *)(uintptr_t)in.at,
			.avail_in = (uInt)in.len,
			.next_out = (Bytef *)out,
			.avail_out = (uInt)size };
		/* 16: a gzip frame and nothing else. */
		int res = inflateInit2(&z, 16 + MAX_WBITS);
		if (res == Z_OK)
			res = inflate(&z, Z_FINISH);
		inflateEnd(&z);
		return res == Z_STREAM_END && z.avail_in == 0
			       ? size - z.avail_out
			       : SIZE_MAX;
	}
	if (coding == CODING_BR)
		return BrotliDecoderDecompress(in.len, (const uint8_t *)in.at,
			       &length, (uint8_t *)out)
			       ? length
			       : SIZE_MAX;
	if (coding == CODING_ZSTD) {
		length = ZSTD_decompress(out, size, in.at, in.len);
		return ZSTD_isError(length) ? SIZE_MAX : length;
	}
	return SIZE_MAX;
}

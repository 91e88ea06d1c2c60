/*
 * Content codings at the most that they can do: what is coded once and sent
 * often may take its time (RFC 1952, RFC 7932, RFC 8878). Makes no system
 * call but for memory.
 */
#pragma once

#include <sys/types.h>

#include "base/attr.h"
#include "http/resource.h"

/*
 * Codes `in`, at most CODEC_IN_MAX bytes, into `out`: how many bytes that are;
 * -ENOSPC when they do not fit into `size`, -ENOMEM when the heap is out.
 */
must_check ssize_t codec_encode(
	enum coding coding, struct span in, char *out, size_t size);

#define CODEC_IN_MAX ((size_t)1 << 20)

/* The room that makes it worth its while: a coded body that is not smaller by
 * a twentieth, and by what its field costs, is not sent. */
static inline uint64_t codec_room(uint64_t size)
{
	uint64_t least = max_u64(size / 20, 64);

	return size > least ? size - least : 0;
}

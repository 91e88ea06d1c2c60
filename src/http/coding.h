/*
 * Content codings: which variant of a file suits Accept-Encoding
 * (RFC 9110 12.5.3). Pure.
 */
#pragma once

#include "http/reason.h"
#include "http/request.h"
#include "http/resource.h"

/* Below this a coding saves less than its field costs; above, it takes a
 * core for seconds, and the entity-tag is not of the bytes. */
#define CODING_MADE_MIN 256
#define CODING_MADE_MAX ((uint64_t)1 << 20)

/*
 * The variant to send: the highest q-value among those that exist, then the
 * smallest, then zstd, br, gzip. identity, unless it or "*" is listed,
 * comes after every coding that is acceptable. Nothing acceptable: identity.
 * With a Range what we made is left out: ranges are of what the site has, and
 * a download that goes on must not depend on what is in a cache. Notes why.
 */
enum coding coding_choose(
	const struct request *q, const struct resource *r, struct trail *trail);

/*
 * The codings of a compressible file that are not there, can be made, and
 * would have been considered for this request instead of `chosen`: bits,
 * 1 << coding. Notes them.
 */
unsigned coding_wanted(const struct request *q, const struct resource *r,
	enum coding chosen, struct trail *trail);

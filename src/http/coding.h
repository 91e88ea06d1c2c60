/*
 * Content codings: which variant of a file suits Accept-Encoding
 * (RFC 9110 12.5.3). Pure.
 */
#pragma once

#include "http/reason.h"
#include "http/request.h"
#include "http/resource.h"

/*
 * The variant to send: the highest q-value among those that exist, then the
 * smallest, then zstd, br, gzip. identity, unless it or "*" is listed,
 * comes after every coding that is acceptable. Nothing acceptable: identity.
 * Notes why.
 */
enum coding coding_choose(
	const struct request *q, const struct resource *r, struct trail *trail);

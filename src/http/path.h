/*
 * From the path of a target to the name of a file below the root
 * (RFC 3986 2.1, 5.2.4; RFC 9112 3.2). What comes out cannot lead above the
 * root: the kernel checks it a second time (openat2). Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "base/text.h"
#include "http/reason.h"

enum path_verdict {
	PATH_OK,
	PATH_BAD,   /* 400: a bad escape, %00, a control character */
	PATH_HIDDEN /* 404: a dot file */
};

/*
 * Decodes `raw` once, removes dot segments, merges empty ones, and appends to
 * *out the name relative to the root: no leading slash, a final one where the
 * target means a directory, nothing for the root itself. `out` must have room
 * for raw.len bytes. Notes what it did.
 */
must_check enum path_verdict path_resolve(
	struct span raw, struct text *out, struct trail *trail);

/*
 * Appends `name` as the path of a URI: one leading slash, everything but
 * unreserved characters, sub-delims, ':', '@' and '/' escaped.
 */
void path_encode(struct span name, struct text *out);

/*
 * Does a name change whenever the content does? Then the answer may be kept
 * for a year without asking again (RFC 8246). Build tools put a hash of the
 * content into such names; this recognises their hands. Pure.
 */
#pragma once

#include "base/span.h"
#include "http/reason.h"

/*
 * Is `name`, relative to the root, hashed? *why is set in either case. When in
 * doubt, false: what is missed costs one revalidation, what is wrongly taken
 * for a hash is stale for a year.
 */
bool hashed_is(struct span name, enum reason *why);

/*
 * A directory's listing as the body of an answer: opened when the answer is
 * decided, read, looked up and rendered piece by piece as it is sent, and
 * broken off rather than left short. Knows neither
 * what a listing looks like nor how a piece travels.
 */
#pragma once

#include "http/listing.h"
#include "io/directory.h"
#include "wire/wire.h"

/*
 * Opens the directory `name` ("" is the root, else with a final slash), as one
 * of `all`, which outlives it.
 * RESOURCE_LISTING: *out is the caller's, to be let go of by its `done`; any
 * other kind: it could not be opened.
 */
must_check enum resource_kind lister_open(struct fs *fs,
	struct directories *all, struct span name, enum listing_format format,
	struct producer **out);

/*
 * A directory's listing as the body of an answer: opened when the answer is
 * decided, looked up and rendered piece by piece as it is sent. Knows neither
 * what a listing looks like nor how a piece travels.
 */
#pragma once

#include "http/listing.h"
#include "io/fs.h"
#include "wire/wire.h"

/*
 * Opens the directory `name` ("" is the root, else with a final slash).
 * RESOURCE_LISTING: *out is the caller's, to be let go of by its `done`; any
 * other kind: it could not be opened.
 */
must_check enum resource_kind lister_open(struct fs *fs, struct span name,
	enum listing_format format, struct producer **out);

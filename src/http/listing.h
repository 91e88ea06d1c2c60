/*
 * A directory's listing as HTML or JSON, made part by part, so that it can be
 * sent while the directory is still looked at, whatever its size. Must not
 * know where the entries come from. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/text.h"
#include "http/listing_format.h"
#include "http/listing_page.h"
#include "http/resource.h"

/* No part is longer: the longest are the one with the style, and a link to the
 * root from a path of 4096 bytes. */
#define LISTING_PART_MAX 8192

/* What the head goes on with; see listing_head. */
enum listing_step { LISTING_OPEN, LISTING_HOME, LISTING_PATH, LISTING_TABLE };

struct listing {
	enum listing_format format;
	enum listing_step step;
	bool is_root;
	struct span path;            /* what is left of it for the head */
	unsigned depth;              /* segments in `path` */
	uint64_t files, directories; /* so far */
};

/*
 * Begins a listing of the directory `path` ("" for the root, else with a final
 * slash; no segment is empty). `path` is borrowed until listing_head has
 * returned false.
 */
void listing_start(
	struct listing *l, enum listing_format format, struct span path);

/* Appends the next part of what stands before the entries; true when there is
 * another, to be asked for before the first entry. */
must_check bool listing_head(struct listing *l, struct text *out);

/* Appends an entry. Its name has at most NAME_MAX (255) bytes. */
void listing_entry(
	struct listing *l, const struct directory_entry *e, struct text *out);

/* Appends the end. */
void listing_end(const struct listing *l, struct text *out);

/* The Content-Type. */
struct span listing_type(enum listing_format format);

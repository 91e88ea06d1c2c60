/*
 * The parts of a listing's page; listing.h puts them in order. Pure.
 */
#pragma once

#include "base/text.h"
#include "http/resource.h"

/* All that stands before the path. `name`: of the directory, for the title. */
void listing_html_open(struct text *out, struct span name);

/* One step of the path: a link to what is `above` directories up, or, if that
 * is 0, where we are. */
void listing_html_step(struct text *out, unsigned above, struct span name);

/* Some steps that are left out. */
void listing_html_gap(struct text *out);

/* From the path to the first row. */
void listing_html_table(struct text *out, bool has_parent);

void listing_html_row(struct text *out, const struct directory_entry *e);

void listing_html_end(struct text *out, uint64_t files, uint64_t directories);

/* Appends "1.5 KiB", by powers of 1024: a digit after the point below 10. */
void listing_html_size(struct text *out, uint64_t size);

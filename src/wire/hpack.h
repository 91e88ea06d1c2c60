/*
 * The head of an answer as a block of HPACK (RFC 7541): names and pairs of the
 * static table, and literals that enter no table. So a block depends on nothing
 * but its fields: it is made once and may be sent on any stream of any
 * connection.
 */
#pragma once

#include "base/text.h"
#include "http/field_list.h"

/* What stands before the 29 characters of a Date: a literal without indexing,
 * its name entry 33, no Huffman code. Nothing else in a block looks like it,
 * as no value has these control characters. */
#define HPACK_DATE "\x0f\x12\x1d"

/* A size update to 0 (RFC 7541 6.3): the table that we do not use is gone. */
#define HPACK_TABLE_NONE "\x20"

/* Appends :status and the fields, their names in lower case. */
void hpack_head_add(
	struct text *out, unsigned status, const struct field_list *fields);

/* Appends one field, its name in lower case. */
void hpack_field_add(struct text *out, struct span name, struct span value);

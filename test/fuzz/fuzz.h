/*
 * What the fuzz targets share: the entry point that libFuzzer and replay.c
 * call, and requests made of raw field lines. A target asserts what must hold
 * for every input; that it does not crash is the least of it. Must not know
 * any single module's rules.
 */
#pragma once

#include <assert.h>

#include "base/span.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline struct span fuzz_span(const uint8_t *bytes, size_t size)
{
	return (struct span){ (const char *)bytes, size };
}

/* Takes the bytes up to the next newline; false at the end. */
static inline bool fuzz_take_line(struct span *rest, struct span *line)
{
	if (rest->len == 0)
		return false;
	size_t length = span_find(*rest, '\n');
	*line = span_first(*rest, length);
	*rest = span_skip(*rest, length < rest->len ? length + 1 : length);
	return true;
}

/* Appends a field line as the head's parser would; ignored when it is full. */
static inline void fuzz_add_field(
	struct request *q, enum field id, struct span value)
{
	if (q->field_count == REQUEST_FIELDS_MAX)
		return;
	q->fields[q->field_count] = (struct field_line){
		.name = SPAN("x"), .value = span_trim(value), .id = id
	};
	request_add_line(q);
}

/* Does `part` lie within `whole`? An empty one lies anywhere. */
static inline bool fuzz_is_within(struct span part, struct span whole)
{
	return part.len == 0 ||
	       (part.at >= whole.at &&
		       part.at + part.len <= whole.at + whole.len);
}

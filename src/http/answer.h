/*
 * From a plan to fields and generated bodies, the same for every version of
 * HTTP: h1 writes the fields as lines, h2 will encode them. Pure.
 */
#pragma once

#include "base/text.h"
#include "http/field_list.h"
#include "http/plan.h"

/* Ours, and what the site adds. */
#define ANSWER_FIELDS_MAX (20 + HEADERS_FIELDS_MAX)

/* What an answer is made from. */
struct answer {
	const struct plan *plan;
	const struct request *request;
	const struct resource *resource; /* may be NULL */
	uint64_t length; /* of the body, in bytes, that a GET would have */
};

/*
 * Lists the fields of the answer, Connection left out, in out[]; returns how
 * many. The values live in `storage` (is_full when it was too small), in the
 * plan, the request and the resource.
 */
unsigned answer_fields(const struct answer *a, struct text *storage,
	struct answer_field out[ANSWER_FIELDS_MAX]);

/* Appends the body of BODY_PAGE: a small HTML page about the status. */
void answer_page(const struct plan *p, struct text *out);

/* Appends what stands before part `i` of a BODY_MULTIPART, the delimiter
 * included; i == ranges.count appends the closing delimiter. */
void answer_part_head(const struct plan *p, const struct resource *r,
	unsigned i, struct text *out);

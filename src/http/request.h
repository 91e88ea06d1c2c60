/*
 * A request as the wire read it: parsed, checked for syntax, not interpreted.
 * Immutable once made. Its spans borrow from the bytes it was parsed from and
 * live as long as they do. The same for every version of HTTP. Pure.
 */
#pragma once

#include "base/span.h"
#include "http/field.h"
#include "http/reason.h"

/* PRODUCT: a head of at most 100 fields. --fields-max may only lower it. */
#define REQUEST_FIELDS_MAX 100

enum method {
	METHOD_UNKNOWN, /* 501 */
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_NOT_SERVED /* registered, but not ours: 405 */
};

/* The four forms of RFC 9112 3.2. */
enum target_form {
	TARGET_ORIGIN,
	TARGET_ABSOLUTE,
	TARGET_AUTHORITY,
	TARGET_ASTERISK
};

enum framing {
	FRAMING_NONE,
	FRAMING_LENGTH,
	FRAMING_CHUNKED /* its end shows when it comes */
};

struct request {
	enum method method;
	bool is_connect;
	/* On a stream of its own (RFC 9113): of the connection it says
	 * nothing, and `minor` is 1. */
	bool is_stream;
	enum target_form form;
	unsigned minor; /* HTTP/1.minor */
	struct span target;
	struct span path;      /* raw, starts with '/'; empty for '*' */
	struct span query;     /* with its '?', or empty */
	struct span authority; /* of the target, else of Host; may be empty */

	/* 0, or the status that refuses this request, and why. */
	unsigned refusal;
	enum reason refusal_reason;
	uint64_t refusal_number; /* the limit that it exceeds, if any */

	enum framing framing;    /* RFC 9112 6.3 */
	uint64_t content_length; /* of FRAMING_LENGTH */
	bool keeps_alive;        /* RFC 9112 9.3 */
	bool expects_continue;   /* RFC 9110 10.1.1 */

	unsigned field_count;
	uint32_t repeated; /* known fields of several lines: bits, 1 << id */
	/* Index + 1 of the first line of each known field, 0 if absent. */
	uint8_t first[FIELD_COUNT];
	struct field_line fields[REQUEST_FIELDS_MAX];
};

/* One more line: fields[field_count], which has been filled in. */
static inline void request_add_line(struct request *q)
{
	enum field id = q->fields[q->field_count++].id;

	if (id == FIELD_OTHER)
		return;
	if (q->first[id] == 0)
		q->first[id] = (uint8_t)q->field_count;
	else
		q->repeated |= 1u << id;
}

/*
 * Walks over the lines of one known field, in order: start with *at = 0; false
 * at the end.
 */
bool request_next_line(const struct request *q, enum field id, unsigned *at,
	struct span *value);

/* Is there at least one line of the field? */
static inline bool request_has(const struct request *q, enum field id)
{
	return q->first[id] != 0;
}

/* The value of the first line of the field; empty when there is none. */
struct span request_value(const struct request *q, enum field id);

/* Has the field exactly one line? (For fields that are no lists.) */
static inline bool request_has_one(const struct request *q, enum field id)
{
	return request_has(q, id) && (q->repeated & 1u << id) == 0;
}

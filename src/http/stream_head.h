/*
 * The head of a request that comes as a list of fields on a stream of its own
 * (RFC 9113 8.2, 8.3; RFC 9114 4.2, 4.3 say the same): from pairs of name and
 * value to a request like any other. Pure.
 */
#pragma once

#include "base/attr.h"
#include "http/head.h"
#include "http/priority.h"

/* Each field counts for so much more than its bytes (RFC 9113 6.5.2). */
#define STREAM_FIELD_OVERHEAD 32

enum pseudo_field {
	PSEUDO_METHOD,
	PSEUDO_SCHEME,
	PSEUDO_AUTHORITY,
	PSEUDO_PATH,
	PSEUDO_COUNT
};

struct stream_head {
	const struct head_limits *limits;
	struct request *request;
	struct span pseudo[PSEUDO_COUNT]; /* at NULL: absent */
	struct priority priority;
	size_t size;      /* of all fields, overhead included */
	bool is_trailers; /* fields behind a body: none may be a pseudo-field */
	bool is_malformed; /* no request at all (RFC 9113 8.1.1) */
	bool has_regular;  /* pseudo-fields may come no more */
};

/* Begins the head of *q. */
void stream_head_start(struct stream_head *h, const struct head_limits *limits,
	struct request *q);

/* The next field; its bytes must live as long as the request. Beyond the
 * limits it is only counted: look at `size` before keeping bytes. */
void stream_head_add(
	struct stream_head *h, struct span name, struct span value);

/* Is the list longer than a head may be? Then no field is looked at. */
static inline bool stream_head_is_full(const struct stream_head *h)
{
	return h->size > h->limits->head_max;
}

/*
 * After the last field: fills in the request, which may be refused, or sets
 * is_malformed. `has_body`: data follows. `is_secured`: by TLS.
 */
void stream_head_end(struct stream_head *h, bool has_body, bool is_secured);

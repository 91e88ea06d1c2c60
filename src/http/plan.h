/*
 * The heart: what to answer, as a pure function of the request, the facts
 * about the file, the policy and the time. Everything that hstatic decides
 * about a response is in the plan, with the reasons in its trail
 * (RFC 9110, 9111).
 */
#pragma once

#include "base/attr.h"
#include "base/text.h"
#include "http/headers.h"
#include "http/listing_format.h"
#include "http/policy.h"
#include "http/range.h"
#include "http/reason.h"
#include "http/request.h"
#include "http/resource.h"

enum body_source {
	BODY_EMPTY,     /* 204, 304 */
	BODY_VARIANT,   /* the whole of the variant */
	BODY_RANGE,     /* one range of it */
	BODY_MULTIPART, /* multipart/byteranges (RFC 9110 14.6) */
	BODY_PAGE,      /* a short page about the status */
	BODY_LISTING,   /* what is in a directory, made while it is sent */
	BODY_EVENTS     /* what happens from now on (HTML 9.2), the same */
};

struct plan {
	unsigned status;
	enum body_source source;
	enum coding coding; /* which variant */
	/* Codings to be made for those who ask later: bits, 1 << coding. */
	unsigned wanted_codings;
	enum listing_format listing; /* of BODY_LISTING */
	bool is_head;                /* send no body, whatever the source */
	bool is_last;                /* close after this answer */
	bool varies_coding;          /* Vary: Accept-Encoding */
	bool varies_accept;          /* Vary: Accept */
	bool says_allow;
	bool says_etag;      /* ETag and Last-Modified of the variant */
	bool says_ranges;    /* Accept-Ranges */
	bool says_retry;     /* Retry-After */
	bool says_location;  /* the path with a final slash, and the query */
	bool says_origins;   /* Access-Control-Allow-Origin and the like */
	bool says_preflight; /* what a script may ask for (Fetch 4.8) */
	/* The site's own fields, or NULL; for the step that renders them. */
	const struct headers *headers;
	struct header_match header_match;
	struct span cache_control;
	struct span type;       /* Content-Type of a variant */
	int64_t date, modified; /* seconds since 1970 */
	uint64_t size;          /* of the whole variant */
	struct range_set ranges;
	struct trail trail;
};

/* Is the body made while it is sent, of a length that nobody knows? */
static inline bool plan_is_produced(const struct plan *p)
{
	return p->source == BODY_LISTING || p->source == BODY_EVENTS;
}

/*
 * `r` may be NULL when the request is refused or needs no file (see
 * plan_needs_resource). `now`: seconds since 1970. Never fails.
 */
struct plan plan_response(const struct request *q, const struct resource *r,
	const struct policy *policy, uint64_t now);

/* Does the answer depend on a file? Not for what is refused, nor OPTIONS. */
bool plan_needs_resource(const struct request *q);

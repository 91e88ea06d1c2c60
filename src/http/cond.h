/*
 * Conditional requests (RFC 9110 13): preconditions in the order of 13.2.2,
 * and If-Range (13.1.5). Pure.
 */
#pragma once

#include "base/attr.h"
#include "http/reason.h"
#include "http/request.h"

/* The validators of the representation that was selected. */
struct validators {
	struct span etag; /* strong, with its quotes; empty when none */
	int64_t modified; /* Last-Modified, seconds since 1970 */
	bool is_undated;  /* there is none: its conditions are ignored */
	int64_t now;      /* the Date of the answer */
};

enum cond_verdict {
	COND_PASS,         /* answer as if there were no condition */
	COND_NOT_MODIFIED, /* 304 */
	COND_FAILED        /* 412 */
};

/* Evaluates If-Match, If-Unmodified-Since, If-None-Match and
 * If-Modified-Since for a GET or HEAD of something that exists. */
enum cond_verdict cond_check(const struct request *q,
	const struct validators *v, struct trail *trail);

/* Does If-None-Match have this tag: does the client hold what it is of? */
bool cond_is_held(const struct request *q, struct span etag);

/* May the Range field be heeded, as far as If-Range is concerned? True when
 * there is no If-Range. */
bool cond_range_applies(const struct request *q, const struct validators *v,
	struct trail *trail);

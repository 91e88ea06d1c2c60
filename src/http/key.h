/*
 * What of a request the answer about a file depends on, as bytes: two requests
 * with the same key get the same answer, as long as what is known of the file
 * and what the site wishes are the same. Pure.
 */
#pragma once

#include "base/text.h"
#include "http/request.h"

/* Longest key: a target with an Accept-Encoding and an entity-tag. */
#define KEY_MAX 512

/*
 * Appends the key of `q`. False, when `q` has more to it than a key holds:
 * anything but a GET or HEAD, a body, a range, a condition other than one
 * If-None-Match; or when it does not fit.
 */
must_check bool request_key(const struct request *q, struct text *out);

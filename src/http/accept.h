/*
 * Accept (RFC 9110 12.5.1): how a client likes a media type. Pure.
 */
#pragma once

#include "http/request.h"

/* How well a media range fits a type; the best fit counts. */
enum fit { FIT_NONE, FIT_ANY, FIT_TYPE, FIT_WHOLE };

struct preference {
	enum fit fit;
	int weight; /* 0, not acceptable, to FIELD_WEIGHT_ONE */
};

/* What Accept says of `type` ("text/html"); FIT_NONE and 0 where it says
 * nothing of it, or is not there. */
struct preference accept_find(const struct request *q, struct span type);

/*
 * Does Accept name `type` itself, and not in order to refuse it? Browsers do
 * so when they navigate, and not when they load a script, a style or an
 * image; a range that only includes it does not count.
 */
bool accept_names(const struct request *q, struct span type);

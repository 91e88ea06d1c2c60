/*
 * The fields of an answer that follow from how its body was found: how long it
 * may be kept, what it varies by, and what the site's _headers add. Must not
 * know bodies.
 */
#pragma once

#include "in_force.h"
#include "outlook.h"
#include "reply.h"

/* Do the fields agree with `way`, and with some rules that `headers` may have
 * been? NULL: with an error that may come from anywhere. */
bool fields_explained(const struct view *v, const struct in_force *headers,
	const struct reply *r, const struct way *way);

/*
 * The fields of an answer as a list that can be edited: by answer.c, which
 * makes it, and by headers.c, which applies the site's own rules to it. Knows
 * nothing of what a field means. Pure.
 */
#pragma once

#include "base/span.h"

struct answer_field {
	struct span name; /* in lower case would be h2's affair */
	struct span value;
};

/* The array is the caller's. */
struct field_list {
	struct answer_field *at;
	unsigned count, max;
};

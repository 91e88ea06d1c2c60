/*
 * The option that somebody may have meant, for messages about mistakes. Pure.
 */
#pragma once

#include "base/span.h"

/* No option has so long a name. */
#define OPTION_NAME_MAX 64

/* The name of the option nearest to `name`, or NULL when none is near. */
const char *option_nearest(struct span name);

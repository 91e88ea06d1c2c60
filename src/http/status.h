/*
 * Status codes and their words, from status.def (RFC 9110 15). Pure.
 */
#pragma once

#include "base/span.h"

/* The reason phrase of `status`; empty for one that is not in status.def. */
struct span status_phrase(unsigned status);

/* One sentence for the reader of an error page; may be empty. */
struct span status_advice(unsigned status);

/*
 * Requests that are refused, cut off, or no requests at all: a table of what
 * RFC 9110 and 9112 say about each. Must not know the tree.
 */
#pragma once

#include "ask.h"

/* Draws one; one after which the client stops only if `can_end`. */
void ask_strange(struct asker *a, struct ask *out, bool can_end);

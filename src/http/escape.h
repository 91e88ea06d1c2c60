/*
 * Percent-encoding (RFC 3986 2.1): one escape read, bytes written with
 * escapes. The caller chooses what may stand as it is; nothing ever lets a
 * control character, a space or a byte above ASCII through, but the set that
 * is read again by path_resolve. Pure.
 */
#pragma once

#include "base/span.h"
#include "base/text.h"

/* What is left as it is. */
enum escape_set {
	ESCAPE_PATH = 1,   /* pchar and the slash: a path (3.3) */
	ESCAPE_STRICT = 2, /* unreserved and the slash: safe in any place */
	ESCAPE_URI = 4,    /* all characters of a URI, escapes included (2) */
	ESCAPE_NAME = 8    /* all but '%' and controls: for path_resolve */
};

/* The byte that an escape at the start of `s` stands for, or -1. */
int escape_value(struct span s);

/* Appends `bytes`, each that is not in the set as an escape. */
void escape_add(struct text *out, struct span bytes, enum escape_set keep);

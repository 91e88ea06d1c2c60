/*
 * Bytes of unknown origin as text of HTML and JSON. What is no UTF-8 becomes
 * U+FFFD, a byte each: both are to be UTF-8 throughout. Pure.
 */
#pragma once

#include "base/span.h"
#include "base/text.h"

/* The most bytes that one may become. */
#define QUOTE_HTML_MAX 5
#define QUOTE_JSON_MAX 6

/*
 * Appends `s` as text, or as the value of a quoted attribute. Control
 * characters are shown by their pictures (U+2400): HTML has no others.
 */
void quote_html(struct span s, struct text *out);

/* Appends `s` as the inside of a string (RFC 8259 7). */
void quote_json(struct span s, struct text *out);

/*
 * Fields: their names, their characters and the lists inside their values
 * (RFC 9110 5). Knows nothing of what a single field means. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

enum field {
	FIELD_OTHER,
#define FIELD(id, name) FIELD_##id,
#include "http/field.def"
#undef FIELD
	FIELD_COUNT
};

/* One field line of a request. `id` is FIELD_OTHER for what we ignore. */
struct field_line {
	struct span name;
	struct span value; /* without the white space around it */
	enum field id;
};

/* Which field `name` is, whatever the case of its letters. */
enum field field_find(struct span name);

/* Characters of a token (RFC 9110 5.6.2). */
bool field_is_tchar(char c);

/* How many characters at the start of `s` are tchars. */
size_t field_token_length(struct span s);

/* A token: one tchar or more, and nothing else. */
bool field_is_token(struct span s);

/*
 * Takes the next element of the comma-separated list *list (RFC 9110 5.6.1):
 * empty elements are passed over, a comma inside a quoted string does not
 * separate. False at the end. The element is trimmed of white space.
 */
bool field_take_element(struct span *list, struct span *element);

/* Weights are in thousandths: a qvalue has at most three decimals. */
#define FIELD_WEIGHT_ONE 1000

/* A qvalue (RFC 9110 12.4.2), 0 to FIELD_WEIGHT_ONE; 0 when it is none. */
int field_read_weight(struct span s);

/*
 * Names, characters and lists of fields (RFC 9110 5.1, 5.6.1, 5.6.2, 5.6.4).
 * field_find runs for each field of each request: the length leaves one
 * candidate, and one comparison settles it. Must not know what any field
 * means. Pure.
 */
#include "http/field.h"

static const struct span names[FIELD_COUNT] = {
#define FIELD(id, name) [FIELD_##id] = { name, sizeof(name) - 1 },
#include "http/field.def"
#undef FIELD
};

enum {
#define FIELD(id, name) LENGTH_##id = sizeof(name) - 1,
#include "http/field.def"
#undef FIELD
};

/* The only field of this length; where two share one, a letter decides. */
static enum field field_of_length(struct span name)
{
	switch (name.len) {
	case LENGTH_ACCESS_CONTROL_REQUEST_METHOD:
		return FIELD_ACCESS_CONTROL_REQUEST_METHOD;
	case LENGTH_HOST:
		return FIELD_HOST;
	case LENGTH_RANGE:
		return FIELD_RANGE;
	case LENGTH_ACCEPT:
		return ascii_lower(name.at[0]) == 'a' ? FIELD_ACCEPT
						      : FIELD_EXPECT;
	case LENGTH_IF_MATCH:
		return ascii_lower(name.at[3]) == 'm' ? FIELD_IF_MATCH
						      : FIELD_IF_RANGE;
	case LENGTH_CONNECTION:
		return FIELD_CONNECTION;
	case LENGTH_IF_NONE_MATCH:
		return FIELD_IF_NONE_MATCH;
	case LENGTH_CONTENT_LENGTH:
		return FIELD_CONTENT_LENGTH;
	case LENGTH_ACCEPT_ENCODING:
		return FIELD_ACCEPT_ENCODING;
	case LENGTH_IF_MODIFIED_SINCE:
		return ascii_lower(name.at[0]) == 'i' ? FIELD_IF_MODIFIED_SINCE
						      : FIELD_TRANSFER_ENCODING;
	case LENGTH_IF_UNMODIFIED_SINCE:
		return FIELD_IF_UNMODIFIED_SINCE;
	default:
		return FIELD_OTHER;
	}
}

enum field field_find(struct span name)
{
	enum field id = field_of_length(name);

	if (id == FIELD_OTHER || !span_equal_nocase(name, names[id]))
		return FIELD_OTHER;
	return id;
}

static const bool tchars[256] = {
	['!'] = true,
	['#'] = true,
	['$'] = true,
	['%'] = true,
	['&'] = true,
	['\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['^'] = true,
	['_'] = true,
	['`'] = true,
	['|'] = true,
	['~'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

bool field_is_tchar(char c)
{
	return tchars[(unsigned char)c];
}

bool field_is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!field_is_tchar(s.at[i]))
			return false;
	}
	return s.len > 0;
}

/* Where the first element of `list` ends: at a comma outside quotes. */
static size_t element_length(struct span list)
{
	bool is_quoted = false;
	size_t i = 0;

	for (; i < list.len; i++) {
		char c = list.at[i];
		if (c == ',' && !is_quoted)
			break;
		if (c == '"')
			is_quoted = !is_quoted;
		else if (c == '\\' && is_quoted && i + 1 < list.len)
			i++;
	}
	return i;
}

bool field_take_element(struct span *list, struct span *element)
{
	while (list->len > 0) {
		size_t length = element_length(*list);
		struct span found = span_trim(span_first(*list, length));
		bool has_comma = length < list->len;
		*list = span_skip(*list, length + (has_comma ? 1 : 0));
		if (found.len > 0) {
			*element = found;
			return true;
		}
	}
	return false;
}

int field_read_weight(struct span s)
{
	int value = 0, unit = FIELD_WEIGHT_ONE;

	if (s.len == 0 || s.len > 5 || (s.len > 1 && s.at[1] != '.'))
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (i == 1)
			continue;
		if (!ascii_is_digit(s.at[i]))
			return 0;
		value += (s.at[i] - '0') * unit;
		unit /= 10;
	}
	return value <= FIELD_WEIGHT_ONE ? value : 0;
}

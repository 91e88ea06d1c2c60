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

/* Do eight bytes differ in more than the case of letters? Those that are known
 * are letters, which alone have the bit 0x40, and hyphens. */
static bool differ(const char *bytes, const char *known)
{
	uint64_t one, other;

	memcpy(&one, bytes, sizeof one);
	memcpy(&other, known, sizeof other);
	uint64_t cases = (other & UINT64_C(0x4040404040404040)) >> 1;
	return ((one ^ other) & ~cases) != 0;
}

/* Is it the known name, which has the same length? */
static bool is_name(struct span name, struct span known)
{
	size_t i = 0;

	if (name.len < 8)
		return span_equal_nocase(name, known);
	for (; i + 8 < name.len; i += 8) {
		if (differ(name.at + i, known.at + i))
			return false;
	}
	return !differ(name.at + name.len - 8, known.at + name.len - 8);
}

enum field field_find(struct span name)
{
	enum field id = field_of_length(name);

	return id != FIELD_OTHER && is_name(name, names[id]) ? id : FIELD_OTHER;
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

size_t field_token_length(struct span s)
{
	size_t i = 0;

	while (i < s.len && field_is_tchar(s.at[i]))
		i++;
	return i;
}

bool field_is_token(struct span s)
{
	return s.len > 0 && field_token_length(s) == s.len;
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

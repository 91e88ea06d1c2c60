/*
 * Percent-encoding (escape.h), by one table for all sets of characters
 * (RFC 3986 2.2, 2.3, 3.3). Must not know which part of a URI it writes.
 */
#include "http/escape.h"

#define SUB_DELIM (ESCAPE_PATH | ESCAPE_URI)
#define ANYWHERE  (ESCAPE_PATH | ESCAPE_STRICT | ESCAPE_URI)

static const unsigned char sets[256] = {
	['!'] = SUB_DELIM,
	['$'] = SUB_DELIM,
	['&'] = SUB_DELIM,
	['\''] = SUB_DELIM,
	['('] = SUB_DELIM,
	[')'] = SUB_DELIM,
	['*'] = SUB_DELIM,
	['+'] = SUB_DELIM,
	[','] = SUB_DELIM,
	[';'] = SUB_DELIM,
	['='] = SUB_DELIM,
	[':'] = SUB_DELIM,
	['@'] = SUB_DELIM,
	['#'] = ESCAPE_URI,
	['%'] = ESCAPE_URI,
	['?'] = ESCAPE_URI,
	['['] = ESCAPE_URI,
	[']'] = ESCAPE_URI,
	['-'] = ANYWHERE,
	['.'] = ANYWHERE,
	['/'] = ANYWHERE,
	['_'] = ANYWHERE,
	['~'] = ANYWHERE,
	['0' ... '9'] = ANYWHERE,
	['A' ... 'Z'] = ANYWHERE,
	['a' ... 'z'] = ANYWHERE,
};

int escape_value(struct span s)
{
	int high, low;

	if (s.len < 3)
		return -1;
	high = ascii_hex(s.at[1]);
	low = ascii_hex(s.at[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool is_kept(unsigned char c, enum escape_set keep)
{
	if (keep == ESCAPE_NAME)
		return c >= ' ' && c != 0x7f && c != '%';
	return (sets[c] & keep) != 0;
}

void escape_add(struct text *out, struct span bytes, enum escape_set keep)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.at[i];
		const char escape[] = { '%', digits[c >> 4], digits[c & 15] };
		if (is_kept(c, keep))
			text_add_char(out, (char)c);
		else
			text_add(out, (struct span){ escape, sizeof escape });
	}
}

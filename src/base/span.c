/*
 * The parts of span.h that loop. No allocation, no policy.
 */
#include "base/span.h"

bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
			return false;
	}
	return true;
}

size_t span_find(struct span s, char c)
{
	const char *found = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
	return found != NULL ? (size_t)(found - s.at) : s.len;
}

size_t span_find_last(struct span s, char c)
{
	const char *found = s.len > 0 ? memrchr(s.at, c, s.len) : NULL;
	return found != NULL ? (size_t)(found - s.at) : s.len;
}

static bool is_ows(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && is_ows(s.at[0]))
		s = span_skip(s, 1);
	while (s.len > 0 && is_ows(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool span_read_u64(struct span s, uint64_t *out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.at[i]))
			return false;
		uint64_t digit = (uint64_t)(s.at[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

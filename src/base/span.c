/*
 * The parts of span.h that loop. No allocation, no policy.
 */
#include "base/span.h"

bool span_equal_nocase(struct span a, struct span b)
{
	/* Most people write a name as its RFC does. */
	if (a.len != b.len || span_equal(a, b))
		return a.len == b.len;
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

/* Sixteen bytes that are looked at together, by whatever the processor has. */
typedef uint8_t block __attribute__((vector_size(16)));

/* Which of eight bytes is the first that is not 0; there is one. */
static size_t first_set(uint64_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(bytes) / 8;
#else
	return (size_t)__builtin_clzll(bytes) / 8;
#endif
}

/* Where the first control character of a block stands, or 16. */
static size_t block_find_control(block b)
{
	block found = (block)(((b < ' ') & (b != '\t')) | (b == 0x7f));
	uint64_t halves[2];

	memcpy(halves, &found, sizeof halves);
	if (halves[0] != 0)
		return first_set(halves[0]);
	return 8 + (halves[1] != 0 ? first_set(halves[1]) : 8);
}

size_t span_find_control(struct span s)
{
	size_t at = 0, found = sizeof(block);
	block b;

	for (; found == sizeof b && at + sizeof b <= s.len; at += found) {
		memcpy(&b, s.at + at, sizeof b);
		found = block_find_control(b);
	}
	if (found < sizeof b || at == s.len)
		return at;
	/* The rest, and something harmless behind it. */
	memset(&b, ' ', sizeof b);
	memcpy(&b, s.at + at, s.len - at);
	found = block_find_control(b);
	return found < s.len - at ? at + found : s.len;
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

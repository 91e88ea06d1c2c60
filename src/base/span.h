/*
 * A span: bytes that somebody else owns, by address and length, never
 * NUL-terminated. Whoever keeps one longer than the step in which it was
 * given must copy the bytes. Knows nothing of what the bytes mean, but for
 * the case of ASCII letters, which every protocol here folds the same way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

/* A span over a string literal, without its terminating NUL. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

static inline struct span span_of(const char *string)
{
	return (struct span){ string, strlen(string) };
}

static inline struct span span_between(const char *at, const char *end)
{
	return (struct span){ at, (size_t)(end - at) };
}

/* What is left of `s` after its first `n` bytes; n <= s.len. */
static inline struct span span_skip(struct span s, size_t n)
{
	return (struct span){ s.at + n, s.len - n };
}

static inline struct span span_first(struct span s, size_t n)
{
	return (struct span){ s.at, n < s.len ? n : s.len };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len &&
	       span_equal(span_first(s, prefix.len), prefix);
}

static inline bool span_ends(struct span s, struct span suffix)
{
	return s.len >= suffix.len &&
	       span_equal(span_skip(s, s.len - suffix.len), suffix);
}

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static inline int ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Equal but for the case of ASCII letters. */
bool span_equal_nocase(struct span a, struct span b);

/* Where `c` first stands in `s`, or s.len. */
size_t span_find(struct span s, char c);

/* Where the first control character of ASCII stands in `s`, tabs not counted,
 * or s.len. */
size_t span_find_control(struct span s);

/* Where `c` last stands in `s`, or s.len. */
size_t span_find_last(struct span s, char c);

/* `s` without the spaces and tabs at its ends (OWS, RFC 9110 5.6.3). */
struct span span_trim(struct span s);

/*
 * Reads `s`, decimal digits and nothing else, into *out. False, *out
 * untouched, when it is empty, holds anything else, or exceeds UINT64_MAX.
 */
bool span_read_u64(struct span s, uint64_t *out);

/*
 * Hosts (RFC 9110 7.2, RFC 3986 3.2): a valid one has none of the characters
 * that end or split an authority, its port is one, and what it says of IPv6
 * is what the C library says.
 */
#include "fuzz.h"

#include <arpa/inet.h>

#include "http/authority.h"

/* "[...]" without IPvFuture and port, as inet_pton(3) reads it. */
static bool system_agrees(struct span s)
{
	char text[64];
	struct in6_addr address;
	struct span inside = span_skip(span_first(s, s.len - 1), 1);

	if (inside.len >= sizeof text || span_find(inside, '\0') < inside.len)
		return false;
	memcpy(text, inside.at, inside.len);
	text[inside.len] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static void check_literal(struct span s)
{
	bool is_literal = s.len > 2 && s.at[0] == '[' &&
			  span_find(s, ']') == s.len - 1 &&
			  ascii_lower(s.at[1]) != 'v';

	if (is_literal)
		assert(authority_is_valid(s) == system_agrees(s));
}

static void check_port(struct span s)
{
	size_t colon = span_find_last(s, ':');
	uint64_t port = 0;

	if (colon == s.len || span_find(s, ']') < s.len)
		return;
	struct span digits = span_skip(s, colon + 1);
	assert(digits.len == 0 ||
		(span_read_u64(digits, &port) && port <= UINT16_MAX));
	assert(authority_is_valid(span_first(s, colon)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span s = fuzz_span(bytes, size);

	check_literal(s);
	if (!authority_is_valid(s))
		return 0;
	assert(s.len > 0);
	for (size_t i = 0; i < s.len; i++) {
		assert((uint8_t)s.at[i] > ' ' && (uint8_t)s.at[i] < 0x7f);
		assert(strchr("/?#@,\\\"<>^`{|}", s.at[i]) == NULL);
	}
	check_port(s);
	return 0;
}

/*
 * Is a host, with or without a port, well formed? (RFC 9110 7.2, RFC 3986
 * 3.2.2 and 3.2.3, RFC 4291 2.2.) Narrower than reg-name in one thing: no
 * comma, which would make two hosts of one for whoever splits lists. Must not
 * resolve anything, nor ask the system how it reads addresses. Pure.
 */
#include "http/authority.h"

#define PORT_MAX 65535

/* unreserved / sub-delims, without the comma */
static const bool name_chars[256] = {
	['a' ... 'z'] = true,
	['A' ... 'Z'] = true,
	['0' ... '9'] = true,
	['-'] = true,
	['.'] = true,
	['_'] = true,
	['~'] = true,
	['!'] = true,
	['$'] = true,
	['&'] = true,
	['\''] = true,
	['('] = true,
	[')'] = true,
	['*'] = true,
	['+'] = true,
	[';'] = true,
	['='] = true,
};

static bool is_name_char(char c)
{
	return name_chars[(unsigned char)c];
}

/* Leading zeros are digits like any other: *DIGIT (RFC 3986 3.2.3). */
static bool port_is_valid(struct span s)
{
	uint64_t port;

	return s.len == 0 || (span_read_u64(s, &port) && port <= PORT_MAX);
}

/* A number from 0 to 255 without leading zeros (RFC 3986 3.2.2). */
static bool octet_is_valid(struct span s)
{
	uint64_t value;

	if (s.len > 3 || (s.len > 1 && s.at[0] == '0'))
		return false;
	return span_read_u64(s, &value) && value <= 255;
}

static bool ipv4_is_valid(struct span s)
{
	for (int i = 0; i < 3; i++) {
		size_t dot = span_find(s, '.');
		if (dot == s.len || !octet_is_valid(span_first(s, dot)))
			return false;
		s = span_skip(s, dot + 1);
	}
	return octet_is_valid(s);
}

static bool group_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (ascii_hex(s.at[i]) < 0)
			return false;
	}
	return s.len >= 1 && s.len <= 4;
}

/*
 * How many groups of 16 bits `s` has, separated by colons, an IPv4 address
 * counting as two and only as the last; -1 when it is not of that form.
 */
static int count_groups(struct span s, bool may_end_in_ipv4)
{
	int count = 0;

	if (s.len == 0)
		return 0;
	for (;;) {
		size_t colon = span_find(s, ':');
		struct span group = span_first(s, colon);
		bool is_last = colon == s.len;
		if (is_last && may_end_in_ipv4 && ipv4_is_valid(group))
			return count + 2;
		if (!group_is_valid(group))
			return -1;
		count++;
		if (is_last)
			return count;
		s = span_skip(s, colon + 1);
	}
}

/* RFC 4291 2.2: eight groups, or fewer around a single "::". */
static bool ipv6_is_valid(struct span s)
{
	const char *gap = memmem(s.at, s.len, "::", 2);

	if (gap == NULL)
		return count_groups(s, true) == 8;
	struct span head = span_between(s.at, gap);
	struct span tail = span_skip(s, head.len + 2);
	int before = count_groups(head, false);
	int after = count_groups(tail, true);
	/* "::" may stand for a single group (RFC 3986 3.2.2), never for none.
	 */
	return before >= 0 && after >= 0 && before + after <= 7;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool ipvfuture_is_valid(struct span s)
{
	size_t dot = span_find(s, '.');

	if (dot < 2 || dot + 1 >= s.len)
		return false;
	for (size_t i = 1; i < dot; i++) {
		if (ascii_hex(s.at[i]) < 0)
			return false;
	}
	for (size_t i = dot + 1; i < s.len; i++) {
		if (!is_name_char(s.at[i]) && s.at[i] != ':')
			return false;
	}
	return true;
}

/* What stands between the brackets; a zone has no business on the wire. */
static bool literal_is_valid(struct span s)
{
	if (s.len > 0 && ascii_lower(s.at[0]) == 'v')
		return ipvfuture_is_valid(s);
	return s.len > 0 && ipv6_is_valid(s);
}

/* An IPv4 address is a name to this syntax, and "1.2.3.999" still is one. */
static bool name_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '%') {
			if (s.len - i < 3 || ascii_hex(s.at[i + 1]) < 0 ||
				ascii_hex(s.at[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!is_name_char(c)) {
			return false;
		}
	}
	return s.len > 0;
}

bool authority_is_valid(struct span s)
{
	size_t end;

	if (s.len > 0 && s.at[0] == '[') {
		end = span_find(s, ']');
		if (end == s.len)
			return false;
		struct span inside = span_skip(span_first(s, end), 1);
		if (!literal_is_valid(inside))
			return false;
		end++;
	} else {
		end = span_find(s, ':');
		if (!name_is_valid(span_first(s, end)))
			return false;
	}
	struct span rest = span_skip(s, end);
	return rest.len == 0 ||
	       (rest.at[0] == ':' && port_is_valid(span_skip(rest, 1)));
}

bool authority_is_local(struct span s)
{
	static const char below[] = ".localhost";
	size_t end = span_starts(s, SPAN("[")) ? span_find(s, ']') + 1
					       : span_find(s, ':');
	struct span host = span_first(s, end);
	size_t tail = sizeof below - 1;

	if (span_equal_nocase(host, SPAN("localhost")) ||
		span_equal(host, SPAN("[::1]")))
		return true;
	if (host.len > tail &&
		span_equal_nocase(
			span_skip(host, host.len - tail), span_of(below)))
		return true;
	return span_starts(host, SPAN("127.")) && ipv4_is_valid(host);
}

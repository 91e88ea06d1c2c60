/*
 * Hosts and ports (RFC 9110 7.2, RFC 3986 3.2.2 and 3.2.3, RFC 4291 2.2): each
 * row is checked in a copy without a byte to spare.
 */
#include "support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/authority.h"

static const struct {
	struct span text;
	bool is_valid;
} cases[] = {
	{ SPAN("example.org"), true },
	{ SPAN("EXAMPLE.org."), true },
	{ SPAN("localhost"), true },
	{ SPAN("a"), true },
	/* 3.2.2: reg-name = *( unreserved / pct-encoded / sub-delims ) */
	{ SPAN("my_service~1-x.local"), true },
	{ SPAN("xn--bcher-kva.example"), true },
	{ SPAN("b%C3%BCcher.example"), true },
	{ SPAN("a!$&'()*+;=b"), true },
	{ SPAN("a%4"), false },
	{ SPAN("a%"), false },
	{ SPAN("a%zz"), false },
	/* narrower than the RFC: a comma makes two hosts of one */
	{ SPAN("a,b"), false },
	/* our callers say where it may be empty; 9110 4.2.1: not in http */
	{ SPAN(""), false },
	{ SPAN(":80"), false },
	{ SPAN(" "), false },
	{ SPAN("a b"), false },
	{ SPAN("a\tb"), false },
	{ SPAN("a\0b"), false },
	{ SPAN("a/b"), false },
	{ SPAN("a?b"), false },
	{ SPAN("a#b"), false },
	{ SPAN("a\\b"), false },
	{ SPAN("a\"b"), false },
	{ SPAN("<a>"), false },
	{ SPAN("{a}"), false },
	{ SPAN("a|b^c`"), false },
	{ SPAN("b\xc3\xbc"), false },
	/* 9110 4.2.4: no userinfo */
	{ SPAN("user@example.org"), false },
	{ SPAN("user:pw@example.org"), false },
	/* 3.2.3: port = *DIGIT */
	{ SPAN("example.org:8080"), true },
	{ SPAN("example.org:"), true },
	{ SPAN("example.org:0"), true },
	{ SPAN("example.org:65535"), true },
	{ SPAN("example.org:000080"), true },
	{ SPAN("example.org:65536"), false },
	{ SPAN("example.org:99999999999999999999"), false },
	{ SPAN("example.org:-1"), false },
	{ SPAN("example.org:+1"), false },
	{ SPAN("example.org:80a"), false },
	{ SPAN("example.org:http"), false },
	{ SPAN("example.org: 80"), false },
	{ SPAN("example.org:80:80"), false },
	{ SPAN("example.org::80"), false },
	/* 3.2.2: what is no IPv4address is still a reg-name */
	{ SPAN("127.0.0.1"), true },
	{ SPAN("127.0.0.1:80"), true },
	{ SPAN("1.2.3.999"), true },
	/* 3.2.2: IP-literal = "[" ( IPv6address / IPvFuture ) "]" */
	{ SPAN("[::1]"), true },
	{ SPAN("[::1]:80"), true },
	{ SPAN("[::1]:"), true },
	{ SPAN("[2001:DB8::1]:443"), true },
	{ SPAN("[::1]:65536"), false },
	{ SPAN("[::1]80"), false },
	{ SPAN("[::1]x"), false },
	{ SPAN("[::1]]"), false },
	{ SPAN("[[::1]]"), false },
	{ SPAN("[::1"), false },
	{ SPAN("["), false },
	{ SPAN("[]"), false },
	{ SPAN("[]:80"), false },
	{ SPAN("::1"), false },
	{ SPAN("::1]"), false },
	{ SPAN("x[::1]"), false },
	{ SPAN("[127.0.0.1]"), false },
	{ SPAN("[example.org]"), false },
	/* RFC 6874 put zones into URIs; they mean nothing to the other end */
	{ SPAN("[fe80::1%25eth0]"), false },
	{ SPAN("[fe80::1%eth0]"), false },
	/* IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
	{ SPAN("[v1.a]"), true },
	{ SPAN("[VfF.a:b!~]:80"), true },
	{ SPAN("[v1.a,b]"), false }, /* no comma, whatever the literal */
	{ SPAN("[v.a]"), false },
	{ SPAN("[v1.]"), false },
	{ SPAN("[v1]"), false },
	{ SPAN("[vg.a]"), false },
	{ SPAN("[v1.a/]"), false },
	{ SPAN("[v1.%41]"), false },
};

static bool check(struct span s)
{
	char *copy = malloc(s.len > 0 ? s.len : 1);

	assert_non_null(copy);
	memcpy(copy, s.at, s.len);
	bool is_valid = authority_is_valid((struct span){ copy, s.len });
	free(copy);
	return is_valid;
}

static void authority_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(cases); i++)
		expect(check(cases[i].text) == cases[i].is_valid, "%s",
			cases[i].text.at);
}

/* RFC 4291 2.2, its three forms and what only looks like them. */
static const struct {
	const char *text;
	bool is_valid;
} addresses[] = {
	/* 2.2, 1: x:x:x:x:x:x:x:x, one to four digits each */
	{ "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", true },
	{ "2001:DB8:0:0:8:800:200C:417A", true },
	{ "1:2:3:4:5:6:7", false },
	{ "1:2:3:4:5:6:7:8:9", false },
	{ "1:2:3:4:5:6:7:12345", false },
	{ "1:2:3:4:5:6:7:g", false },
	{ ":1:2:3:4:5:6:7:8", false },
	{ "1:2:3:4:5:6:7:8:", false },
	{ "1:2:3:4:5:6:7:", false },
	{ ":", false },
	{ "1", false },
	/* 2.2, 2: "::" once, for one or more groups of zeros */
	{ "::", true },
	{ "::1", true },
	{ "1::", true },
	{ "FF01::101", true },
	{ "1:2:3:4:5:6:7::", true },
	{ "::2:3:4:5:6:7:8", true },
	{ "1:2:3::5:6:7:8", true },
	{ "1:2:3:4::5:6:7:8", false },
	{ "1::2::3", false },
	{ ":::", false },
	{ ":::1", false },
	{ "1:::2", false },
	{ "::::", false },
	{ "::1:", false },
	{ ":1::", false },
	/* 2.2, 3: x:x:x:x:x:x:d.d.d.d */
	{ "0:0:0:0:0:0:13.1.68.3", true },
	{ "::13.1.68.3", true },
	{ "::FFFF:129.144.52.38", true },
	{ "1:2:3:4:5::1.2.3.4", true },
	{ "64:ff9b::255.255.255.255", true },
	{ "1:2:3:4:5:6::1.2.3.4", false },
	{ "1:2:3:4:5:6:7:1.2.3.4", false },
	{ "1:2:3:4:5:1.2.3.4", false },
	{ "1.2.3.4", false },
	{ "1.2.3.4::", false },
	{ "::1.2.3.4:5", false },
	{ "::1.2.3", false },
	{ "::1.2.3.4.5", false },
	{ "::1.2.3.", false },
	{ "::.1.2.3", false },
	{ "::1..2.3", false },
	{ "::1.2.3.256", false },
	{ "::1.2.3.01", false },
	{ "::1.2.3.0", true },
	{ "::1.2.3.0000", false },
	{ "::1.2.3.a", false },
	{ "::a.2.3.4", false },
};

static bool check_address(const char *address)
{
	char text[80];
	int len = snprintf(text, sizeof text, "[%s]", address);

	return check((struct span){ text, (size_t)len });
}

static void ipv6_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(addresses); i++)
		expect(check_address(addresses[i].text) ==
				addresses[i].is_valid,
			"%s", addresses[i].text);
}

/* The C library, asked about every text of up to six of these pieces. */
static void ipv6_agrees_with_the_library(void **state)
{
	(void)state;
	static const char *const pieces[] = { ":", "::", "1", "fffff", "1:2:3",
		"1.2.3.4" };
	unsigned total = 1, valid = 0;

	for (unsigned length = 1; length <= 6; length++) {
		total *= array_count(pieces);
		for (unsigned n = 0; n < total; n++) {
			char text[64] = "";
			struct text out = text_in(text, sizeof text - 1);
			for (unsigned i = 0, rest = n; i < length; i++) {
				text_add(&out, span_of(pieces[rest % 6]));
				rest /= 6;
			}
			struct in6_addr ignored;
			bool want = inet_pton(AF_INET6, text, &ignored) == 1;
			expect(check_address(text) == want, "%s", text);
			valid += want;
		}
	}
	assert_true(valid > 100);
}

/* RFC 6761 6.3, RFC 5735 3, RFC 4291 2.5.3 */
static const struct {
	const char *authority;
	bool is_local;
} locals[] = {
	{ "localhost", true },
	{ "localhost:8081", true },
	{ "LocalHost:", true },
	{ "app.localhost:8081", true },
	{ ".localhost", false },
	{ "mylocalhost", false },
	{ "localhost.", false },
	{ "localhost.example.com", false },
	{ "127.0.0.1", true },
	{ "127.0.0.1:8081", true },
	{ "127.255.255.254", true },
	{ "127.0.0.1.example.com", false },
	{ "127.1", false },
	{ "128.0.0.1", false },
	{ "10.0.0.1:8081", false },
	{ "[::1]", true },
	{ "[::1]:8081", true },
	{ "[::2]", false },
	{ "[::ffff:127.0.0.1]", false },
	{ "example.com", false },
	{ "0.0.0.0", false },
	{ "", false },
};

static void local_names_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(locals); i++) {
		struct span s = span_of(locals[i].authority);
		if (authority_is_local(s) != locals[i].is_local)
			fail_msg("%s", locals[i].authority);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_follows_the_table),
		cmocka_unit_test(local_names_follow_the_table),
		cmocka_unit_test(ipv6_follows_the_table),
		cmocka_unit_test(ipv6_agrees_with_the_library),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}

/*
 * From target to name and back (RFC 3986 2.1, 3.3, 4.2, 5.2.4; RFC 8615 3):
 * what is decoded, what is removed, what is hidden, and that nothing leads
 * above the root.
 */
#include "support.h"

#include <stdlib.h>

#include "http/path.h"

struct path_case {
	struct span raw;
	enum path_verdict verdict;
	const char *name; /* of PATH_OK */
	enum reason trail[4];
};

#define PLAIN \
	{ \
		REASON_PATH_PLAIN \
	}
#define CODED \
	{ \
		REASON_PATH_DECODED \
	}
#define DOTS \
	{ \
		REASON_PATH_DOTS \
	}
#define MERGED \
	{ \
		REASON_PATH_MERGED \
	}
#define HIDDEN \
	{ \
		REASON_PATH_HIDDEN \
	}
#define BAD \
	{ \
		REASON_PATH_BAD_ESCAPE \
	}

static const struct path_case cases[] = {
	{ SPAN(""), PATH_OK, "", PLAIN },
	{ SPAN("/"), PATH_OK, "", PLAIN },
	{ SPAN("/a"), PATH_OK, "a", PLAIN },
	{ SPAN("/a/b.c"), PATH_OK, "a/b.c", PLAIN },
	{ SPAN("/dir/"), PATH_OK, "dir/", PLAIN },
	/* 3.3: sub-delims, ':' and '@' mean nothing to a file system */
	{ SPAN("/a;b=c,d:e@f+g"), PATH_OK, "a;b=c,d:e@f+g", PLAIN },
	/* 2.1: pct-encoded = "%" HEXDIG HEXDIG, of either case, once */
	{ SPAN("/%61%62"), PATH_OK, "ab", CODED },
	{ SPAN("/%c3%BC"), PATH_OK, "\xc3\xbc", CODED },
	{ SPAN("/%2541"), PATH_OK, "%41", CODED },
	{ SPAN("/%252e%252e/x"), PATH_OK, "%2e%2e/x", CODED },
	{ SPAN("/%3Fq%23f"), PATH_OK, "?q#f", CODED },
	{ SPAN("/%5c"), PATH_OK, "\\", CODED },
	{ SPAN("/a\\..\\b"), PATH_OK, "a\\..\\b", PLAIN },
	{ SPAN("/%"), PATH_BAD, NULL, BAD },
	{ SPAN("/%4"), PATH_BAD, NULL, BAD },
	{ SPAN("/a%zz"), PATH_BAD, NULL, BAD },
	{ SPAN("/%4g"), PATH_BAD, NULL, BAD },
	{ SPAN("/%g4"), PATH_BAD, NULL, BAD },
	{ SPAN("/%%41"), PATH_BAD, NULL, BAD },
	{ SPAN("/%u0041"), PATH_BAD, NULL, BAD },
	{ SPAN("/%-1"), PATH_BAD, NULL, BAD },
	{ SPAN("/% 1"), PATH_BAD, NULL, BAD },
	/* a name cannot have a NUL; other escaped controls it can */
	{ SPAN("/a%00"), PATH_BAD, NULL, { REASON_PATH_CONTROL } },
	{ SPAN("/a%00.txt"), PATH_BAD, NULL, { REASON_PATH_CONTROL } },
	{ SPAN("/a%0d%0Ab"), PATH_OK, "a\r\nb", CODED },
	{ SPAN("/%7f"), PATH_OK, "\x7f", CODED },
	/* raw ones are not characters of a URI at all (2) */
	{ SPAN("/a\0b"), PATH_BAD, NULL, { REASON_PATH_CONTROL } },
	{ SPAN("/a\nb"), PATH_BAD, NULL, { REASON_PATH_CONTROL } },
	{ SPAN("/a\x7f"), PATH_BAD, NULL, { REASON_PATH_CONTROL } },
	/* 5.2.4: the two examples */
	{ SPAN("/a/b/c/./../../g"), PATH_OK, "a/g", DOTS },
	{ SPAN("/mid/content=5/../6"), PATH_OK, "mid/6", DOTS },
	/* 5.2.4, 2B and 2C: at the end they mean the directory */
	{ SPAN("/."), PATH_OK, "", DOTS },
	{ SPAN("/./"), PATH_OK, "", DOTS },
	{ SPAN("/dir/."), PATH_OK, "dir/", DOTS },
	{ SPAN("/dir/.."), PATH_OK, "", DOTS },
	{ SPAN("/a/dir/.."), PATH_OK, "a/", DOTS },
	{ SPAN("/a/dir/../"), PATH_OK, "a/", DOTS },
	/* above the root there is nothing but the root */
	{ SPAN("/.."), PATH_OK, "", DOTS },
	{ SPAN("/../../etc/passwd"), PATH_OK, "etc/passwd", DOTS },
	{ SPAN("/a/../../b"), PATH_OK, "b", DOTS },
	/* what is escaped counts as what it is */
	{ SPAN("/%2e%2E/a"), PATH_OK, "a",
		{ REASON_PATH_DECODED, REASON_PATH_DOTS } },
	{ SPAN("/a/.%2e/b"), PATH_OK, "b",
		{ REASON_PATH_DECODED, REASON_PATH_DOTS } },
	{ SPAN("/a%2fb"), PATH_OK, "a/b", CODED },
	{ SPAN("/a%2F..%2fb"), PATH_OK, "b",
		{ REASON_PATH_DECODED, REASON_PATH_DOTS } },
	{ SPAN("/..%2f..%2fetc"), PATH_OK, "etc",
		{ REASON_PATH_DECODED, REASON_PATH_DOTS } },
	/* empty segments */
	{ SPAN("//"), PATH_OK, "", MERGED },
	{ SPAN("//a"), PATH_OK, "a", MERGED },
	{ SPAN("/a//b///c//"), PATH_OK, "a/b/c/", MERGED },
	{ SPAN("/%2fetc"), PATH_OK, "etc",
		{ REASON_PATH_DECODED, REASON_PATH_MERGED } },
	/* 5.2.4: ".." takes away one segment, even if it is empty */
	{ SPAN("/a//../b"), PATH_OK, "a/b", DOTS },
	{ SPAN("//../b"), PATH_OK, "b", DOTS },
	{ SPAN("/.//a"), PATH_OK, "a",
		{ REASON_PATH_DOTS, REASON_PATH_MERGED } },
	/* the dotfile rule */
	{ SPAN("/.git/config"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/a/.env"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/a/.dir/b"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/..."), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/..two"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/%2egit"), PATH_HIDDEN, NULL,
		{ REASON_PATH_DECODED, REASON_PATH_HIDDEN } },
	{ SPAN("/a%2f.git"), PATH_HIDDEN, NULL,
		{ REASON_PATH_DECODED, REASON_PATH_HIDDEN } },
	{ SPAN("//.git"), PATH_HIDDEN, NULL,
		{ REASON_PATH_MERGED, REASON_PATH_HIDDEN } },
	{ SPAN("/x/../.git"), PATH_HIDDEN, NULL,
		{ REASON_PATH_DOTS, REASON_PATH_HIDDEN } },
	/* it looks at what is left */
	{ SPAN("/.git/../a"), PATH_OK, "a", DOTS },
	{ SPAN("/a.b/c."), PATH_OK, "a.b/c.", PLAIN },
	{ SPAN("/dots..txt"), PATH_OK, "dots..txt", PLAIN },
	/* RFC 8615 3: /.well-known/, at the root and nowhere else */
	{ SPAN("/.well-known/a.txt"), PATH_OK, ".well-known/a.txt",
		{ REASON_PATH_WELL_KNOWN, REASON_PATH_PLAIN } },
	{ SPAN("/.well-known"), PATH_OK, ".well-known",
		{ REASON_PATH_WELL_KNOWN, REASON_PATH_PLAIN } },
	{ SPAN("/.well-known/"), PATH_OK, ".well-known/",
		{ REASON_PATH_WELL_KNOWN, REASON_PATH_PLAIN } },
	{ SPAN("/.well-known/.git"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/.well-known/a/.git"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/.well-known/../.git"), PATH_HIDDEN, NULL,
		{ REASON_PATH_DOTS, REASON_PATH_HIDDEN } },
	{ SPAN("/.well-knownx"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/.Well-Known/a"), PATH_HIDDEN, NULL, HIDDEN },
	{ SPAN("/a/.well-known/b"), PATH_HIDDEN, NULL, HIDDEN },
};

/* Resolves a copy of `raw` into room for raw.len bytes and not one more. */
static enum path_verdict resolve(
	struct span raw, struct text *out, struct trail *trail)
{
	size_t size = raw.len > 0 ? raw.len : 1;
	char *copy = malloc(size);

	assert_non_null(copy);
	if (raw.len > 0)
		memcpy(copy, raw.at, raw.len);
	*out = text_in(malloc(size), size);
	assert_non_null(out->at);
	enum path_verdict verdict = path_resolve(
		(struct span){ copy, raw.len }, out, trail);
	free(copy);
	return verdict;
}

static void resolve_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		const struct path_case *c = &cases[i];
		struct trail trail = { 0 };
		struct text out;
		enum path_verdict verdict = resolve(c->raw, &out, &trail);
		struct span want = span_of(c->name != NULL ? c->name : "");
		expect(verdict == c->verdict, "%s: verdict %d", c->raw.at,
			(int)verdict);
		expect(span_equal(text_span(&out), want), "%s: %.*s", c->raw.at,
			(int)out.len, out.at);
		expect(trail_equals(&trail, c->trail, array_count(c->trail)),
			"%s: trail of %u, first %d", c->raw.at, trail.count,
			(int)trail.steps[0].reason);
		free(out.at);
	}
}

/* What is in the text already stays, whatever is appended or refused. */
static void resolve_appends(void **state)
{
	(void)state;
	char storage[32];
	struct text out = text_in(storage, sizeof storage);
	struct trail trail = { 0 };

	text_add_literal(&out, "root/");
	assert_int_equal(
		path_resolve(SPAN("/../a/../b"), &out, &trail), PATH_OK);
	assert_true(span_equal(text_span(&out), SPAN("root/b")));
	assert_int_equal(path_resolve(SPAN("/c%"), &out, &trail), PATH_BAD);
	assert_int_equal(path_resolve(SPAN("/.c"), &out, &trail), PATH_HIDDEN);
	assert_true(span_equal(text_span(&out), SPAN("root/b")));
}

static const char *const pieces[] = { "/", ".", "a", "%2e", "%2F", "%25" };

/* The `n`th target of `length` pieces. */
static void write_target(struct text *out, unsigned length, unsigned n)
{
	text_add_char(out, '/');
	for (unsigned i = 0; i < length; i++) {
		text_add(out, span_of(pieces[n % array_count(pieces)]));
		n /= array_count(pieces);
	}
}

/* No segment is empty or begins with a dot: none is "..", none is hidden. */
static bool is_clean(struct span name)
{
	return !span_starts(name, SPAN("/")) && !span_starts(name, SPAN(".")) &&
	       memmem(name.at, name.len, "//", 2) == NULL &&
	       memmem(name.at, name.len, "/.", 2) == NULL;
}

static bool survives_encoding(struct span name)
{
	char encoded_at[64], again_at[64];
	struct text encoded = text_in(encoded_at, sizeof encoded_at);
	struct text again = text_in(again_at, sizeof again_at);
	struct trail trail = { 0 };

	path_encode(name, &encoded);
	return path_resolve(text_span(&encoded), &again, &trail) == PATH_OK &&
	       span_equal(text_span(&again), name);
}

static bool check_target(struct span raw)
{
	struct trail trail = { 0 };
	struct text name;
	bool is_ok = resolve(raw, &name, &trail) == PATH_OK;

	if (is_ok) {
		expect(is_clean(text_span(&name)), "%.*s gives %.*s",
			(int)raw.len, raw.at, (int)name.len, name.at);
		expect(survives_encoding(text_span(&name)), "%.*s, encoded",
			(int)raw.len, raw.at);
	}
	free(name.at);
	return is_ok;
}

/* Every target of up to six pieces that mean something to the parser. */
static void no_name_leads_out(void **state)
{
	(void)state;
	unsigned total = 1, served = 0;

	for (unsigned length = 1; length <= 6; length++) {
		total *= array_count(pieces);
		for (unsigned n = 0; n < total; n++) {
			char storage[32];
			struct text raw = text_in(storage, sizeof storage);
			write_target(&raw, length, n);
			served += check_target(text_span(&raw));
		}
	}
	assert_true(served > total / 4);
}

static void encode_writes_pchar(void **state)
{
	(void)state;
	static const struct {
		struct span name;
		const char *want;
	} rows[] = {
		{ SPAN(""), "/" },
		{ SPAN("a/b"), "/a/b" },
		{ SPAN("dir/"), "/dir/" },
		{ SPAN("a b%"), "/a%20b%25" },
		{ SPAN("?#[]\\\"<>^`{|}"),
			"/%3F%23%5B%5D%5C%22%3C%3E%5E%60%7B%7C%7D" },
		{ SPAN("\xc3\xbc\r\n\0\x7f"), "/%C3%BC%0D%0A%00%7F" },
		/* 4.2: "//" would begin an authority */
		{ SPAN("/evil.example"), "/evil.example" },
		{ SPAN("///evil.example/a"), "/evil.example/a" },
		{ SPAN("\\evil.example"), "/%5Cevil.example" },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		char storage[128];
		struct text out = text_in(storage, sizeof storage);
		path_encode(rows[i].name, &out);
		expect(span_equal(text_span(&out), span_of(rows[i].want)),
			"row %zu: %.*s", i, (int)out.len, out.at);
	}
}

/* 3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@" */
static void encode_leaves_pchar_alone(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char storage[8], name[] = { 'x', (char)c };
		struct text out = text_in(storage, sizeof storage);
		bool want = ascii_is_alpha((char)c) ||
			    ascii_is_digit((char)c) ||
			    strchr("-._~!$&'()*+,;=:@/", c) != NULL;
		path_encode((struct span){ name, 2 }, &out);
		expect(out.len == (want ? 3 : 5), "%02x", c);
	}
}

static void encode_overflows_quietly(void **state)
{
	(void)state;
	char storage[4];
	struct text out = text_in(storage, sizeof storage);

	path_encode(SPAN("ab\xff"), &out);
	assert_true(out.is_full);
	assert_true(out.len <= sizeof storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolve_follows_the_table),
		cmocka_unit_test(resolve_appends),
		cmocka_unit_test(no_name_leads_out),
		cmocka_unit_test(encode_writes_pchar),
		cmocka_unit_test(encode_leaves_pchar_alone),
		cmocka_unit_test(encode_overflows_quietly),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}

/*
 * Field names, tokens and lists (RFC 9110 5.1, 5.6.1, 5.6.2, 5.6.4), and the
 * look-up of lines in a request (5.3).
 */
#include "support.h"

#include <stdlib.h>

#include "http/field.h"

static const struct {
	const char *name;
	enum field id;
} known[] = {
#define FIELD(id, name) { name, FIELD_##id },
#include "http/field.def"
#undef FIELD
};

/* `name` in capitals: all of it, or the first letter of each word. */
static struct span raised(const char *name, bool all, char out[64])
{
	size_t i = 0;

	for (; name[i] != '\0'; i++) {
		bool is_first = i == 0 || name[i - 1] == '-';
		bool raises = ascii_is_alpha(name[i]) && (all || is_first);
		out[i] = raises ? (char)(name[i] - 32) : name[i];
	}
	return (struct span){ out, i };
}

/* 5.1: field names are case-insensitive; every one of the table is found. */
static void find_ignores_case(void **state)
{
	(void)state;
	assert_int_equal(array_count(known), FIELD_COUNT - 1);
	for (size_t i = 0; i < array_count(known); i++) {
		const char *name = known[i].name;
		char out[64];
		expect(field_find(span_of(name)) == known[i].id, "%s", name);
		expect(field_find(raised(name, false, out)) == known[i].id,
			"%s raised", name);
		expect(field_find(raised(name, true, out)) == known[i].id,
			"%s in capitals", name);
	}
}

/* `s` with the byte at `at` replaced is a field that we do not know. */
static void expect_changed(struct span s, size_t at, char c)
{
	char name[64];

	memcpy(name, s.at, s.len);
	name[at] = c;
	expect(field_find((struct span){ name, s.len }) == FIELD_OTHER,
		"%.*s with %02x at %zu", (int)s.len, s.at, c, at);
}

/* One byte changed, added or taken away makes it another field. */
static void find_compares_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(known); i++) {
		struct span s = span_of(known[i].name);
		char longer[64] = "";
		for (size_t j = 0; j < s.len; j++) {
			expect_changed(s, j, s.at[j] == 'x' ? 'y' : 'x');
			/* other by the bit of capitals, which no fold may mask
			 */
			if (!ascii_is_alpha(s.at[j]))
				expect_changed(s, j, (char)(s.at[j] ^ 32));
		}
		memcpy(longer, s.at, s.len);
		longer[s.len] = 's';
		expect(field_find(span_of(longer)) == FIELD_OTHER, "%s",
			longer);
		expect(field_find(span_first(s, s.len - 1)) == FIELD_OTHER,
			"%s cut", known[i].name);
	}
	assert_int_equal(field_find(SPAN("")), FIELD_OTHER);
	assert_int_equal(field_find(SPAN("user-agent")), FIELD_OTHER);
	assert_int_equal(field_find(SPAN("cookie")), FIELD_OTHER);
}

/* 5.6.2: tchar is ALPHA, DIGIT and fifteen marks. */
static void token_characters(void **state)
{
	(void)state;
	static const char marks[] = "!#$%&'*+-.^_`|~";

	assert_int_equal(strlen(marks), 15);
	for (int c = 0; c < 256; c++) {
		bool want = ascii_is_alpha((char)c) ||
			    ascii_is_digit((char)c) ||
			    (c != 0 && strchr(marks, c) != NULL);
		expect(field_is_tchar((char)c) == want, "%02x", c);
	}
	/* token = 1*tchar */
	assert_true(field_is_token(SPAN("a")));
	assert_true(field_is_token(SPAN("If-None-Match")));
	assert_false(field_is_token(SPAN("")));
	assert_false(field_is_token(SPAN("a b")));
	assert_false(field_is_token(SPAN("a:")));
	assert_false(field_is_token(SPAN(" a")));
	assert_false(field_is_token(SPAN("a\0")));
}

struct list_case {
	const char *value;
	const char *want; /* the elements, each with a '/' behind it */
};

static const struct list_case lists[] = {
	{ "", "" },
	{ "a", "a/" },
	{ "a,b", "a/b/" },
	/* 5.6.1.1: OWS around the comma */
	{ " a \t,\tb ", "a/b/" },
	/* 5.6.1.2: a recipient must accept a reasonable number of empty ones */
	{ ",", "" },
	{ " , \t,", "" },
	{ ",a,,b,", "a/b/" },
	{ "a, ,b", "a/b/" },
	/* parameters stay with their element */
	{ "gzip;q=0.5, br ; q=1", "gzip;q=0.5/br ; q=1/" },
	/* 5.6.4: a comma inside a quoted string is text */
	{ "\"a,b\", c", "\"a,b\"/c/" },
	{ "x=\"a,b\";y, c", "x=\"a,b\";y/c/" },
	/* 5.6.4: quoted-pair: the quote is text as well */
	{ "\"a\\\",b\",c", "\"a\\\",b\"/c/" },
	{ "\"a\\\\\",b", "\"a\\\\\"/b/" },
	/* a backslash outside quotes is no quoted-pair */
	{ "a\\,b", "a\\/b/" },
	/* a string that does not end takes the rest with it */
	{ "a,\"b,c", "a/\"b,c/" },
	{ "\"a\\", "\"a\\/" },
	{ "\"", "\"/" },
	{ "\"\",a", "\"\"/a/" },
};

static void lists_fall_into_elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(lists); i++) {
		/* A copy without a byte to spare: reading on is noticed. */
		size_t len = strlen(lists[i].value);
		char *copy = malloc(len > 0 ? len : 1);
		assert_non_null(copy);
		memcpy(copy, lists[i].value, len);
		struct span list = { copy, len }, element;
		char storage[128];
		struct text got = text_in(storage, sizeof storage);
		while (field_take_element(&list, &element)) {
			text_add(&got, element);
			text_add_char(&got, '/');
		}
		expect(span_equal(text_span(&got), span_of(lists[i].want)),
			"%s: %.*s", lists[i].value, (int)got.len, got.at);
		expect(list.len == 0, "%s: something left", lists[i].value);
		free(copy);
	}
}

/* 5.3: lines of one name keep their order. */
static void lines_of_one_name(void **state)
{
	(void)state;
	static const struct test_field fields[] = {
		{ "User-Agent", "x" },
		{ "Accept-Encoding", "gzip" },
		{ "Host", "h" },
		{ "accept-encoding", "" },
		{ "X-Other", "y" },
		{ "ACCEPT-ENCODING", "br" },
	};
	struct request *q = malloc(sizeof *q);
	struct span value;
	unsigned at = 0;

	assert_non_null(q);
	request_make(q, fields, array_count(fields));
	assert_true(request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &value));
	assert_true(span_equal(value, SPAN("gzip")));
	assert_true(request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &value));
	assert_true(span_equal(value, SPAN("")));
	assert_true(request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &value));
	assert_true(span_equal(value, SPAN("br")));
	assert_false(request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &value));
	assert_false(request_next_line(q, FIELD_ACCEPT_ENCODING, &at, &value));

	at = 0;
	assert_false(request_next_line(q, FIELD_RANGE, &at, &value));
	assert_true(request_has(q, FIELD_HOST));
	assert_false(request_has(q, FIELD_RANGE));
	assert_true(request_has_one(q, FIELD_HOST));
	assert_false(request_has_one(q, FIELD_ACCEPT_ENCODING));
	assert_false(request_has_one(q, FIELD_RANGE));
	assert_true(span_equal(
		request_value(q, FIELD_ACCEPT_ENCODING), SPAN("gzip")));
	assert_int_equal(request_value(q, FIELD_RANGE).len, 0);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_ignores_case),
		cmocka_unit_test(find_compares_every_byte),
		cmocka_unit_test(token_characters),
		cmocka_unit_test(lists_fall_into_elements),
		cmocka_unit_test(lines_of_one_name),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}

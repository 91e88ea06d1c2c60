/*
 * Spans, texts and lists (src/base): the edges that every layer above leans
 * on without looking. No protocol.
 */
#include "support.h"

#include "base/list.h"
#include "base/span.h"
#include "base/text.h"

static void span_cuts_and_compares(void **state)
{
	(void)state;
	struct span s = SPAN("abcabc");

	assert_int_equal(s.len, 6);
	assert_true(span_equal(span_first(s, 3), SPAN("abc")));
	assert_true(span_equal(span_first(s, 99), s));
	assert_true(span_equal(span_skip(s, 6), SPAN("")));
	assert_true(span_equal(span_between(s.at + 1, s.at + 3), SPAN("bc")));
	assert_false(span_equal(s, SPAN("abcabd")));
	assert_false(span_equal(s, SPAN("abcab")));
	assert_true(span_equal((struct span){ NULL, 0 }, SPAN("")));
	assert_true(span_starts(s, SPAN("")));
	assert_true(span_starts(s, SPAN("abca")));
	assert_false(span_starts(s, SPAN("bc")));
	assert_false(span_starts(SPAN("ab"), SPAN("abc")));
	assert_true(span_ends(s, SPAN("cabc")));
	assert_false(span_ends(s, SPAN("ab")));
	assert_false(span_ends(SPAN("bc"), SPAN("abc")));
}

/* Each byte at each place of spans of all lengths around a block of 16; what
 * stands behind the end, or behind the first, does not count. */
static void span_finds_controls(void **state)
{
	char bytes[50];

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
		for (size_t len = 0; len < sizeof bytes; len++) {
			for (size_t at = 0; at <= len; at++) {
				memset(bytes, '~', sizeof bytes);
				bytes[at] = (char)c;
				bytes[len] = '\r';
				size_t found = span_find_control(
					(struct span){ bytes, len });
				size_t want = is_control ? at : len;
				expect(found == want, "%u at %zu of %zu: %zu",
					c, at, len, found);
			}
		}
	}
	memset(bytes, '\n', sizeof bytes);
	assert_int_equal(span_find_control((struct span){ bytes, 50 }), 0);
	assert_int_equal(span_find_control((struct span){ NULL, 0 }), 0);
}

static void span_finds_first_and_last(void **state)
{
	(void)state;
	struct span s = SPAN("a.b.c");

	assert_int_equal(span_find(s, '.'), 1);
	assert_int_equal(span_find_last(s, '.'), 3);
	assert_int_equal(span_find(s, 'x'), s.len);
	assert_int_equal(span_find_last(s, 'x'), s.len);
	assert_int_equal(span_find(SPAN("ab\0c"), '\0'), 2);
	assert_int_equal(span_find((struct span){ NULL, 0 }, 'a'), 0);
	assert_int_equal(span_find_last((struct span){ NULL, 0 }, 'a'), 0);
}

static void span_trims_only_ows(void **state)
{
	(void)state;
	static const struct {
		const char *from, *want;
	} cases[] = {
		{ "a", "a" },
		{ " \t a b \t", "a b" },
		{ " \t ", "" },
		{ "", "" },
		/* OWS = *( SP / HTAB ) (RFC 9110 5.6.3), not isspace() */
		{ "\va\f", "\va\f" },
		{ "\ra\n", "\ra\n" },
	};

	for (size_t i = 0; i < array_count(cases); i++)
		expect(span_equal(span_trim(span_of(cases[i].from)),
			       span_of(cases[i].want)),
			"row %zu", i);
}

static void case_folds_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(span_equal_nocase(SPAN("Host-1"), SPAN("hOST-1")));
	assert_false(span_equal_nocase(SPAN("host"), SPAN("hosts")));
	/* the neighbours of the letters differ from each other by 32, too */
	assert_false(span_equal_nocase(SPAN("@["), SPAN("`{")));
	assert_false(span_equal_nocase(SPAN("\xc4"), SPAN("\xe4")));
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z';
		bool lower = c >= 'a' && c <= 'z';
		unsigned char folded = (unsigned char)ascii_lower((char)c);
		expect(folded == (upper ? c + 32 : c), "fold %02x", c);
		expect(ascii_is_alpha((char)c) == (upper || lower),
			"alpha %02x", c);
		expect(ascii_is_digit((char)c) == (c >= '0' && c <= '9'),
			"digit %02x", c);
	}
}

static void hex_has_twenty_two_digits(void **state)
{
	(void)state;
	int found = 0;

	for (int c = 0; c < 256; c++)
		found += ascii_hex((char)c) >= 0;
	assert_int_equal(found, 22);
	assert_int_equal(ascii_hex('0'), 0);
	assert_int_equal(ascii_hex('9'), 9);
	assert_int_equal(ascii_hex('a'), 10);
	assert_int_equal(ascii_hex('F'), 15);
	assert_int_equal(ascii_hex('g'), -1);
}

static void numbers_are_digits_that_fit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_number;
		uint64_t want;
	} cases[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "000000000000000000000018446744073709551615", true,
			UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "18446744073709551620", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
		{ "1,1", false, 0 },
	};

	for (size_t i = 0; i < array_count(cases); i++) {
		uint64_t got = 4711;
		bool is_number = span_read_u64(span_of(cases[i].text), &got);
		expect(is_number == cases[i].is_number, "%s", cases[i].text);
		expect(got == (is_number ? cases[i].want : 4711), "%s",
			cases[i].text);
	}
}

static void text_takes_all_or_nothing(void **state)
{
	(void)state;
	char storage[8];
	struct text t = text_in(storage, sizeof storage);

	text_add_literal(&t, "12345");
	text_add(&t, (struct span){ NULL, 0 });
	assert_false(t.is_full);
	text_add_literal(&t, "6789");
	assert_true(t.is_full);
	assert_true(span_equal(text_span(&t), SPAN("12345")));
	/* once full, always full: a hole in a head is worse than no head */
	text_add_char(&t, '6');
	assert_true(span_equal(text_span(&t), SPAN("12345")));

	t = text_in(storage, sizeof storage);
	text_add_literal(&t, "12345678");
	assert_false(t.is_full);
	assert_int_equal(t.len, sizeof storage);
	text_add_char(&t, '9');
	assert_true(t.is_full);
}

static void text_writes_numbers(void **state)
{
	(void)state;
	char storage[64];
	struct text t = text_in(storage, sizeof storage);

	text_add_u64(&t, 0);
	text_add_char(&t, ' ');
	text_add_u64(&t, 10);
	text_add_char(&t, ' ');
	text_add_u64(&t, UINT64_MAX);
	text_add_char(&t, ' ');
	text_add_padded(&t, 7, 2);
	text_add_char(&t, ' ');
	text_add_padded(&t, 1994, 2);
	assert_true(span_equal(
		text_span(&t), SPAN("0 10 18446744073709551615 07 94")));
}

struct item {
	int number;
	struct list node;
};

/* The items' numbers as the digits of one number, forwards. */
static int forwards(const struct list *head)
{
	int digits = 0;

	for (struct list *l = head->next; l != head; l = l->next)
		digits = digits * 10 +
			 container_of(l, struct item, node)->number;
	return digits;
}

static int backwards(const struct list *head)
{
	int digits = 0;

	for (struct list *l = head->prev; l != head; l = l->prev)
		digits = digits * 10 +
			 container_of(l, struct item, node)->number;
	return digits;
}

static void list_keeps_order(void **state)
{
	(void)state;
	struct list head;
	struct item items[] = { { .number = 1 }, { .number = 2 },
		{ .number = 3 }, { .number = 4 } };

	list_init(&head);
	assert_true(list_is_empty(&head));
	list_add_last(&head, &items[1].node);
	list_add_last(&head, &items[3].node);
	list_add_first(&head, &items[0].node);
	list_add_before(&items[3].node, &items[2].node);
	assert_int_equal(forwards(&head), 1234);
	assert_int_equal(backwards(&head), 4321);
	list_remove(&items[1].node);
	list_remove(&items[1].node);
	assert_int_equal(forwards(&head), 134);
	assert_int_equal(backwards(&head), 431);
	list_remove(&items[0].node);
	list_remove(&items[3].node);
	list_remove(&items[2].node);
	assert_true(list_is_empty(&head));
	assert_true(list_is_empty(&items[2].node));
}

static void small_words(void **state)
{
	(void)state;
	assert_int_equal(min_u64(3, UINT64_MAX), 3);
	assert_int_equal(min_u64(UINT64_MAX, 3), 3);
	assert_int_equal(max_u64(3, 4), 4);
	assert_int_equal(max_u64(4, 3), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_cuts_and_compares),
		cmocka_unit_test(span_finds_first_and_last),
		cmocka_unit_test(span_finds_controls),
		cmocka_unit_test(span_trims_only_ows),
		cmocka_unit_test(case_folds_ascii_letters_only),
		cmocka_unit_test(hex_has_twenty_two_digits),
		cmocka_unit_test(numbers_are_digits_that_fit),
		cmocka_unit_test(text_takes_all_or_nothing),
		cmocka_unit_test(text_writes_numbers),
		cmocka_unit_test(list_keeps_order),
		cmocka_unit_test(small_words),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

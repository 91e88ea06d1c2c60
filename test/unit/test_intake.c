/*
 * Request bodies (RFC 9112 6.2, 7.1), one row per sentence of the grammar,
 * each at once and byte by byte: the verdict and the place where the body
 * ends; and the limits, at the byte.
 */
#include "support.h"

#include <stdlib.h>

#include "wire/intake.h"

#define MAX   100
#define EXTRA 8192 /* of extensions and trailers: see intake.c */

static const struct {
	struct span bytes;
	enum intake_verdict verdict;
	size_t left; /* behind a whole body */
} cases[] = {
	/* 7.1: chunked-body = *chunk last-chunk trailer-section CRLF */
	{ SPAN("0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("3\r\nabc\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("3\r\nabc\r\n0\r\n\r\nGET"), INTAKE_WHOLE, 3 },
	{ SPAN("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("2\r\n\r\n\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	/* chunk-size = 1*HEXDIG, of either case; last-chunk = 1*("0") */
	{ SPAN("A\r\n0123456789\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("0a\r\n0123456789\r\n000\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("x\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0x1\r\na\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("-1\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("+1\r\na\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN(" 1\r\na\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1_0\r\n"), INTAKE_REFUSED, 0 },
	/* no white space behind it: BWS belongs to an extension, and is how
	 * parsers come to differ */
	{ SPAN("1 \r\na\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1\t\r\na\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1 ;a\r\na\r\n"), INTAKE_REFUSED, 0 },
	/* 7.1: anticipate large numerals, prevent overflow */
	{ SPAN("10000000000000001\r\n"), INTAKE_OVERLONG, 0 },
	/* 16 digits at most, zeros in front included */
	{ SPAN("0000000000000001\r\na\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("0000000000000000\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1\r\na\r\n0000000000000000\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("00000000000000001\r\na\r\n0\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("00000000000000000\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("ffffffffffffffff\r\n"), INTAKE_OVERLONG, 0 },
	/* CRLF, and nothing less */
	{ SPAN("1\na\n0\n\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1\ra\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1\r\na\n0\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1\r\na\rX"), INTAKE_REFUSED, 0 },
	{ SPAN("1\r\naX\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1\r\nab\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\n\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\n\rX"), INTAKE_REFUSED, 0 },
	/* 7.1.1: extensions that are not known are ignored, CR and LF are not
	 * part of them, nor of a quoted string */
	{ SPAN("1;a\r\nx\r\n0;b=c\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1;a=\"b;\\\"c\"\r\nx\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1;a=\"\r\nx\r\n0\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a\nx\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a\rb\r\nx\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a\0\r\nx\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=\"\\\n\"\r\n"), INTAKE_REFUSED, 0 },
	/* 7.1.1: chunk-ext-name is a token, and not optional */
	{ SPAN("1;a;b=c;d=\"e\";f\r\nx\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1;\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;;==;\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a;\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a;;b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;=b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;\"a\"\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a\"b\"\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a(\r\n"), INTAKE_REFUSED, 0 },
	/* chunk-ext-val = token / quoted-string: one of them, and whole */
	{ SPAN("1;a=\"\"\r\nx\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1;a=\"\t\xff\"\r\nx\r\n0\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("1;a=\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=;b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a==b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=b=c\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=b\"c\"\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=\"b\"c\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=\"b\"\"c\"\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=\xff\r\n"), INTAKE_REFUSED, 0 },
	/* bad white space, wherever the grammar would have it */
	{ SPAN("1; a\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a =b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a= b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a ;b\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a=\"b\" \r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("1;a\t\r\n"), INTAKE_REFUSED, 0 },
	/* 7.1.2: trailer-section = *( field-line CRLF ) */
	{ SPAN("0\r\nA: b\r\n\r\n"), INTAKE_WHOLE, 0 },
	{ SPAN("0\r\nA:\r\nB: c\r\n\r\nX"), INTAKE_WHOLE, 1 },
	{ SPAN("0\r\nA\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\n: b\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\nA : b\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\n A: b\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\nA: b\r\n c\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\nA: b\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\nA: b\rc\r\n\r\n"), INTAKE_REFUSED, 0 },
	{ SPAN("0\r\nA: \0\r\n\r\n"), INTAKE_REFUSED, 0 },
	/* 8: without its zero chunk it is not complete */
	{ SPAN(""), INTAKE_MORE, 0 },
	{ SPAN("3\r\nab"), INTAKE_MORE, 0 },
	{ SPAN("3\r\nabc\r\n"), INTAKE_MORE, 0 },
	{ SPAN("0\r\n"), INTAKE_MORE, 0 },
	{ SPAN("0\r\n\r"), INTAKE_MORE, 0 },
	{ SPAN("0\r\nA: b\r\n"), INTAKE_MORE, 0 },
	/* the limit, of one chunk and of all of them */
	{ SPAN("64\r\n"), INTAKE_MORE, 0 },
	{ SPAN("65\r\n"), INTAKE_OVERLONG, 0 },
	{ SPAN("4\r\nabcd\r\n60\r\n"), INTAKE_MORE, 0 },
	{ SPAN("4\r\nabcd\r\n61\r\n"), INTAKE_OVERLONG, 0 },
};

static enum intake_verdict take(
	struct span bytes, size_t step, uint64_t max, size_t *left)
{
	static struct request q = { .framing = FRAMING_CHUNKED };
	enum intake_verdict verdict = INTAKE_MORE;
	struct intake in;

	intake_start(&in, &q);
	while (verdict == INTAKE_MORE && bytes.len > 0) {
		size_t taken = 0;
		struct span piece = span_first(bytes, step);
		verdict = intake_take(&in, piece, max, &taken);
		if (verdict == INTAKE_MORE)
			assert_int_equal(taken, piece.len);
		bytes = span_skip(bytes, taken);
	}
	*left = bytes.len;
	return verdict;
}

static void chunks_are_found_or_refused(void **state)
{
	(void)state;
	static const size_t steps[] = { SIZE_MAX, 1, 2, 3 };

	for (size_t i = 0; i < array_count(cases); i++) {
		for (size_t k = 0; k < array_count(steps); k++) {
			size_t left;
			enum intake_verdict verdict = take(
				cases[i].bytes, steps[k], MAX, &left);
			expect(verdict == cases[i].verdict,
				"row %zu, steps of %zu: %d", i, steps[k],
				(int)verdict);
			if (verdict == INTAKE_WHOLE)
				expect(left == cases[i].left,
					"row %zu, steps of %zu: left %zu", i,
					steps[k], left);
		}
	}
}

static void lengths_are_counted(void **state)
{
	(void)state;
	struct request q = { .framing = FRAMING_LENGTH, .content_length = 5 };
	struct intake in;
	size_t taken = 0;

	intake_start(&in, &q);
	assert_int_equal(
		intake_take(&in, SPAN("abc"), MAX, &taken), INTAKE_MORE);
	assert_int_equal(taken, 3);
	/* 6.2: exactly so many; what follows is the next request's */
	assert_int_equal(
		intake_take(&in, SPAN("deGET"), MAX, &taken), INTAKE_WHOLE);
	assert_int_equal(taken, 2);
	assert_int_equal(in.total, 5);
}

/* 7.1.1: a recipient MUST limit the total length of extensions; the same
 * goes for trailers, and for both together. */
static void extras_are_limited(void **state)
{
	(void)state;
	static char bytes[EXTRA + 64];
	static const struct {
		const char *start, *end;
		size_t extra; /* bytes that count: after the size, or of the
				 trailer section */
		enum intake_verdict verdict;
	} rows[] = {
		/* ";" does not count, its CR does, and that of the end */
		{ "0;", "\r\n\r\n", EXTRA - 2, INTAKE_WHOLE },
		{ "0;", "\r\n\r\n", EXTRA - 1, INTAKE_REFUSED },
		{ "0;", "\r\n\r\n", EXTRA + 8, INTAKE_REFUSED },
		{ "0\r\nA:", "\r\n\r\n", EXTRA - 5, INTAKE_WHOLE },
		{ "0\r\nA:", "\r\n\r\n", EXTRA - 4, INTAKE_REFUSED },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct text t = text_in(bytes, sizeof bytes);
		size_t left;
		text_add(&t, span_of(rows[i].start));
		for (size_t n = 0; n < rows[i].extra; n++)
			text_add_char(&t, 'x');
		text_add(&t, span_of(rows[i].end));
		assert_false(t.is_full);
		enum intake_verdict verdict = take(
			text_span(&t), SIZE_MAX, MAX, &left);
		expect(verdict == rows[i].verdict, "row %zu: %d", i,
			(int)verdict);
	}
}

/* Many small chunks cost as much as their data, but are not endless: only
 * data counts, and the size lines between them come to nothing new. */
static void every_data_byte_counts(void **state)
{
	(void)state;
	static char bytes[MAX * 8];
	struct text t = text_in(bytes, sizeof bytes);
	size_t left;

	for (int i = 0; i < MAX; i++)
		text_add_literal(&t, "1\r\nx\r\n");
	struct span full = text_span(&t);
	text_add_literal(&t, "0\r\n\r\n");
	assert_int_equal(
		take(text_span(&t), SIZE_MAX, MAX, &left), INTAKE_WHOLE);
	t.len = full.len;
	text_add_literal(&t, "1\r\nx\r\n");
	assert_int_equal(
		take(text_span(&t), SIZE_MAX, MAX, &left), INTAKE_OVERLONG);
	assert_int_equal(take(SPAN("0\r\n\r\n"), 1, 0, &left), INTAKE_WHOLE);
	assert_int_equal(take(SPAN("1\r\n"), 1, 0, &left), INTAKE_OVERLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_found_or_refused),
		cmocka_unit_test(lengths_are_counted),
		cmocka_unit_test(extras_are_limited),
		cmocka_unit_test(every_data_byte_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

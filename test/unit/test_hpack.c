/*
 * Heads as HPACK (wire/hpack.h): another's decoder reads what was meant; and
 * the block depends on nothing that was sent before (RFC 7541).
 */
#include "support.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "wire/hpack.h"

#define BLOCK_MAX 65536

/* The fields of a block, as "name: value\n"; its table stays empty. */
static void decode(struct span block, struct text *out)
{
	nghttp2_hd_inflater *inflater;
	int flags = 0;

	assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
	while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags,
			(const uint8_t *)block.at, block.len, 1);
		assert_true(used >= 0);
		block = span_skip(block, (size_t)used);
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0)
			continue;
		text_add(out, (struct span){ (char *)nv.name, nv.namelen });
		text_add_literal(out, ": ");
		text_add(out, (struct span){ (char *)nv.value, nv.valuelen });
		text_add_char(out, '\n');
	}
	assert_int_equal(
		nghttp2_hd_inflate_get_dynamic_table_size(inflater), 0);
	nghttp2_hd_inflate_del(inflater);
}

static void expect_head(
	unsigned status, struct answer_field *fields, unsigned count)
{
	char *storage = malloc(3 * BLOCK_MAX);
	assert_non_null(storage);
	struct text block = text_in(storage, BLOCK_MAX);
	struct text got = text_in(storage + BLOCK_MAX, BLOCK_MAX);
	struct text want = text_in(storage + 2 * BLOCK_MAX, BLOCK_MAX);
	struct field_list list = { .at = fields, .count = count };

	hpack_head_add(&block, status, &list);
	assert_false(block.is_full);
	decode(text_span(&block), &got);
	text_add_literal(&want, ":status: ");
	text_add_u64(&want, status);
	text_add_char(&want, '\n');
	for (unsigned i = 0; i < count; i++) {
		for (size_t j = 0; j < fields[i].name.len; j++)
			text_add_char(&want, ascii_lower(fields[i].name.at[j]));
		text_add_literal(&want, ": ");
		text_add(&want, fields[i].value);
		text_add_char(&want, '\n');
	}
	expect(span_equal(text_span(&got), text_span(&want)), "%.*s",
		(int)got.len, got.at);
	free(storage);
}

static void test_statuses(void **state)
{
	(void)state;
	for (unsigned status = 200; status < 600; status++)
		expect_head(status, NULL, 0);
}

/* In the static table, and not; in any case of letters. */
static void test_names(void **state)
{
	struct answer_field fields[] = {
		{ SPAN("Server"), SPAN("hstatic") },
		{ SPAN("Date"), SPAN("Sun, 06 Nov 1994 08:49:37 GMT") },
		{ SPAN("Content-Type"), SPAN("text/html; charset=utf-8") },
		{ SPAN("Content-Length"), SPAN("0") },
		{ SPAN("Content-Encoding"), SPAN("br") },
		{ SPAN("Content-Range"), SPAN("bytes 0-9/10") },
		{ SPAN("X-Content-Type-Options"), SPAN("nosniff") },
		{ SPAN("Last-Modified"), SPAN("x") },
		{ SPAN("ETag"), SPAN("\"x\"") },
		{ SPAN("Accept-Ranges"), SPAN("bytes") },
		{ SPAN("Access-Control-Allow-Origin"), SPAN("*") },
		{ SPAN("Access-Control-Max-Age"), SPAN("1") },
		{ SPAN("Vary"), SPAN("Accept-Encoding") },
		{ SPAN("Cache-Control"), SPAN("no-cache") },
		{ SPAN("Content-Disposition"), SPAN("") },
		{ SPAN("Content-Language"), SPAN("de") },
		{ SPAN("Content-Location"), SPAN("/a") },
		{ SPAN("Location"), SPAN("/") },
		{ SPAN("Allow"), SPAN("GET") },
		{ SPAN("Age"), SPAN("1") },
		{ SPAN("Expires"), SPAN("0") },
		{ SPAN("Link"), SPAN("</a>") },
		{ SPAN("Refresh"), SPAN("1") },
		{ SPAN("Retry-After"), SPAN("1") },
		{ SPAN("Set-Cookie"), SPAN("a=b") },
		{ SPAN("Strict-Transport-Security"), SPAN("max-age=1") },
		{ SPAN("Via"), SPAN("a") },
		{ SPAN("WWW-Authenticate"), SPAN("Basic") },
		{ SPAN("Content-Security-Policy"), SPAN("\xc3\xa4") },
	};

	(void)state;
	expect_head(200, fields, array_count(fields));
	for (unsigned i = 0; i < array_count(fields); i++)
		expect_head(404, &fields[i], 1);
}

/* An integer of one byte, of two, of three (RFC 7541 5.1). */
static void test_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 126, 127, 128, 254, 255, 256,
		16510, 16511, 16512, 30000 };

	(void)state;
	char *bytes = malloc(30000);
	assert_non_null(bytes);
	memset(bytes, 'a', 30000);
	for (size_t i = 0; i < array_count(lengths); i++) {
		struct answer_field value = { SPAN("x"),
			{ bytes, lengths[i] } };
		struct answer_field name = { { bytes, lengths[i] + 1 },
			SPAN("x") };
		expect_head(200, &value, 1);
		if (lengths[i] < 30000)
			expect_head(200, &name, 1);
	}
	free(bytes);
}

/* Where it stands is found by what is before it, and nowhere else. */
static void test_date(void **state)
{
	char storage[1024];
	struct text block = text_in(storage, sizeof storage);
	struct answer_field fields[] = {
		{ SPAN("Server"), SPAN("hstatic") },
		{ SPAN("Date"), SPAN("Sun, 06 Nov 1994 08:49:37 GMT") },
		{ SPAN("Last-Modified"),
			SPAN("Sun, 06 Nov 1994 08:49:37 GMT") },
	};
	struct field_list list = { .at = fields, .count = 3 };

	(void)state;
	hpack_head_add(&block, 200, &list);
	const char *at = memmem(storage, block.len, HPACK_DATE, 3);
	assert_non_null(at);
	assert_memory_equal(at + 3, "Sun, 06", 7);
	size_t rest = block.len - (size_t)(at + 1 - storage);
	assert_null(memmem(at + 1, rest, HPACK_DATE, 3));
}

static void test_full(void **state)
{
	char storage[64];
	struct answer_field field = { SPAN("Server"), SPAN("hstatic") };
	struct field_list list = { .at = &field, .count = 1 };

	(void)state;
	for (size_t size = 0; size < 10; size++) {
		struct text block = text_in(storage, size);
		hpack_head_add(&block, 200, &list);
		assert_true(block.is_full);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

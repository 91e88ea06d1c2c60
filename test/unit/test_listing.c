/*
 * Listings (http/listing.h): which form is wanted (RFC 9110 12.5.1), what
 * becomes of dangerous names (RFC 8259 7, RFC 3986 2.3), sizes, the path, and
 * that the policy names what is on the page.
 */
/* Before support.h: it has an attribute by the name `unused`, too. */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "support.h"

#include <limits.h>
#include <stdio.h>

#include "http/listing.h"
#include "http/listing_html.h"
#include "http/quote.h"

static const struct {
	const char *query;
	struct test_field fields[2];
	enum listing_format want;
} formats[] = {
#define ACCEPT(value, want) \
	{ \
		"", { { "Accept", value } }, want \
	}
#define QUERY(query, accept, want) \
	{ \
		query, { { "Accept", accept } }, want \
	}
	{ "", { { 0 } }, LISTING_HTML },
	ACCEPT("", LISTING_HTML),
	ACCEPT("*/*", LISTING_HTML),
	ACCEPT("text/html", LISTING_HTML),
	ACCEPT("image/png", LISTING_HTML),
	ACCEPT("application/json", LISTING_JSON),
	ACCEPT("Application/JSON", LISTING_JSON),
	ACCEPT("application/json;charset=utf-8", LISTING_JSON),
	ACCEPT("application/*", LISTING_JSON),
	ACCEPT("application/jso", LISTING_HTML),
	ACCEPT("application/json5", LISTING_HTML),
	ACCEPT("*/json", LISTING_HTML),
	/* 12.4.2: the higher weight; of equal ones, the page */
	ACCEPT("text/html, application/json", LISTING_HTML),
	ACCEPT("application/json, text/html", LISTING_HTML),
	ACCEPT("application/json;q=0.9, text/html", LISTING_HTML),
	ACCEPT("application/json, text/html;q=0.999", LISTING_JSON),
	ACCEPT("application/json;q=0.001, text/html;q=0", LISTING_JSON),
	ACCEPT("application/json;q=0", LISTING_HTML),
	ACCEPT("application/json;q=x", LISTING_HTML),
	ACCEPT("application/json;v=1 ; Q=0.5, text/html;q=0.4", LISTING_JSON),
	/* the most specific range counts */
	ACCEPT("application/json;q=0.2, application/*, */*;q=0.5",
		LISTING_HTML),
	ACCEPT("*/*;q=0.1, application/json;q=0.5", LISTING_JSON),
	ACCEPT("text/html;q=0.1, */*", LISTING_JSON),
	ACCEPT("text/*;q=0.5, */*;q=0.8", LISTING_JSON),
	/* named, against not: as libraries send it; and as browsers do */
	ACCEPT("application/json, text/plain, */*", LISTING_JSON),
	ACCEPT("text/html,application/xhtml+xml,application/xml;q=0.9,*/"
	       "*;q=0.8",
		LISTING_HTML),
	{ "",
		{ { "Accept", "text/html;q=0.5" },
			{ "Accept", "application/json" } },
		LISTING_JSON },
	/* the query decides alone */
	QUERY("?format=json", "text/html", LISTING_JSON),
	QUERY("?format=html", "application/json", LISTING_HTML),
	QUERY("?a=b&format=json", "", LISTING_JSON),
	QUERY("?format=json&format=html", "", LISTING_JSON),
	QUERY("?format=xml&format=json", "", LISTING_JSON),
	QUERY("?format=xml", "application/json", LISTING_JSON),
	QUERY("?format=jsonx", "", LISTING_HTML),
	QUERY("?Format=json", "", LISTING_HTML),
	QUERY("?xformat=json", "", LISTING_HTML),
	QUERY("?format", "", LISTING_HTML),
	QUERY("?&&format=json", "", LISTING_JSON),
	QUERY("?", "", LISTING_HTML),
};

static void the_form_that_is_wanted(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(formats); i++) {
		struct request q;
		request_make(&q, formats[i].fields, 2);
		q.query = span_of(formats[i].query);
		expect(listing_format_choose(&q) == formats[i].want, "row %zu",
			i);
	}
}

#define BAD "\xef\xbf\xbd"

static const struct {
	struct span bytes;
	const char *html, *json;
} quotes[] = {
#define QUOTE(bytes, html, json) \
	{ \
		{ bytes, sizeof(bytes) - 1 }, html, json \
	}
	QUOTE("", "", ""),
	QUOTE("a b", "a b", "a b"),
	QUOTE("<>&\"'", "&lt;&gt;&amp;&#34;&#39;", "<>&\\\"'"),
	QUOTE("&amp;", "&amp;amp;", "&amp;"),
	QUOTE("\\/", "\\/", "\\\\/"),
	QUOTE("\t\n\x01\x1f\x7f",
		"\xe2\x90\x89\xe2\x90\x8a\xe2\x90\x81\xe2\x90\x9f\xe2\x90\xa1",
		"\\u0009\\u000a\\u0001\\u001f\x7f"),
	QUOTE("\0", "\xe2\x90\x80", "\\u0000"),
	/* RFC 3629 4: the first and the last of each length */
	QUOTE("\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"),
	QUOTE("\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf",
		"\xe0\xa0\x80\xef\xbf\xbf"),
	QUOTE("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	/* overlong, surrogates, beyond U+10FFFF, cut off, no lead byte */
	QUOTE("\xc0\xbc", BAD BAD, BAD BAD),
	QUOTE("\xe0\x80\xbc", BAD BAD BAD, BAD BAD BAD),
	QUOTE("\xf0\x80\x80\xbc", BAD BAD BAD BAD, BAD BAD BAD BAD),
	QUOTE("\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD),
	QUOTE("\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD),
	QUOTE("\xc3<", BAD "&lt;", BAD "<"),
	QUOTE("\xe2\x82", BAD BAD, BAD BAD),
	QUOTE("\xe2\x82\"", BAD BAD "&#34;", BAD BAD "\\\""),
	QUOTE("a\x80z", "a" BAD "z", "a" BAD "z"),
	QUOTE("\xfe\xff", BAD BAD, BAD BAD),
};

static void what_is_dangerous_is_quoted(void **state)
{
	(void)state;
	char storage[256];

	for (size_t i = 0; i < array_count(quotes); i++) {
		struct text t = text_in(storage, sizeof storage);
		quote_html(quotes[i].bytes, &t);
		expect(span_equal(text_span(&t), span_of(quotes[i].html)),
			"row %zu: %.*s", i, (int)t.len, t.at);
		t.len = 0;
		quote_json(quotes[i].bytes, &t);
		expect(span_equal(text_span(&t), span_of(quotes[i].json)),
			"row %zu: %.*s", i, (int)t.len, t.at);
	}
}

static const struct {
	uint64_t size;
	const char *want;
} sizes[] = {
	{ 0, "0 B" },
	{ 1, "1 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.0 KiB" },
	{ 1075, "1.0 KiB" },
	{ 1076, "1.1 KiB" },
	{ 10188, "9.9 KiB" },
	{ 10189, "10 KiB" },
	{ 1024 * 1023, "1023 KiB" },
	{ 1024 * 1024 - 1, "1.0 MiB" },
	{ 1024 * 1024, "1.0 MiB" },
	{ UINT64_C(1) << 30, "1.0 GiB" },
	{ (UINT64_C(1) << 40) - 1, "1.0 TiB" },
	{ UINT64_C(1) << 50, "1.0 PiB" },
	{ UINT64_C(1) << 60, "1.0 EiB" },
	{ UINT64_MAX, "16 EiB" },
};

static void sizes_are_for_people(void **state)
{
	(void)state;
	char storage[32];

	for (size_t i = 0; i < array_count(sizes); i++) {
		struct text t = text_in(storage, sizeof storage);
		listing_html_size(&t, sizes[i].size);
		expect(span_equal(text_span(&t), span_of(sizes[i].want)),
			"%s: %.*s", sizes[i].want, (int)t.len, t.at);
	}
}

static char storage[64 * 1024];

/* Appends a part; none may be longer than what is promised. */
static bool head_part(struct listing *l, struct text *out)
{
	size_t before = out->len;
	bool has_more = listing_head(l, out);

	expect(!out->is_full && out->len - before <= LISTING_PART_MAX,
		"a part of %zu", out->len - before);
	return has_more;
}

/* The whole of a listing of these entries. */
static struct span made(enum listing_format format, struct span path,
	const struct directory_entry *entries, size_t count)
{
	struct text t = text_in(storage, sizeof storage);
	struct listing l;

	listing_start(&l, format, path);
	while (head_part(&l, &t))
		;
	for (size_t i = 0; i < count; i++)
		listing_entry(&l, &entries[i], &t);
	listing_end(&l, &t);
	assert_false(t.is_full);
	return text_span(&t);
}

static const struct {
	struct directory_entry entry;
	const char *html, *json;
} rows[] = {
	{ { SPAN("a.txt"), false, true, 1234567, 784111777 },
		"<tr><td><a class=\"t\" href=\"./a.txt\">a.txt</a>"
		"<td title=\"1,234,567 bytes\">1.2 MiB"
		"<td><time datetime=\"1994-11-06T08:49:37Z\">1994-11-06 08:49"
		"</time>\n",
		"\n{\"name\": \"a.txt\", \"type\": \"file\", \"size\": "
		"1234567, "
		"\"modified\": \"1994-11-06T08:49:37Z\"}" },
	{ { SPAN("d"), true, true, 4096, -1 },
		"<tr><td><a class=\"d\" href=\"./d/\">d/</a><td>"
		"<td><time datetime=\"1969-12-31T23:59:59Z\">1969-12-31 23:59"
		"</time>\n",
		"\n{\"name\": \"d\", \"type\": \"directory\", \"size\": null, "
		"\"modified\": \"1969-12-31T23:59:59Z\"}" },
	{ { SPAN("javascript:x"), false, true, 1, 253402300800 },
		"<tr><td><a class=\"o\" href=\"./javascript%3Ax\">javascript:x"
		"</a><td title=\"1 byte\">1 B"
		"<td><time datetime=\"9999-12-31T23:59:59Z\">9999-12-31 23:59"
		"</time>\n",
		"\n{\"name\": \"javascript:x\", \"type\": \"file\", \"size\": "
		"1, "
		"\"modified\": \"9999-12-31T23:59:59Z\"}" },
	{ { SPAN("%2e?#&\"'<\xff.PNG"), false, false, 0, 0 },
		"<tr><td><a class=\"i\" "
		"href=\"./%252e%3F%23%26%22%27%3C%FF.PNG\">"
		"%2e?#&amp;&#34;&#39;&lt;" BAD ".PNG</a><td><td>\n",
		"\n{\"name\": \"%2e?#&\\\"'<" BAD ".PNG\", \"type\": \"file\", "
		"\"size\": null, \"modified\": null}" },
};

static void rows_are_what_they_are(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(rows); i++) {
		struct listing html, json;
		listing_start(&html, LISTING_HTML, SPAN(""));
		listing_start(&json, LISTING_JSON, SPAN(""));
		struct text t = text_in(storage, sizeof storage);
		listing_entry(&html, &rows[i].entry, &t);
		expect(span_equal(text_span(&t), span_of(rows[i].html)),
			"row %zu: %.*s", i, (int)t.len, t.at);
		t.len = 0;
		listing_entry(&json, &rows[i].entry, &t);
		expect(span_equal(text_span(&t), span_of(rows[i].json)),
			"row %zu: %.*s", i, (int)t.len, t.at);
	}
}

/* The worst names: of each byte, 255 times. */
static void no_part_is_too_long(void **state)
{
	(void)state;
	char name[NAME_MAX], path[4096];

	for (unsigned c = 1; c < 256; c++) {
		struct directory_entry e = { { name, sizeof name }, c % 2, true,
			UINT64_MAX, INT64_MIN };
		if (c == '/')
			continue;
		memset(name, (int)c, sizeof name);
		for (size_t i = 0; i < sizeof path; i++)
			path[i] = (char)(i % 256 == 255 ? '/' : c);
		for (unsigned f = LISTING_HTML; f <= LISTING_JSON; f++) {
			struct text t = text_in(storage, LISTING_PART_MAX);
			struct listing l;
			listing_start(&l, f, (struct span){ path, 4096 });
			listing_entry(&l, &e, &t);
			assert_false(t.is_full);
			t.len = 0;
			listing_end(&l, &t);
			assert_false(t.is_full);
			made(f, (struct span){ path, 4096 }, NULL, 0);
		}
	}
	for (size_t i = 0; i < sizeof path; i++)
		path[i] = i % 2 ? '/' : 'a';
	made(LISTING_HTML, (struct span){ path, 4096 }, NULL, 0);
	made(LISTING_JSON, (struct span){ path, 4096 }, NULL, 0);
}

static bool has(struct span s, const char *part)
{
	return memmem(s.at, s.len, part, strlen(part)) != NULL;
}

static void json_is_whole(void **state)
{
	(void)state;
	const struct directory_entry two[] = { rows[1].entry, rows[2].entry };
	struct span s = made(LISTING_JSON, SPAN(""), NULL, 0);

	assert_true(
		span_equal(s, SPAN("{\"path\": \"/\", \"entries\": [\n]}\n")));
	s = made(LISTING_JSON, SPAN("a\"b/\xff/"), two, 2);
	assert_true(span_starts(
		s, SPAN("{\"path\": \"/a\\\"b/" BAD "/\", \"entries\": [\n{")));
	assert_true(has(s, "},\n{") && span_ends(s, SPAN("}\n]}\n")));
	assert_true(span_equal(
		listing_type(LISTING_JSON), SPAN("application/json")));
}

static const struct {
	const char *path, *title, *steps;
	bool has_parent;
} paths[] = {
	{ "", "/", "<h1><b>Home</b><i>/</i></h1>", false },
	{ "a/", "a/",
		"<h1><a href=\"../\">Home</a><i>/</i><b>a</b><i>/</i></h1>",
		true },
	{ "a&b/<c>/", "&lt;c&gt;/",
		"<h1><a href=\"../../\">Home</a><i>/</i>"
		"<a href=\"../\">a&amp;b</a><i>/</i>"
		"<b>&lt;c&gt;</b><i>/</i></h1>",
		true },
};

static void the_path_leads_up(void **state)
{
	(void)state;
	char title[64], deep[2 * 40 + 1] = "";

	for (size_t i = 0; i < array_count(paths); i++) {
		struct span s = made(
			LISTING_HTML, span_of(paths[i].path), NULL, 0);
		snprintf(title, sizeof title, "<title>%s</title>",
			paths[i].title);
		expect(has(s, title), "row %zu: %s", i, title);
		expect(has(s, paths[i].steps), "row %zu", i);
		expect(has(s, "Parent folder") == paths[i].has_parent,
			"row %zu", i);
	}
	/* The nearest 32. */
	for (unsigned i = 0; i < 40; i++)
		memcpy(deep + i * 2, "a/", 2);
	struct span s = made(LISTING_HTML, span_of(deep), NULL, 0);
	assert_true(has(s, "Home</a><i>/</i>&hellip;<i>/</i><a href"));
	unsigned count = 0;
	for (size_t i = 0; i + 7 < s.len; i++)
		count += memcmp(s.at + i, ">a</a>", 6) == 0;
	assert_int_equal(count, 31);
}

static void the_end_counts(void **state)
{
	(void)state;
	const struct directory_entry two[] = { rows[1].entry, rows[2].entry };
	struct span s = made(LISTING_HTML, SPAN(""), NULL, 0);

	assert_true(has(s, ">0 folders, 0 files<") && has(s, "is empty"));
	s = made(LISTING_HTML, SPAN(""), two, 2);
	assert_true(has(s, ">1 folder, 1 file<") && !has(s, "is empty"));
}

/* Does the policy name what stands between the tags, and no more? */
static void expect_hash(struct span page, const char *open, const char *close,
	const char *directive)
{
	char want[128], code[64];
	unsigned char hash[SHA256_DIGEST_LENGTH];
	const char *at = memmem(page.at, page.len, open, strlen(open));

	assert_non_null(at);
	at += strlen(open);
	const char *end = memmem(
		at, (size_t)(page.at + page.len - at), close, strlen(close));
	assert_non_null(end);
	SHA256((const unsigned char *)at, (size_t)(end - at), hash);
	EVP_EncodeBlock((unsigned char *)code, hash, sizeof hash);
	snprintf(want, sizeof want, "%s 'sha256-%s';", directive, code);
	expect(has(listing_csp(), want), "%s", want);
}

static void the_policy_names_the_page(void **state)
{
	(void)state;
	struct span page = made(LISTING_HTML, SPAN("a/"), NULL, 0);

	expect_hash(page, "<style>", "</style>", "style-src");
	expect_hash(page, "<script>", "</script>", "script-src");
	static const char *const rest[] = { "default-src 'none';",
		"base-uri 'none';", "form-action 'none';", "img-src data:;",
		"frame-ancestors 'self'" };
	for (size_t i = 0; i < array_count(rest); i++)
		expect(has(listing_csp(), rest[i]), "%s", rest[i]);
	assert_false(has(listing_csp(), "unsafe"));
	/* What each listing begins with must stay small. */
	assert_true(listing_style().len + listing_script().len < 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_that_is_wanted),
		cmocka_unit_test(what_is_dangerous_is_quoted),
		cmocka_unit_test(sizes_are_for_people),
		cmocka_unit_test(rows_are_what_they_are),
		cmocka_unit_test(no_part_is_too_long),
		cmocka_unit_test(json_is_whole),
		cmocka_unit_test(the_path_leads_up),
		cmocka_unit_test(the_end_counts),
		cmocka_unit_test(the_policy_names_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

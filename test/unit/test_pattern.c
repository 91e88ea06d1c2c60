/*
 * Patterns of rule files (hstatic(1), RULES): what is one, what each matches,
 * what is captured, and how many of them are found at what cost.
 */
#include "support.h"

#include "http/pattern_set.h"

struct parse_case {
	struct span raw;
	const char *text; /* NULL: refused */
	bool has_splat, is_dynamic;
	const char *problem; /* some words of what is said */
};

static const struct parse_case parse_cases[] = {
	{ SPAN("/"), "", false, false, NULL },
	{ SPAN("/a"), "/a", false, false, NULL },
	{ SPAN("/a/b.c"), "/a/b.c", false, false, NULL },
	/* a final slash makes no difference */
	{ SPAN("/a/"), "/a", false, false, NULL },
	/* escaped or not, it is the same name */
	{ SPAN("/caf%c3%A9"), "/caf\xc3\xa9", false, false, NULL },
	{ SPAN("/caf\xc3\xa9"), "/caf\xc3\xa9", false, false, NULL },
	{ SPAN("/a%2fb"), "/a/b", false, false, NULL },
	{ SPAN("/100%25"), "/100%", false, false, NULL },
	{ SPAN("/%3Aname"), "/:name", false, false, NULL },
	{ SPAN("/%2A"), "/*", false, false, NULL },
	{ SPAN("/%3Fx"), "/?x", false, false, NULL },
	/* a colon before no letter is a colon */
	{ SPAN("/12:30"), "/12:30", false, false, NULL },
	{ SPAN("/:"), "/:", false, false, NULL },
	{ SPAN("/a:"), "/a:", false, false, NULL },
	/* placeholders */
	{ SPAN("/:a"),
		"/\x01"
		"a",
		false, true, NULL },
	{ SPAN("/x/:year_1/:b/"),
		"/x/\x01year_1/\x01"
		"b",
		false, true, NULL },
	{ SPAN("/a:b"), NULL, false, false, "whole segment" },
	{ SPAN("/:a.html"), NULL, false, false, "whole segment" },
	{ SPAN("/:a:b"), NULL, false, false, "whole segment" },
	{ SPAN("/:a/:a"), NULL, false, false, "its own" },
	{ SPAN("/:splat/*"), NULL, false, false, "its own" },
	{ SPAN("/:splat"), "/\x01splat", false, true, NULL },
	{ SPAN("/:a/:b/:c/:d/:e/:f/:g/:h"),
		"/\x01"
		"a/\x01"
		"b/\x01"
		"c/\x01"
		"d/\x01"
		"e/\x01"
		"f/\x01"
		"g/\x01"
		"h",
		false, true, NULL },
	{ SPAN("/:a/:b/:c/:d/:e/:f/:g/:h/*"), NULL, false, false,
		"more than 8" },
	/* the splat */
	{ SPAN("/*"), "", true, true, NULL },
	{ SPAN("/blog/*"), "/blog", true, true, NULL },
	{ SPAN("/:a/*"),
		"/\x01"
		"a",
		true, true, NULL },
	{ SPAN("/*/a"), NULL, false, false, "once, at the end" },
	{ SPAN("/*/"), NULL, false, false, "once, at the end" },
	{ SPAN("/*/*"), NULL, false, false, "once, at the end" },
	{ SPAN("/a*"), NULL, false, false, "once, at the end" },
	{ SPAN("/*.js"), NULL, false, false, "once, at the end" },
	{ SPAN("/**"), NULL, false, false, "once, at the end" },
	/* what is no path */
	{ SPAN("a"), NULL, false, false, "begins with /" },
	{ SPAN("*"), NULL, false, false, "begins with /" },
	{ SPAN("https://a.example/b"), NULL, false, false, "hosts" },
	{ SPAN("/a?b"), NULL, false, false, "query" },
	{ SPAN("/a#b"), NULL, false, false, "fragment" },
	{ SPAN("/a%"), NULL, false, false, "hexadecimal" },
	{ SPAN("/a%4"), NULL, false, false, "hexadecimal" },
	{ SPAN("/a%zz"), NULL, false, false, "hexadecimal" },
	{ SPAN("/a%00"), NULL, false, false, "control" },
	{ SPAN("/%01a"), NULL, false, false, "control" },
	{ SPAN("/a%0a"), NULL, false, false, "control" },
	{ SPAN("/a%7f"), NULL, false, false, "control" },
	{ SPAN("/caf\xe9"), NULL, false, false, "UTF-8" },
	/* what path_resolve never gives */
	{ SPAN("//a"), NULL, false, false, "never match" },
	{ SPAN("/a//b"), NULL, false, false, "never match" },
	{ SPAN("/a//"), NULL, false, false, "never match" },
	{ SPAN("/a/../b"), NULL, false, false, "never match" },
	{ SPAN("/./b"), NULL, false, false, "never match" },
	{ SPAN("/a/%2e%2E"), NULL, false, false, "never match" },
	{ SPAN("/a%2f"), NULL, false, false, "never match" },
	{ SPAN("/a%2f..%2fb"), NULL, false, false, "never match" },
};

static void check_parse(const struct parse_case *c)
{
	char storage[256];
	struct text text = text_in(storage, c->raw.len);
	struct pattern p;
	struct span problem = pattern_parse(c->raw, &text, &p);

	if (c->text == NULL) {
		expect(problem.len > 0 &&
				memmem(problem.at, problem.len, c->problem,
					strlen(c->problem)) != NULL,
			"%s: %.*s", c->raw.at, (int)problem.len, problem.at);
		return;
	}
	expect(problem.len == 0, "%s: %.*s", c->raw.at, (int)problem.len,
		problem.at);
	expect(!text.is_full && span_equal(p.text, span_of(c->text)),
		"%s: %.*s", c->raw.at, (int)p.text.len, p.text.at);
	expect(p.has_splat == c->has_splat && p.is_dynamic == c->is_dynamic,
		"%s", c->raw.at);
}

static void parse_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(parse_cases); i++)
		check_parse(&parse_cases[i]);
}

struct match_case {
	const char *pattern, *path;
	const char *captures; /* "name=value;"; NULL: no match */
};

static const struct match_case match_cases[] = {
	{ "/", "/", "" },
	{ "/", "/a", NULL },
	{ "/a", "/a", "" },
	{ "/a", "/a/", "" },
	{ "/a/", "/a", "" },
	{ "/a", "/A", NULL },
	{ "/a", "/ab", NULL },
	{ "/ab", "/a", NULL },
	{ "/a", "/a/b", NULL },
	{ "/a/b", "/a", NULL },
	{ "/a", "/", NULL },
	{ "/a", "", NULL },
	{ "/a", "a", NULL },
	{ "/caf%C3%A9/x", "/caf\xc3\xa9/x", "" },
	/* a placeholder is one segment that is not empty */
	{ "/:a", "/x", "a=x;" },
	{ "/:a", "/x/", "a=x;" },
	{ "/:a", "/", NULL },
	{ "/:a", "/x/y", NULL },
	{ "/:a/:b", "/x", NULL },
	{ "/:a/:b", "/x/", NULL },
	{ "/news/:y/:m", "/news/2024/05", "y=2024;m=05;" },
	{ "/:a/x", "/1/x", "a=1;" },
	{ "/:a/x", "/1/y", NULL },
	/* the splat is whatever is below, and nothing, too */
	{ "/*", "/", "splat=;" },
	{ "/*", "/a/b/", "splat=a/b/;" },
	{ "/blog/*", "/blog", "splat=;" },
	{ "/blog/*", "/blog/", "splat=;" },
	{ "/blog/*", "/blog/a", "splat=a;" },
	{ "/blog/*", "/blog/a/b", "splat=a/b;" },
	{ "/blog/*", "/blogs", NULL },
	{ "/blog/*", "/", NULL },
	{ "/:a/*", "/x", "a=x;splat=;" },
	{ "/:a/*", "/x/y/z", "a=x;splat=y/z;" },
	{ "/:a/*", "/", NULL },
	/* paths that path_resolve would not give do no harm */
	{ "/*", "//evil.example", "splat=/evil.example;" },
	{ "/:a", "//evil.example", NULL },
	{ "/a",
		"/\x01"
		"a",
		NULL },
	{ "/:a", "/\x01", "a=\x01;" },
};

static void captures_write(const struct captures *captures, struct text *out)
{
	for (unsigned i = 0; i < captures->count; i++) {
		text_add(out, captures->at[i].name);
		text_add_char(out, '=');
		text_add(out, captures->at[i].value);
		text_add_char(out, ';');
	}
}

static void match_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(match_cases); i++) {
		const struct match_case *c = &match_cases[i];
		char storage[64], got_at[128];
		struct text text = text_in(storage, sizeof storage);
		struct text got = text_in(got_at, sizeof got_at);
		struct captures captures;
		struct pattern p;
		struct span problem = pattern_parse(
			span_of(c->pattern), &text, &p);
		assert_int_equal(problem.len, 0);
		bool matches = pattern_match(&p, span_of(c->path), &captures);
		expect(matches == (c->captures != NULL), "%s on %s", c->pattern,
			c->path);
		if (!matches)
			continue;
		captures_write(&captures, &got);
		expect(span_equal(text_span(&got), span_of(c->captures)),
			"%s on %s: %.*s", c->pattern, c->path, (int)got.len,
			got.at);
	}
}

static void long_paths_are_walked_once(void **state)
{
	(void)state;
	static char path[4096];
	char storage[16];
	struct text text = text_in(storage, sizeof storage);
	struct captures captures;
	struct pattern p;

	for (size_t i = 0; i < sizeof path; i++)
		path[i] = i % 2 == 0 ? '/' : 'a';
	struct span all = { path, sizeof path };
	assert_int_equal(pattern_parse(SPAN("/a/*"), &text, &p).len, 0);
	assert_true(pattern_match(&p, all, &captures));
	assert_int_equal(captures.at[0].value.len, sizeof path - 3);
}

static void only_one_pattern_is_everything(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		bool want;
	} rows[] = { { "/*", true }, { "/", false }, { "/a/*", false },
		{ "/:a/*", false }, { "/:a", false } };

	for (size_t i = 0; i < array_count(rows); i++) {
		char storage[16];
		struct text text = text_in(storage, sizeof storage);
		struct pattern p;
		assert_int_equal(
			pattern_parse(span_of(rows[i].pattern), &text, &p).len,
			0);
		expect(pattern_is_everything(&p) == rows[i].want, "%s",
			rows[i].pattern);
	}
}

static void placeholders_are_taken(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want; /* "literal|name;" */
	} rows[] = {
		{ "", "" },
		{ "/a", "/a|;" },
		{ ":a", "|a;" },
		{ "/:a", "/|a;" },
		{ "/:a/b", "/|a;/b|;" },
		{ "/x-:a-:b.html", "/x-|a;-|b;.html|;" },
		{ ":a:b", "|a;|b;" },
		{ "12:30", "12:30|;" },
		{ "a::b", "a:|b;" },
		{ "a:", "a:|;" },
		{ ":a_1B", "|a_1B;" },
		{ ":_a", ":_a|;" },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		char storage[64];
		struct text got = text_in(storage, sizeof storage);
		struct span rest = span_of(rows[i].text), literal, name;
		while (placeholder_take(&rest, &literal, &name)) {
			text_add(&got, literal);
			text_add_char(&got, '|');
			text_add(&got, name);
			text_add_char(&got, ';');
		}
		expect(span_equal(text_span(&got), span_of(rows[i].want)),
			"%s: %.*s", rows[i].text, (int)got.len, got.at);
	}
}

static struct pattern_set set;
static char set_storage[1 << 20];

static void set_add(struct text *storage, const char *raw)
{
	struct pattern p;

	assert_int_equal(pattern_parse(span_of(raw), storage, &p).len, 0);
	pattern_set_add(&set, &p);
}

/* Static and dynamic alike come in the order of the file. */
static void search_keeps_the_order(void **state)
{
	(void)state;
	static const char *const patterns[] = { "/a", "/*", "/b", "/a", "/:x",
		"/a/", "/a/*" };
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ "/a", "0 1 3 4 5 6 " },
		{ "/a/", "0 1 3 4 5 6 " },
		{ "/b", "1 2 4 " },
		{ "/", "1 " },
		{ "/a/b", "1 6 " },
		{ "", "" },
	};
	struct text storage = text_in(set_storage, sizeof set_storage);

	pattern_set_init(&set);
	for (size_t i = 0; i < array_count(patterns); i++)
		set_add(&storage, patterns[i]);
	for (size_t i = 0; i < array_count(rows); i++) {
		char got_at[64];
		struct text got = text_in(got_at, sizeof got_at);
		struct pattern_search search = pattern_search_start(
			&set, span_of(rows[i].path));
		struct captures captures;
		unsigned index;
		while (pattern_search_next(&search, &index, &captures)) {
			text_add_u64(&got, index);
			text_add_char(&got, ' ');
		}
		expect(span_equal(text_span(&got), span_of(rows[i].want)),
			"%s: %.*s", rows[i].path, (int)got.len, got.at);
	}
}

static void set_fill(const char *prefix, const char *suffix)
{
	struct text storage = text_in(set_storage, sizeof set_storage);

	pattern_set_init(&set);
	for (unsigned i = 0; i < RULES_STATIC_MAX; i++) {
		char raw_at[64];
		struct text raw = text_in(raw_at, sizeof raw_at);
		text_add(&raw, span_of(prefix));
		text_add_u64(&raw, i);
		text_add(&raw, span_of(suffix));
		text_add_char(&raw, '\0');
		set_add(&storage, raw_at);
	}
}

/* The longest run of full slots is the most that a miss can cost. */
static unsigned longest_run(void)
{
	unsigned longest = 0, run = 0;

	for (unsigned i = 0; i < 2 * PATTERN_SLOTS; i++) {
		run = set.slots[i % PATTERN_SLOTS] != 0 ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void a_miss_costs_one_look_up(void **state)
{
	(void)state;
	static const char *const shapes[][2] = { { "/", "" },
		{ "/posts/", "/" }, { "/blog/2024/05/post-", ".html" },
		{ "/a%20", "%20b" } };

	for (size_t i = 0; i < array_count(shapes); i++) {
		set_fill(shapes[i][0], shapes[i][1]);
		expect(longest_run() < 64, "%s: %u", shapes[i][0],
			longest_run());
	}
}

/* 2000 times the same path is one slot and a chain. */
static void equal_patterns_share_a_slot(void **state)
{
	(void)state;
	struct text storage = text_in(set_storage, sizeof set_storage);
	struct captures captures;
	unsigned index, count = 0;

	pattern_set_init(&set);
	for (unsigned i = 0; i < RULES_STATIC_MAX; i++)
		set_add(&storage, "/same");
	assert_int_equal(longest_run(), 1);
	struct pattern_search search = pattern_search_start(
		&set, SPAN("/same"));
	while (pattern_search_next(&search, &index, &captures))
		assert_int_equal(index, count++);
	assert_int_equal(count, RULES_STATIC_MAX);
}

static void room_is_by_kind(void **state)
{
	(void)state;
	struct pattern fixed = { .text = SPAN("/a") };
	struct pattern dynamic = { .has_splat = true, .is_dynamic = true };

	pattern_set_init(&set);
	for (unsigned i = 0; i < RULES_DYNAMIC_MAX; i++) {
		assert_true(pattern_set_has_room(&set, &dynamic));
		assert_int_equal(pattern_set_add(&set, &dynamic), i);
	}
	assert_false(pattern_set_has_room(&set, &dynamic));
	for (unsigned i = 0; i < RULES_STATIC_MAX; i++) {
		assert_true(pattern_set_has_room(&set, &fixed));
		pattern_set_add(&set, &fixed);
	}
	assert_false(pattern_set_has_room(&set, &fixed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_follows_the_table),
		cmocka_unit_test(match_follows_the_table),
		cmocka_unit_test(long_paths_are_walked_once),
		cmocka_unit_test(only_one_pattern_is_everything),
		cmocka_unit_test(placeholders_are_taken),
		cmocka_unit_test(search_keeps_the_order),
		cmocka_unit_test(a_miss_costs_one_look_up),
		cmocka_unit_test(equal_patterns_share_a_slot),
		cmocka_unit_test(room_is_by_kind),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

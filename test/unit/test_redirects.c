/*
 * The rules of _redirects (hstatic(1), RULES): which lines become rules and
 * what is said about the others, which rule a path finds, and where it leads,
 * whatever the path holds (RFC 3986 4.2).
 */
#include "rules_stage.h"

#include <stdlib.h>

#include "http/redirects.h"

static struct redirects redirects;
static char storage_at[1 << 20];
static struct told told;

static unsigned parse(struct span text)
{
	struct text storage = text_in(storage_at, text.len);

	told_init(&told);
	return redirects_parse(&redirects, text, &storage, &told.report);
}

/* One line of a file, and what is said of it; NULL: it becomes a rule. */
struct line_case {
	struct span line;
	const char *say; /* "E words" or "W words", as far as given */
	unsigned status;
	bool is_forced;
};

static const struct line_case line_cases[] = {
	/* from, to, status, force */
	{ SPAN("/a /b"), NULL, 301, false },
	{ SPAN("/a /b 301"), NULL, 301, false },
	{ SPAN("/a /b 302"), NULL, 302, false },
	{ SPAN("/a /b 303"), NULL, 303, false },
	{ SPAN("/a /b 307"), NULL, 307, false },
	{ SPAN("/a /b 308"), NULL, 308, false },
	{ SPAN("/a /b 200"), NULL, 200, false },
	{ SPAN("/a /b 404"), NULL, 404, false },
	{ SPAN("/a /b 302!"), NULL, 302, true },
	{ SPAN("/a /b 200!"), NULL, 200, true },
	{ SPAN("/a https://b.example/c"), NULL, 301, false },
	{ SPAN("/a HTTP://b.example:8080"), NULL, 301, false },
	{ SPAN("/a https://[::1]:80/c?d#e 302"), NULL, 302, false },
	/* white space, comments, line ends */
	{ SPAN("\t /a \t /b\t302 \t"), NULL, 302, false },
	{ SPAN("/a /b 302\r"), NULL, 302, false },
	{ SPAN("/a /b # 302"), NULL, 301, false },
	{ SPAN("/a /b 302 #!"), NULL, 302, false },
	{ SPAN("/a /b 302# x"), "E 302#: not a status", 0, false },
	{ SPAN("\xef\xbb\xbf/a /b"), NULL, 301, false },
	/* placeholders */
	{ SPAN("/:x/* /:splat/:x 302"), NULL, 302, false },
	{ SPAN("/:y/:m /blog-:y-:m.html 200"), NULL, 200, false },
	{ SPAN("/a/* https://b.example/:splat?q=:splat#:splat"), NULL, 301,
		false },
	{ SPAN("/a /b/12:30"), NULL, 301, false },
	/* too little, too much */
	{ SPAN("/a"), "E /a: leads nowhere", 0, false },
	{ SPAN("/a # /b"), "E /a: leads nowhere", 0, false },
	{ SPAN("/a /b 301 /c"), "E /c: nothing can follow", 0, false },
	{ SPAN("/a /b /c"), "E /c: not a status", 0, false },
	{ SPAN("/a /b 30"), "E 30: not a status", 0, false },
	{ SPAN("/a /b 3010"), "E 3010: not a status", 0, false },
	{ SPAN("/a /b !"), "E !: not a status", 0, false },
	{ SPAN("/a /b 301!!"), "E 301!!: not a status", 0, false },
	{ SPAN("/a /b 410"), "E 410: not a status that a rule may have", 0,
		false },
	{ SPAN("/a /b 000"), "E 000: not a status that a rule may have", 0,
		false },
	/* what Netlify has, and we have not */
	{ SPAN("/a id=:id /b/:id 301"), "E id=:id: query parameters", 0,
		false },
	{ SPAN("/a /b 302 Country=au,nz"), "E Country=au,nz: conditions", 0,
		false },
	{ SPAN("/a /b Language=en"), "E Language=en: conditions", 0, false },
	{ SPAN("/a /b 200! Role=admin"), "E Role=admin: conditions", 0, false },
	{ SPAN("/a /b 302 cookie=x"), "E cookie=x: conditions", 0, false },
	{ SPAN("/a https://b.example/ 200"),
		"E https://b.example/: 200 would be a proxy", 0, false },
	{ SPAN("/a https://b.example/ 404"),
		"E https://b.example/: 404 shows a page", 0, false },
	{ SPAN("https://a.example/x /b"),
		"E https://a.example/x: hosts are not told apart", 0, false },
	/* the path (more in test_pattern) */
	{ SPAN("a /b"), "E a: a path begins with /", 0, false },
	{ SPAN("/*/a /b"), "E /*/a: * stands for the rest", 0, false },
	{ SPAN("/:a/:a /b"), "E /:a/:a: a placeholder's name", 0, false },
	/* the target */
	{ SPAN("/a b"), "E b: a target begins with one /", 0, false },
	{ SPAN("/a //b.example/"), "E //b.example/: a target begins with one",
		0, false },
	{ SPAN("/a ftp://b.example/"), "E ftp://b.example/: a target begins", 0,
		false },
	{ SPAN("/a javascript:alert(1)"), "E javascript:alert(1): a target", 0,
		false },
	{ SPAN("/a https://"), "E https://: no valid host", 0, false },
	{ SPAN("/a https:///b"), "E https:///b: no valid host", 0, false },
	{ SPAN("/a https://u:p@b.example/"),
		"E https://u:p@b.example/: no valid host", 0, false },
	{ SPAN("/:x https://:x/"), "E https://:x/: no valid host", 0, false },
	{ SPAN("/:x https://b.example:x/"),
		"E https://b.example:x/: no valid host", 0, false },
	{ SPAN("/a/* /b/*"), "E /b/*: what * stood for is put in as :splat", 0,
		false },
	{ SPAN("/a /b/:splat"), "E /b/:splat: has a placeholder that", 0,
		false },
	{ SPAN("/:x /b/:y"), "E /b/:y: has a placeholder that", 0, false },
	{ SPAN("/a /Special:Search"), "E /Special:Search: has a placeholder", 0,
		false },
	{ SPAN("/a /b%2"), "E /b%2: a % is followed by", 0, false },
	{ SPAN("/a /caf\xe9"), "E /caf\xe9: not UTF-8", 0, false },
	{ SPAN("/a /b#c 302"), NULL, 302, false },
	{ SPAN("/a /b?c#d 302"), NULL, 302, false },
	{ SPAN("/a /b#c 200"), "E /b#c: 200 and 404 name a file", 0, false },
	{ SPAN("/a /b?c 404"), "E /b?c: 200 and 404 name a file", 0, false },
	{ SPAN("/a /_headers 200"), "E /_headers: is never served", 0, false },
	{ SPAN("/a /_redirects 404"), "E /_redirects: is never served", 0,
		false },
	{ SPAN("/a /x/../_%68eaders 200"),
		"E /x/../_%68eaders: is never served", 0, false },
	{ SPAN("/a /.git/config 200"), "E /.git/config: is never served", 0,
		false },
	{ SPAN("/a /b%00 200"), "E /b%00: is never served", 0, false },
	{ SPAN("/a /.well-known/b 200"), NULL, 200, false },
	/* loops */
	{ SPAN("/a /a"), "E /a: leads back", 0, false },
	{ SPAN("/a /a/"), "E /a/: leads back", 0, false },
	{ SPAN("/a/ /a 302"), "E /a: leads back", 0, false },
	{ SPAN("/a /%61"), "E /%61: leads back", 0, false },
	{ SPAN("/a /b/../a"), "E /b/../a: leads back", 0, false },
	{ SPAN("/a /a?x#y"), "E /a?x#y: leads back", 0, false },
	{ SPAN("/ /"), "E /: leads back", 0, false },
	{ SPAN("/* /:splat"), "E /:splat: leads back", 0, false },
	{ SPAN("/a/* /a/:splat/"), "E /a/:splat/: leads back", 0, false },
	{ SPAN("/:x/:y /:x/:y 302"), "E /:x/:y: leads back", 0, false },
	{ SPAN("/:x/:y /:y/:x 302"), NULL, 302, false },
	{ SPAN("/* /index.html 302!"), "E /index.html: leads back", 0, false },
	{ SPAN("/* /index.html 302"), NULL, 302, false },
	{ SPAN("/a/* /a/b/:splat 302!"), "E /a/b/:splat: leads back", 0,
		false },
	{ SPAN("/a /a 200"), NULL, 200, false },
	{ SPAN("/* /:splat 200!"), NULL, 200, true },
	{ SPAN("/a https://b.example/a"), NULL, 301, false },
	/* bytes */
	{ SPAN("/a\x01 /b"), "E has a control character", 0, false },
	{ SPAN("/a /b\0"), "E has a control character", 0, false },
	{ SPAN("/a /\x7f"), "E has a control character", 0, false },
	{ SPAN("/a\r/b"), "E has a control character", 0, false },
	{ SPAN("/caf\xe9 /b"), "E /caf\xe9: not UTF-8", 0, false },
};

static void check_line(const struct line_case *c)
{
	unsigned errors = parse(c->line);
	struct span said = text_span(&told.text);

	if (c->say == NULL) {
		expect(errors == 0 && said.len == 0 &&
				redirects.from.count == 1,
			"%s: %.*s", c->line.at, (int)said.len, said.at);
		const struct redirect *rule = &redirects.rules[0];
		expect(rule->status == c->status &&
				rule->is_forced == c->is_forced &&
				rule->line == 1,
			"%s: %u", c->line.at, rule->status);
		return;
	}
	expect(errors == 1 && redirects.from.count == 0 &&
			told.report.errors == 1,
		"%s: %u errors", c->line.at, errors);
	expect(span_starts(said, SPAN("1 ")) &&
			span_starts(span_skip(said, 2), span_of(c->say)),
		"%s: %.*s", c->line.at, (int)said.len, said.at);
}

static void lines_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(line_cases); i++)
		check_line(&line_cases[i]);
}

static void nothing_is_no_rule(void **state)
{
	(void)state;
	static const char *const files[] = { "", "\n", "\r\n \t\n", "# a",
		"  # /a /b\n#/a /b", "\xef\xbb\xbf", "\xef\xbb\xbf# a" };
	struct captures captures;

	for (size_t i = 0; i < array_count(files); i++) {
		assert_int_equal(parse(span_of(files[i])), 0);
		assert_int_equal(told.text.len, 0);
		assert_int_equal(redirects.from.count, 0);
		assert_null(redirects_find(
			&redirects, SPAN("/a"), false, &captures));
	}
}

/* A file, what is said, and what comes after: bad lines cost only themselves.
 */
static void reports_name_their_lines(void **state)
{
	(void)state;
	static const struct span file = SPAN("# a site\r\n"
					     "/a /b\r\n"
					     "\r\n"
					     "/c\r\n"
					     "/d /e 500\n"
					     "/f /g");

	assert_int_equal(parse(file), 2);
	assert_true(span_starts(text_span(&told.text),
		SPAN("4 E /c: leads nowhere: write a target after it\n"
		     "5 E 500: not a status that a rule may have")));
	assert_int_equal(redirects.from.count, 2);
	assert_int_equal(redirects.rules[0].line, 2);
	assert_int_equal(redirects.rules[1].line, 6);
}

struct shadow_case {
	const char *file;
	const char *say; /* NULL: nothing */
};

static const struct shadow_case shadow_cases[] = {
	{ "/a /b\n/a /c", "2 W /a: never used: line 1 comes first and matches "
			  "the same\n" },
	{ "/a /b\n/a/ /c", "2 W /a/: never used: line 1" },
	{ "/a /b\n/%61 /c", "2 W /%61: never used: line 1" },
	{ "/a /b 302!\n/a /c 302!", "2 W /a: never used: line 1" },
	/* forced, a rule counts where there is a file, too */
	{ "/a /b\n/a /c 302!", NULL },
	{ "/a /b 302!\n/a /c", "2 W /a: never used: line 1" },
	{ "/a /b\n/a /c 302!\n/a /d", "3 W /a: never used: line 1" },
	{ "/a /b\n/a /c 302!\n/a /d 302!", "3 W /a: never used: line 2" },
	/* by a pattern */
	{ "/* /b 302\n/a /c", "2 W /a: never used: line 1" },
	{ "/:x /b 302\n/a /c", "2 W /a: never used: line 1" },
	{ "/:x /b 302\n/:y /c", "2 W /:y: never used: line 1" },
	{ "/* /b 302\n/a/* /c", "2 W /a/*: never used: line 1" },
	{ "/* /b 302\n/a /c 302!", NULL },
	{ "/a/* /b 302\n/* /c 302", NULL },
	{ "/a/:x /b\n/a/* /c", NULL },
	{ "/:x /b 302\n/:x/* /c", NULL },
	{ "/a /b\n/:x /c 302", NULL },
	{ "/a /b\n/* /c 302", NULL },
	{ "/ /b 302\n/* /c 302", NULL },
};

static void shadows_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(shadow_cases); i++) {
		const struct shadow_case *c = &shadow_cases[i];
		assert_int_equal(parse(span_of(c->file)), 0);
		struct span said = text_span(&told.text);
		bool is_right = c->say == NULL
					? said.len == 0
					: span_starts(said, span_of(c->say));
		expect(is_right, "%s: %.*s", c->file, (int)said.len, said.at);
		assert_int_equal(told.report.warnings, c->say != NULL);
	}
}

/* The first in the file, static or not; with forced_only, of the forced. */
static void first_rule_wins(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		unsigned any, forced; /* lines, 0 for none */
	} rows[] = {
		{ "/", 5, 0 },
		{ "/a", 1, 3 },
		{ "/a/", 1, 3 },
		{ "/b/x", 2, 2 },
		{ "/b/z", 2, 2 },
		{ "/c", 5, 0 },
		{ "/A", 5, 0 },
	};
	struct captures captures;

	assert_int_equal(parse(SPAN("/a /1\n/b/* /2 301!\n/a /3 302!\n"
				    "/c/x /4\n/* /5 200\n")),
		0);
	for (size_t i = 0; i < array_count(rows); i++) {
		struct span path = span_of(rows[i].path);
		const struct redirect *any = redirects_find(
			&redirects, path, false, &captures);
		expect((any != NULL ? any->line : 0) == rows[i].any, "%s",
			rows[i].path);
		const struct redirect *forced = redirects_find(
			&redirects, path, true, &captures);
		expect((forced != NULL ? forced->line : 0) == rows[i].forced,
			"%s forced", rows[i].path);
	}
}

struct location_case {
	const char *rule, *path, *query;
	const char *want;
};

static const struct location_case location_cases[] = {
	{ "/a /b", "/a", "", "/b" },
	{ "/a /b", "/a/", "", "/b" },
	{ "/a /b/", "/a", "", "/b/" },
	{ "/a /", "/a", "", "/" },
	{ "/n/:y/:m /b-:y-:m.html", "/n/2024/05", "", "/b-2024-05.html" },
	{ "/n/* /b/:splat", "/n/x/y", "", "/b/x/y" },
	{ "/n/* /b/:splat", "/n/x/", "", "/b/x/" },
	{ "/n/* /b/:splat", "/n", "", "/b/" },
	{ "/n/* https://b.example/:splat", "/n/x", "", "https://b.example/x" },
	/* the query goes on, unless there is one; before the fragment */
	{ "/a /b", "/a", "?q=1&r", "/b?q=1&r" },
	{ "/a /b?x", "/a", "?q=1", "/b?x" },
	{ "/a /b?", "/a", "?q=1", "/b?" },
	{ "/a /b#f", "/a", "?q=1", "/b?q=1#f" },
	{ "/a /b?x#f", "/a", "?q=1", "/b?x#f" },
	{ "/a /b#f?x", "/a", "?q=1", "/b?q=1#f?x" },
	{ "/a https://b.example", "/a", "", "https://b.example/" },
	{ "/a https://b.example", "/a", "?q", "https://b.example/?q" },
	{ "/a https://b.example?x", "/a", "?q", "https://b.example/?x" },
	{ "/a https://b.example#f", "/a", "?q", "https://b.example/?q#f" },
	/* literal bytes: escapes stay, what no URI may have is escaped */
	{ "/a /b%20c%2Fd", "/a", "", "/b%20c%2Fd" },
	{ "/a /caf\xc3\xa9", "/a", "", "/caf%C3%A9" },
	{ "/a /\\evil.example", "/a", "", "/%5Cevil.example" },
	{ "/a /<b>\"{|}^`", "/a", "", "/%3Cb%3E%22%7B%7C%7D%5E%60" },
	/* captured ones are data: in a path */
	{ "/n/* /:splat", "/n/caf\xc3\xa9", "", "/caf%C3%A9" },
	{ "/n/* /:splat", "/n/a?b#c%d", "", "/a%3Fb%23c%25d" },
	{ "/n/* /:splat", "/n/a;b=c,d:e@f+g", "", "/a;b=c,d:e@f+g" },
	{ "/n/* /:splat", "/n/a\r\nSet-Cookie: b", "",
		"/a%0D%0ASet-Cookie:%20b" },
	{ "/n/:x /:x", "/n/:y", "", "/:y" },
	{ "/n/:x/:splat /:x/:splat", "/n/:splat/b", "", "/:splat/b" },
	/* in a query and a fragment, nothing can end what it stands in */
	{ "/n/* /b?q=:splat", "/n/a&b=c+d/e", "", "/b?q=a%26b%3Dc%2Bd/e" },
	{ "/n/* /b#:splat", "/n/a:~:text=b", "", "/b#a%3A~%3Atext%3Db" },
	/* no client chooses the authority */
	{ "/n/* /:splat", "/n//evil.example", "", "/evil.example" },
	{ "/n/* /:splat", "/n/\\evil.example", "", "/%5Cevil.example" },
	{ "/* /:splat/z", "//evil.example", "", "/evil.example/z" },
	{ "/:x/* /:splat/:x", "/evil.example", "", "/evil.example" },
	{ "/:x/* /:splat/:splat/:x", "/evil.example/", "", "/evil.example" },
	{ "/n/* https://b.example/:splat", "/n//evil.example", "",
		"https://b.example/evil.example" },
	{ "/n/* https://b.example/:splat", "/n/@evil.example", "",
		"https://b.example/@evil.example" },
	{ "/n/* /:splat", "/n/https://evil.example", "",
		"/https://evil.example" },
	{ "/a /", "/a", "/evil.example", "/" },
	/* a query as no head would let it through */
	{ "/a /b", "/a", "?a\r\nb\x7f\xff ", "/b?a%0D%0Ab%7F%FF%20" },
};

static void locations_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(location_cases); i++) {
		const struct location_case *c = &location_cases[i];
		char got_at[256];
		struct text got = text_in(got_at, sizeof got_at);
		struct captures captures;
		parse(span_of(c->rule));
		const struct redirect *rule = redirects_find(
			&redirects, span_of(c->path), false, &captures);
		expect(rule != NULL, "%s on %s: %.*s", c->rule, c->path,
			(int)told.text.len, told.text.at);
		assert_true(redirect_is_elsewhere(rule));
		assert_true(redirect_location(
			rule, &captures, span_of(c->query), &got));
		expect(span_equal(text_span(&got), span_of(c->want)),
			"%s on %s: %.*s", c->rule, c->path, (int)got.len,
			got.at);
	}
}

struct name_case {
	const char *rule, *path;
	const char *want; /* NULL: none that is served */
};

static const struct name_case name_cases[] = {
	{ "/a /b.html 200", "/a", "b.html" },
	{ "/a / 200", "/a", "" },
	{ "/a /d/ 200", "/a", "d/" },
	{ "/* /index.html 200", "/x/y", "index.html" },
	{ "/de/* /de/404.html 404", "/de/x", "de/404.html" },
	{ "/a /caf%C3%A9 200", "/a", "caf\xc3\xa9" },
	{ "/a /caf\xc3\xa9 200", "/a", "caf\xc3\xa9" },
	{ "/n/* /b/:splat 200", "/n/x/y/", "b/x/y/" },
	{ "/n/* /b/:splat 200", "/n", "b/" },
	{ "/:l/* /:splat/index.:l.html 200", "/de/x", "x/index.de.html" },
	/* what was decoded once is not decoded twice */
	{ "/n/* /:splat 200", "/n/%2e%2e/x", "%2e%2e/x" },
	{ "/n/* /:splat 200", "/n/a%41\x01", "a%41\x01" },
	/* not out of the root, not to what is hidden */
	{ "/n/* /b/:splat 200", "/n/../../etc/passwd", "etc/passwd" },
	{ "/n/* /:splat 200", "/n//etc/passwd", "etc/passwd" },
	{ "/n/* /:splat 200", "/n/.git/config", NULL },
	{ "/n/:x /.:x 200", "/n/well-known", ".well-known" },
	{ "/n/* /:splat 200", "/n/_headers", NULL },
	{ "/n/* /:splat 404", "/n/_redirects", NULL },
	{ "/n/:x /_:x 200", "/n/headers", NULL },
	{ "/n/* /:splat 200", "/n/a/_headers", "a/_headers" },
};

static void check_name(const struct name_case *c)
{
	char got_at[64];
	struct text got = text_in(got_at, sizeof got_at);
	struct captures captures;

	parse(span_of(c->rule));
	const struct redirect *rule = redirects_find(
		&redirects, span_of(c->path), false, &captures);
	if (rule == NULL) {
		/* A dot before a placeholder is refused beforehand. */
		expect(told.report.errors == 1, "%s on %s", c->rule, c->path);
		return;
	}
	bool is_name = redirect_name(rule, &captures, &got);
	expect(is_name == (c->want != NULL), "%s on %s", c->rule, c->path);
	expect(is_name ? span_equal(text_span(&got), span_of(c->want))
		       : got.len == 0,
		"%s on %s: %.*s", c->rule, c->path, (int)got.len, got.at);
}

static void names_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(name_cases); i++)
		check_name(&name_cases[i]);
}

/* 4 KiB of path: what fits is written whole, what does not is not begun. */
static void long_captures_fit_or_fail(void **state)
{
	(void)state;
	static char path[4096], out_at[3 * 4096];
	struct span all = { path, sizeof path };
	struct text out = text_in(out_at, sizeof out_at);
	struct captures captures;

	memset(path, '\xff', sizeof path);
	path[0] = '/';
	assert_int_equal(parse(SPAN("/:x /b/:x/:x 302\n/* /:splat 200\n")), 0);
	const struct redirect *rule = redirects_find(
		&redirects, all, false, &captures);
	assert_non_null(rule);
	text_add_literal(&out, "x");
	assert_false(redirect_location(rule, &captures, SPAN(""), &out));
	assert_true(out.len == 1 && !out.is_full);
	path[1] = '/';
	rule = redirects_find(&redirects, all, false, &captures);
	assert_int_equal(rule->status, 200);
	assert_true(redirect_name(rule, &captures, &out));
	assert_int_equal(out.len, 1 + 4094);
	out = text_in(out_at, 4000);
	assert_false(redirect_name(rule, &captures, &out));
	assert_true(out.len == 0 && !out.is_full);
}

/* A file of `count` lines: prefix, number, suffix. */
static struct span file_make(
	const char *prefix, unsigned count, const char *suffix)
{
	static char file_at[1 << 20];
	struct text file = text_in(file_at, sizeof file_at);

	for (unsigned i = 0; i < count; i++) {
		text_add(&file, span_of(prefix));
		text_add_u64(&file, i);
		text_add(&file, span_of(suffix));
	}
	assert_false(file.is_full);
	return text_span(&file);
}

static void limits_hold(void **state)
{
	(void)state;
	struct captures captures;

	assert_int_equal(parse(file_make("/s", 2000, " /b\n")), 0);
	assert_int_equal(redirects.from.count, 2000);
	assert_int_equal(parse(file_make("/s", 2003, " /b\n")), 1);
	assert_true(span_equal(text_span(&told.text),
		SPAN("2001 E more than 2000 rules without placeholders: this "
		     "one and those after it are ignored\n")));
	assert_non_null(
		redirects_find(&redirects, SPAN("/s1999"), false, &captures));
	assert_null(
		redirects_find(&redirects, SPAN("/s2000"), false, &captures));
	assert_int_equal(parse(file_make("/d", 100, "/* /b\n")), 0);
	assert_int_equal(redirects.from.count, 100);
	assert_int_equal(parse(file_make("/d", 103, "/* /b\n")), 1);
	assert_true(span_starts(
		text_span(&told.text), SPAN("101 E more than 100 rules")));
	assert_int_equal(redirects.from.count, 100);
}

static void long_lines_are_refused(void **state)
{
	(void)state;
	static char line[2002];

	memset(line, 'b', sizeof line);
	memcpy(line, "/a /", 4);
	assert_int_equal(parse((struct span){ line, 2000 }), 0);
	assert_int_equal(parse((struct span){ line, 2001 }), 1);
	assert_true(span_equal(text_span(&told.text),
		SPAN("1 E longer than 2000 bytes: shorten it\n")));
	line[2000] = '\r';
	line[2001] = '\n';
	assert_int_equal(parse((struct span){ line, 2002 }), 0);
	/* what is quoted of it is cut */
	line[3] = 'b';
	assert_int_equal(parse((struct span){ line, 2000 }), 1);
	assert_true(told.text.len < 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_follow_the_table),
		cmocka_unit_test(nothing_is_no_rule),
		cmocka_unit_test(reports_name_their_lines),
		cmocka_unit_test(shadows_are_told),
		cmocka_unit_test(first_rule_wins),
		cmocka_unit_test(locations_follow_the_table),
		cmocka_unit_test(names_follow_the_table),
		cmocka_unit_test(long_captures_fit_or_fail),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(long_lines_are_refused),
	};

	return cmocka_run_group_tests_name("redirects", tests, NULL, NULL);
}

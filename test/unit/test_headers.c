/*
 * The rules of _headers (hstatic(1), RULES): which lines become rules and
 * what is said about the others, which rules an answer heeds, and what
 * becomes of its fields (RFC 9110 5.1, 5.3, 5.5).
 */
#include "rules_stage.h"

#include "http/headers.h"

static struct headers headers;
static char storage_at[1 << 20];
static struct told told;

static unsigned parse(struct span text)
{
	struct text storage = text_in(storage_at, text.len);

	told_init(&told);
	return headers_parse(&headers, text, &storage, &told.report);
}

/* A file, and what is said of it; lines of fields that are left. */
struct file_case {
	struct span file;
	const char *say; /* as far as given; NULL: nothing */
	unsigned rules, lines;
};

static const struct file_case file_cases[] = {
	{ SPAN(""), NULL, 0, 0 },
	{ SPAN("# a\n\n  # b\n"), NULL, 0, 0 },
	{ SPAN("/a\n  X-A: b\n"), NULL, 1, 1 },
	{ SPAN("/a\n\tX-A: b\n\n X-B:c\n# d\n  X-C:  d  \r\n"), NULL, 1, 3 },
	{ SPAN("\xef\xbb\xbf/a\r\n  X-A: b\r\n/b\r\n  ! X-A\r\n"), NULL, 2, 2 },
	{ SPAN("/a # b\n  !X-A"), NULL, 1, 1 },
	{ SPAN("/a\n"), NULL, 1, 0 },
	/* a comment is a line: # may stand in a value */
	{ SPAN("/a\n  Link: </b#c>; rel=preload # d"), NULL, 1, 1 },
	{ SPAN("/:x/*\n  X-A: :x :splat"), NULL, 1, 1 },
	/* obs-text and tabs may stand in a value */
	{ SPAN("/a\n  X-A: caf\xe9\tb"), NULL, 1, 1 },
	/* the path (more in test_pattern) */
	{ SPAN("https://a.example/*\n  X-A: b"),
		"1 E https://a.example/*: hosts are not told apart", 0, 0 },
	{ SPAN("/*.js\n  X-A: b\n/c\n  X-A: b"),
		"1 E /*.js: * stands for the rest", 1, 1 },
	{ SPAN("/a b\n  X-A: b"), "1 E /a: nothing can follow a path", 0, 0 },
	{ SPAN("X-A: b"), "1 E X-A:: not a path, which begins with /", 0, 0 },
	{ SPAN("/a\nX-A: b\n"), "2 E X-A:: not a path", 1, 0 },
	{ SPAN("/a?b\n  X-A: b"), "1 E /a?b: query parameters", 0, 0 },
	/* the line */
	{ SPAN("  X-A: b"), "1 E X-A: b: stands below no path", 0, 0 },
	{ SPAN("/a\n  X-A"), "2 E X-A: a field is written Name: value", 1, 0 },
	{ SPAN("/a\n  X-A:"), "2 E X-A: has no value", 1, 0 },
	{ SPAN("/a\n  X-A : b"), "2 E X-A : not a field", 1, 0 },
	{ SPAN("/a\n  X A: b"), "2 E X A: not a field", 1, 0 },
	{ SPAN("/a\n  : b"), "2 E : b: not a field", 1, 0 },
	{ SPAN("/a\n  caf\xc3\xa9: b"), "2 E caf\xc3\xa9: not a field", 1, 0 },
	{ SPAN("/a\n  !"), "2 E !: not a field", 1, 0 },
	{ SPAN("/a\n  ! X-A: b"), "2 E X-A: b: not a field", 1, 0 },
	{ SPAN("/a\n  X-A: b\x01"), "2 E has a control character", 1, 0 },
	{ SPAN("/a\n  X-A: b\rX-B: c"), "2 E has a control character", 1, 0 },
	{ SPAN("/a\n  X-A: \0"), "2 E has a control character", 1, 0 },
	/* not ours to give away */
	{ SPAN("/a\n  ! Vary"), "2 E Vary: caches need", 1, 0 },
	{ SPAN("/a\n  Basic-Auth: u:p"), "2 E Basic-Auth: there are no pass", 1,
		0 },
	{ SPAN("/a\n  X: 1\n  Date: x\n  Y: 2"),
		"3 E Date: is the server's own", 1, 2 },
};

static void files_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(file_cases); i++) {
		const struct file_case *c = &file_cases[i];
		unsigned errors = parse(c->file);
		struct span said = text_span(&told.text);
		bool is_right = c->say == NULL
					? said.len == 0
					: span_starts(said, span_of(c->say));
		expect(is_right && errors == (c->say != NULL), "%s: %.*s",
			c->file.at, (int)said.len, said.at);
		expect(headers.patterns.count == c->rules &&
				headers.line_count == c->lines,
			"%s: %u rules, %u lines", c->file.at,
			headers.patterns.count, headers.line_count);
	}
}

/* In any case, set or removed. */
static void server_fields_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = { "Content-Length",
		"transfer-encoding", "CONTENT-ENCODING", "Content-Range",
		"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
		"Upgrade", "Date", "ETag", "Last-Modified", "Accept-Ranges",
		"Allow", "Location", "Age", "Host" };
	static const char *const forms[][2] = { { "/a\n  ", ": x" },
		{ "/a\n  ! ", "" } };

	for (size_t i = 0; i < 2 * array_count(names); i++) {
		char file_at[64];
		struct text file = text_in(file_at, sizeof file_at);
		text_add(&file, span_of(forms[i % 2][0]));
		text_add(&file, span_of(names[i / 2]));
		text_add(&file, span_of(forms[i % 2][1]));
		assert_int_equal(parse(text_span(&file)), 1);
		expect(memmem(told.text.at, told.text.len,
			       "server's own to say",
			       strlen("server's own to say")) != NULL &&
				headers.line_count == 0,
			"%s", names[i / 2]);
	}
}

static void match_is_in_order(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		bool is_stand_in;
		const char *want; /* lines of the rules */
	} rows[] = {
		{ "/a", false, "1 3 5 9 " },
		{ "/a/", false, "1 3 5 9 " },
		{ "/a/b", false, "3 5 7 " },
		{ "/", false, "3 5 " },
		/* a stand-in: only what is for everything */
		{ "/a", true, "3 5 " },
		{ "/a/b", true, "3 5 " },
	};

	assert_int_equal(parse(SPAN("/a\n X: 1\n/*\n X: 2\n/*\n X: 3\n"
				    "/a/:b\n X: 4\n/a\n X: 5\n")),
		0);
	for (size_t i = 0; i < array_count(rows); i++) {
		char got_at[64];
		struct text got = text_in(got_at, sizeof got_at);
		struct header_match match = headers_match(
			&headers, span_of(rows[i].path), rows[i].is_stand_in);
		for (unsigned k = 0; k < match.count; k++) {
			text_add_u64(&got,
				headers_rule_line(&headers, match.rules[k]));
			text_add_char(&got, ' ');
		}
		expect(span_equal(text_span(&got), span_of(rows[i].want)),
			"%s: %.*s", rows[i].path, (int)got.len, got.at);
	}
}

struct apply_case {
	const char *file, *path;
	bool is_stand_in;
	const char *want; /* the fields after the edit, one a line */
};

/* The answer that is edited. */
#define OURS   "Server: hstatic\nContent-Type: text/html\nVary: Accept-Encoding\n"
#define CACHED OURS "Cache-Control: no-cache\n"

static const struct apply_case apply_cases[] = {
	{ "", "/a", false, CACHED },
	{ "/b\n X: 1", "/a", false, CACHED },
	{ "/a\n X: 1\n Y: 2", "/a", false, CACHED "X: 1\nY: 2\n" },
	/* a value takes the place of ours, whatever the case of the name */
	{ "/a\n cache-control: max-age=60", "/a", false,
		OURS "cache-control: max-age=60\n" },
	{ "/a\n Server: x", "/a", false,
		"Content-Type: text/html\nVary: Accept-Encoding\n"
		"Cache-Control: no-cache\nServer: x\n" },
	/* and joins that of an earlier line or rule */
	{ "/a\n X: 1\n x: 2", "/a", false, CACHED "X: 1, 2\n" },
	{ "/a\n X: 1\n/*\n X: 2\n/:b\n X: 3", "/a", false,
		CACHED "X: 1, 2, 3\n" },
	{ "/a\n X: 1\n Y: 2\n X: 3\n Y: 4", "/a", false,
		CACHED "X: 1, 3\nY: 2, 4\n" },
	{ "/*\n Cache-Control: a\n/a\n Cache-Control: b", "/a", false,
		OURS "Cache-Control: a, b\n" },
	/* Set-Cookie: a line each (RFC 9110 5.3) */
	{ "/a\n Set-Cookie: a=1\n set-cookie: b=2", "/a", false,
		CACHED "Set-Cookie: a=1\nset-cookie: b=2\n" },
	/* Content-Type: one value, the last (RFC 9110 8.3) */
	{ "/*\n Content-Type: a/b\n/a\n Content-Type: c/d", "/a", false,
		"Server: hstatic\nVary: Accept-Encoding\n"
		"Cache-Control: no-cache\nContent-Type: c/d\n" },
	/* and so for all that can have one value only */
	{ "/*\n Access-Control-Allow-Origin: https://a\n x-frame-options: "
	  "DENY\n"
	  "/a\n access-control-allow-origin: https://b\n"
	  " X-Frame-Options: SAMEORIGIN",
		"/a", false,
		CACHED "Access-Control-Allow-Origin: https://b\n"
		       "x-frame-options: SAMEORIGIN\n" },
	{ "/*\n Server: a\n/a\n Strict-Transport-Security: max-age=1\n"
	  " Strict-Transport-Security: max-age=2",
		"/a", false,
		"Content-Type: text/html\nVary: Accept-Encoding\n"
		"Cache-Control: no-cache\nServer: a\n"
		"Strict-Transport-Security: max-age=2\n" },
	/* lists are joined, however they are made and mixed */
	{ "/:x\n L: 1\n L: :x\n L: 2\n L: :x", "/a", false,
		CACHED "L: 1, a, 2, a\n" },
	{ "/:x\n L: :x\n L: :x\n M: :x\n L: :x\n M: 1\n L: 2", "/a", false,
		CACHED "L: a, a, a, 2\nM: a, 1\n" },
	{ "/*\n L: :splat x\n L: :splat y", "/", false, CACHED "L: x, y\n" },
	/* Vary: added to */
	{ "/a\n Vary: Origin", "/a", false,
		"Server: hstatic\nContent-Type: text/html\n"
		"Vary: Accept-Encoding, Origin\nCache-Control: no-cache\n" },
	{ "/a\n Vary: accept-encoding, Origin,Origin\n Vary: *", "/a", false,
		"Server: hstatic\nContent-Type: text/html\n"
		"Vary: Accept-Encoding, Origin, *\n"
		"Cache-Control: no-cache\n" },
	/* removal: ours, and that of earlier lines, not of later ones */
	{ "/a\n ! server\n !Cache-Control", "/a", false,
		"Content-Type: text/html\nVary: Accept-Encoding\n" },
	{ "/*\n X: 1\n/a\n ! X", "/a", false, CACHED },
	{ "/*\n ! X\n/a\n X: 1", "/a", false, CACHED "X: 1\n" },
	{ "/a\n X: 1\n ! X\n X: 2", "/a", false, CACHED "X: 2\n" },
	{ "/a\n Set-Cookie: a\n Set-Cookie: b\n X: 1\n ! Set-Cookie", "/a",
		false, CACHED "X: 1\n" },
	{ "/a\n ! Y", "/a", false, CACHED },
	{ "/a\n ! Cache-Control\n Cache-Control: x", "/a", false,
		OURS "Cache-Control: x\n" },
	/* captures: data in the value, whatever it holds */
	{ "/:x/*\n Link: </:x/:splat>; rel=:rel", "/a/b/c", false,
		CACHED "Link: </a/b/c>; rel=:rel\n" },
	{ "/:x\n X: a:x, :xx :x:", "/b", false, CACHED "X: ab, :xx b:\n" },
	{ "/:x\n X: http://h:80/:x", "/b", false, CACHED "X: http://h:80/b\n" },
	{ "/*\n X: \":splat\"", "/a\r\nY: b,c;d=\"e\"\\>", false,
		CACHED "X: \"a%0D%0AY%3A%20b%2Cc%3Bd%3D%22e%22%5C%3E\"\n" },
	{ "/*\n X: [:splat]", "/", false, CACHED "X: []\n" },
	{ "/*\n X: :splat\n Y: a :splat", "/", false, CACHED "Y: a\n" },
	{ "/*\n X: :splat\n X: :splat", "/a%", false,
		CACHED "X: a%25, a%25\n" },
	/* a stand-in takes no asset's rule */
	{ "/a\n X: 1\n/:b\n X: 2\n/a/*\n X: 3", "/a", true, CACHED },
	{ "/*\n X: 1", "/a", true, CACHED "X: 1\n" },
	/* and of those for everything, nothing about content or caching */
	{ "/*\n Cache-Control: public\n Expires: 0\n Pragma: x\n"
	  " CDN-Cache-Control: x\n Surrogate-Control: x\n"
	  " Cloudflare-CDN-Cache-Control: x\n"
	  " Netlify-CDN-Cache-Control: x\n Content-Type: a/b\n"
	  " Content-Language: de\n Content-Disposition: inline\n"
	  " ! Cache-Control\n ! Content-Type",
		"/a", true, CACHED },
	{ "/*\n Content-Security-Policy: a\n"
	  " content-security-policy-report-only: b\n"
	  " Clear-Site-Data: \"cache\"\n X-Frame-Options: DENY\n ! Server",
		"/a", true,
		"Content-Type: text/html\nVary: Accept-Encoding\n"
		"Cache-Control: no-cache\nContent-Security-Policy: a\n"
		"content-security-policy-report-only: b\n"
		"Clear-Site-Data: \"cache\"\nX-Frame-Options: DENY\n" },
};

static struct answer_field fields[80];

static struct field_list ours(const char *type)
{
	fields[0] = (struct answer_field){ SPAN("Server"), SPAN("hstatic") };
	fields[1] = (struct answer_field){ SPAN("Content-Type"),
		span_of(type) };
	fields[2] = (struct answer_field){ SPAN("Vary"),
		SPAN("Accept-Encoding") };
	fields[3] = (struct answer_field){ SPAN("Cache-Control"),
		SPAN("no-cache") };
	return (struct field_list){ fields, 4, array_count(fields) };
}

static void apply(const char *path, bool is_stand_in, struct field_list *list,
	struct text *storage)
{
	struct header_match match = headers_match(
		&headers, span_of(path), is_stand_in);

	headers_apply(&headers, &match, span_of(path), list, storage);
	assert_false(storage->is_full);
}

static void list_write(const struct field_list *list, struct text *out)
{
	for (unsigned i = 0; i < list->count; i++) {
		text_add(out, list->at[i].name);
		text_add_literal(out, ": ");
		text_add(out, list->at[i].value);
		text_add_char(out, '\n');
	}
}

static void edits_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(apply_cases); i++) {
		const struct apply_case *c = &apply_cases[i];
		char made_at[512], got_at[1024];
		struct text made = text_in(made_at, sizeof made_at);
		struct text got = text_in(got_at, sizeof got_at);
		struct field_list list = ours("text/html");
		assert_int_equal(parse(span_of(c->file)), 0);
		apply(c->path, c->is_stand_in, &list, &made);
		list_write(&list, &got);
		expect(span_equal(text_span(&got), span_of(c->want)),
			"%s on %s:\n%.*s", c->file, c->path, (int)got.len,
			got.at);
	}
}

/* RFC 9110 14.6: the type of several ranges is how they are found. */
static void multipart_keeps_its_type(void **state)
{
	(void)state;
	static const char *const files[] = { "/a\n Content-Type: a/b",
		"/a\n ! Content-Type" };

	for (size_t i = 0; i < array_count(files); i++) {
		char made_at[64];
		struct text made = text_in(made_at, sizeof made_at);
		struct field_list list = ours("multipart/byteranges; a=b");
		parse(span_of(files[i]));
		apply("/a", false, &list, &made);
		assert_int_equal(list.count, 4);
		assert_true(span_starts(
			list.at[1].value, SPAN("multipart/byteranges")));
	}
}

/* A file: `head`, then `count` times `line` with its number in it. */
static struct span file_make(
	const char *head, unsigned count, const char *before, const char *after)
{
	static char file_at[1 << 20];
	struct text file = text_in(file_at, sizeof file_at);

	text_add(&file, span_of(head));
	for (unsigned i = 0; i < count; i++) {
		text_add(&file, span_of(before));
		text_add_u64(&file, i);
		text_add(&file, span_of(after));
	}
	assert_false(file.is_full);
	return text_span(&file);
}

static void limits_of_the_file_hold(void **state)
{
	(void)state;
	assert_int_equal(parse(file_make("", 2000, "/", "\n X: 1\n")), 0);
	assert_int_equal(parse(file_make("", 2003, "/", "\n X: 1\n")), 1);
	assert_true(span_equal(text_span(&told.text),
		SPAN("4001 E more than 2000 paths without placeholders: this "
		     "one and those after it are ignored\n")));
	assert_int_equal(headers.line_count, 2000);
	assert_int_equal(parse(file_make("", 100, "/", "/*\n X: 1\n")), 0);
	assert_int_equal(parse(file_make("", 103, "/", "/*\n X: 1\n")), 1);
	assert_int_equal(headers.patterns.count, 100);
	assert_int_equal(parse(file_make("/a\n", 4096, " X-", ": 1\n")), 0);
	assert_int_equal(parse(file_make("/a\n", 4099, " X-", ": 1\n")), 1);
	assert_true(span_starts(
		text_span(&told.text), SPAN("4098 E more than 4096 fields")));
	assert_int_equal(headers.line_count, HEADERS_LINES_MAX);
}

static void limits_of_an_answer_hold(void **state)
{
	(void)state;
	static char made_at[16384];
	struct text made = text_in(made_at, sizeof made_at);
	struct field_list list = ours("a/b");

	/* fields */
	parse(file_make("/a\n", 100, " X-", ": 1\n"));
	apply("/a", false, &list, &made);
	assert_int_equal(list.count, 4 + HEADERS_FIELDS_MAX);
	/* the list of the caller */
	list = ours("a/b");
	list.max = 10;
	apply("/a", false, &list, &made);
	assert_int_equal(list.count, 10);
	/* rules */
	parse(file_make("", 20, "/a\n X-", ": 1\n"));
	list = ours("a/b");
	apply("/a", false, &list, &made);
	assert_int_equal(list.count, 4 + HEADERS_MATCH_MAX);
	assert_true(headers_match(&headers, SPAN("/a"), false).is_cut);
	parse(file_make("", HEADERS_MATCH_MAX, "/a\n X-", ": 1\n"));
	assert_false(headers_match(&headers, SPAN("/a"), false).is_cut);
}

/* Four lines of 2000 bytes and a short one: 8 KiB are not exceeded. */
static void bytes_of_an_answer_are_limited(void **state)
{
	(void)state;
	static char file_at[16384], made_at[65536], value[1990];
	struct text made = text_in(made_at, sizeof made_at);
	struct text file = text_in(file_at, sizeof file_at);
	struct field_list list = ours("a/b");
	size_t bytes = 0;

	memset(value, 'v', sizeof value);
	text_add_literal(&file, "/a\n");
	for (unsigned i = 0; i < 6; i++) {
		text_add_literal(&file, " X: ");
		text_add(&file, (struct span){ value, sizeof value });
		text_add_char(&file, '\n');
	}
	text_add_literal(&file, " Y: short\n");
	assert_int_equal(parse(text_span(&file)), 0);
	apply("/a", false, &list, &made);
	for (unsigned i = 4; i < list.count; i++)
		bytes += list.at[i].name.len + list.at[i].value.len + 4;
	assert_int_equal(list.count, 6);
	assert_true(bytes > 7900 && bytes <= HEADERS_BYTES_MAX);
	assert_int_equal(list.at[4].value.len, 4 * sizeof value + 3 * 2);
}

/* 60 lines need no more room than they are long, mixed or not; and where there
 * is none, lines of their own say the same. */
static void joined_lines_need_no_more_room(void **state)
{
	(void)state;
	static char made_at[9000], got_at[16384];
	static const char *const shapes[] = { "\n L: </", "\n L: 1\n M: </" };
	static const size_t rooms[] = { 0, 700, sizeof made_at };

	for (size_t i = 0; i < array_count(shapes) * array_count(rooms); i++) {
		struct text made = text_in(made_at, rooms[i / 2]);
		struct text got = text_in(got_at, sizeof got_at);
		struct field_list list = ours("a/b");
		unsigned found = 0;
		parse(file_make("/a", 30, shapes[i % 2], ">; rel=preload"));
		apply("/a", false, &list, &made);
		list_write(&list, &got);
		struct span rest = text_span(&got);
		for (; rest.len > 0; rest = span_skip(rest, 1))
			found += span_starts(rest, SPAN(">; rel=preload"));
		expect(found == 30, "row %zu: %u", i, found);
		expect(i != 4 || list.count == 5, "%u lines", list.count);
	}
}

/* Without room for what has to be made, a line is dropped, and ours stays. */
static void full_storage_drops_lines(void **state)
{
	(void)state;
	static const char file[] = "/:x\n Cache-Control: :x\n Y: plain\n";
	char made_at[256], got_at[256];

	for (size_t size = 0; size < 10; size++) {
		struct text made = text_in(made_at, size);
		struct text got = text_in(got_at, sizeof got_at);
		struct field_list list = ours("text/html");
		parse(span_of(file));
		apply("/abcdefg", false, &list, &made);
		list_write(&list, &got);
		/* The value, and the comma before it. */
		struct span want = size < 9 ? SPAN(CACHED)
					    : SPAN(OURS "Cache-Control: "
							"abcdefg\nY: plain\n");
		expect(span_starts(text_span(&got), want), "%zu: %.*s", size,
			(int)got.len, got.at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_follow_the_table),
		cmocka_unit_test(server_fields_are_refused),
		cmocka_unit_test(match_is_in_order),
		cmocka_unit_test(edits_follow_the_table),
		cmocka_unit_test(multipart_keeps_its_type),
		cmocka_unit_test(limits_of_the_file_hold),
		cmocka_unit_test(limits_of_an_answer_hold),
		cmocka_unit_test(bytes_of_an_answer_are_limited),
		cmocka_unit_test(joined_lines_need_no_more_room),
		cmocka_unit_test(full_storage_drops_lines),
	};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}

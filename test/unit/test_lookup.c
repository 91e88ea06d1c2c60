/*
 * Which names are tried for a target, and what each outcome means
 * (hstatic(1); RFC 9110 15.4.2, 15.5.5): each row tells what is on the disc,
 * and the names that must be asked for, in order.
 */
#include "support.h"

#include <stdlib.h>

#include "http/lookup.h"

#define TRIES_MAX 4

struct lookup_case {
	const char *path;
	/* What becomes of each name, in order; the rest is absent. */
	struct {
		const char *name;
		enum resource_kind found;
	} tries[TRIES_MAX];
	enum resource_kind kind;
	const char *name; /* in the end; NULL: it does not matter */
	enum reason last; /* of the trail */
};

#define ABSENT RESOURCE_ABSENT
#define FILE_  RESOURCE_FILE
#define DIR_   RESOURCE_DIRECTORY

static const struct lookup_case cases[] = {
	/* the file of that name */
	{ "/a", { { "a", FILE_ } }, FILE_, "a", REASON_FILE_EXACT },
	{ "/a/b.c", { { "a/b.c", FILE_ } }, FILE_, "a/b.c", REASON_FILE_EXACT },
	/* else the name with .html */
	{ "/a", { { "a", ABSENT }, { "a.html", FILE_ } }, FILE_, "a.html",
		REASON_FILE_HTML },
	/* a directory yields to NAME.html, then is sent to its slash */
	{ "/a", { { "a", DIR_ }, { "a.html", FILE_ } }, FILE_, "a.html",
		REASON_FILE_HTML },
	{ "/a", { { "a", DIR_ }, { "a.html", ABSENT } }, DIR_, "a",
		REASON_FILE_DIRECTORY },
	{ "/a", { { "a", DIR_ }, { "a.html", DIR_ } }, DIR_, "a",
		REASON_FILE_DIRECTORY },
	/* a directory has an index, and nothing else stands for it */
	{ "/", { { "index.html", FILE_ } }, FILE_, "index.html",
		REASON_FILE_INDEX },
	{ "/a/", { { "a/index.html", FILE_ } }, FILE_, "a/index.html",
		REASON_FILE_INDEX },
	{ "/a/", { { "a/index.html", ABSENT }, { "404.html", ABSENT } }, ABSENT,
		NULL, REASON_FILE_ABSENT },
	{ "/a/", { { "a/index.html", DIR_ }, { "404.html", ABSENT } }, ABSENT,
		NULL, REASON_FILE_ABSENT },
	/* nothing: the site's page, if it has one */
	{ "/a",
		{ { "a", ABSENT }, { "a.html", ABSENT },
			{ "404.html", FILE_ } },
		ABSENT, "404.html", REASON_FILE_ERROR_PAGE },
	{ "/a",
		{ { "a", ABSENT }, { "a.html", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, REASON_FILE_ABSENT },
	/* a page that cannot be read changes nothing */
	{ "/a",
		{ { "a", ABSENT }, { "a.html", ABSENT },
			{ "404.html", RESOURCE_FORBIDDEN } },
		ABSENT, NULL, REASON_FILE_ABSENT },
	{ "/a",
		{ { "a", ABSENT }, { "a.html", ABSENT },
			{ "404.html", RESOURCE_BUSY } },
		ABSENT, NULL, REASON_FILE_ABSENT },
	/* a failure ends it: no other name is served in its place */
	{ "/a", { { "a", RESOURCE_FORBIDDEN } }, RESOURCE_FORBIDDEN, NULL,
		REASON_FILE_FORBIDDEN },
	{ "/a", { { "a", RESOURCE_BUSY } }, RESOURCE_BUSY, NULL,
		REASON_FILE_BUSY },
	{ "/a", { { "a", RESOURCE_BROKEN } }, RESOURCE_BROKEN, NULL,
		REASON_FILE_BROKEN },
	{ "/a", { { "a", ABSENT }, { "a.html", RESOURCE_FORBIDDEN } },
		RESOURCE_FORBIDDEN, NULL, REASON_FILE_FORBIDDEN },
	{ "/a", { { "a", DIR_ }, { "a.html", RESOURCE_BROKEN } },
		RESOURCE_BROKEN, NULL, REASON_FILE_BROKEN },
	{ "/a/", { { "a/index.html", RESOURCE_FORBIDDEN } }, RESOURCE_FORBIDDEN,
		NULL, REASON_FILE_FORBIDDEN },
	/* what is no name is not asked for; what is hidden is not there */
	{ "/%", { { 0 } }, RESOURCE_UNNAMED, NULL, REASON_PATH_BAD_ESCAPE },
	{ "/%00", { { 0 } }, RESOURCE_UNNAMED, NULL, REASON_PATH_CONTROL },
	{ "/.git/config", { { "404.html", FILE_ } }, ABSENT, "404.html",
		REASON_FILE_ERROR_PAGE },
	{ "/.git/config", { { "404.html", ABSENT } }, ABSENT, NULL,
		REASON_FILE_ABSENT },
	/* the name is decoded, and stays below the root */
	{ "/%61/../b%20c", { { "b c", FILE_ } }, FILE_, "b c",
		REASON_FILE_EXACT },
	{ "/../../etc/passwd", { { "etc/passwd", FILE_ } }, FILE_, "etc/passwd",
		REASON_FILE_EXACT },
};

static const struct policy plain = { 0 };

static void check(size_t i, struct lookup *l)
{
	const struct lookup_case *c = &cases[i];
	struct request q = { .path = span_of(c->path) };
	unsigned tries = 0;

	lookup_start(l, &q, &plain);
	for (; l->state != LOOKUP_ENDED; tries++) {
		expect(tries < TRIES_MAX && c->tries[tries].name != NULL,
			"row %zu: asks for %s", i, l->name);
		expect(span_equal(
			       lookup_name(l), span_of(c->tries[tries].name)),
			"row %zu, try %u: %s", i, tries, l->name);
		assert_int_equal(l->name[l->len], '\0');
		(void)!lookup_next(l, c->tries[tries].found);
	}
	expect(tries == TRIES_MAX || c->tries[tries].name == NULL,
		"row %zu: asks %u times", i, tries);
}

static void names_are_tried_in_order(void **state)
{
	(void)state;
	static struct lookup l;

	for (size_t i = 0; i < array_count(cases); i++) {
		check(i, &l);
		expect(l.kind == cases[i].kind, "row %zu: kind %d", i,
			(int)l.kind);
		if (cases[i].name != NULL)
			expect(span_equal(
				       lookup_name(&l), span_of(cases[i].name)),
				"row %zu: name", i);
		assert_true(l.trail.count > 0);
		enum reason last = l.trail.steps[l.trail.count - 1].reason;
		expect(last == cases[i].last, "row %zu: reason %d", i,
			(int)last);
	}
}

/* What else a site may want: --spa, --listing. */
static const struct {
	const char *path, *accept; /* NULL: no such field */
	bool is_spa, has_listings;
	struct {
		const char *name;
		enum resource_kind found;
	} tries[TRIES_MAX];
	enum resource_kind kind;
	const char *name;
	bool is_stand_in, varies_accept;
	enum reason last;
} wishes[] = {
#define HTML "text/html,application/xhtml+xml,*/*;q=0.8"
#define A_ \
	{ "a", ABSENT }, \
	{ \
		"a.html", ABSENT \
	}
	/* a navigation gets the application */
	{ "/a", HTML, true, false, { A_, { "index.html", FILE_ } }, FILE_,
		"index.html", true, true, REASON_FILE_FALLBACK },
	{ "/a/", HTML, true, false,
		{ { "a/index.html", ABSENT }, { "index.html", FILE_ } }, FILE_,
		"index.html", true, true, REASON_FILE_FALLBACK },
	{ "/a.b/c", HTML, true, false,
		{ { "a.b/c", ABSENT }, { "a.b/c.html", ABSENT },
			{ "index.html", FILE_ } },
		FILE_, "index.html", true, true, REASON_FILE_FALLBACK },
	/* what has an extension is an asset, and missing */
	{ "/a.js", HTML, true, false,
		{ { "a.js", ABSENT }, { "a.js.html", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, true, false, REASON_FILE_ABSENT },
	/* what does not ask for a page gets none; another Accept would */
	{ "/a", "*/*", true, false, { A_, { "404.html", FILE_ } }, ABSENT,
		"404.html", true, true, REASON_FILE_ERROR_PAGE },
	{ "/a", NULL, true, false, { A_, { "404.html", ABSENT } }, ABSENT, NULL,
		true, true, REASON_FILE_ABSENT },
	{ "/a", "text/html;q=0", true, false, { A_, { "404.html", ABSENT } },
		ABSENT, NULL, true, true, REASON_FILE_ABSENT },
	/* a file that is there is itself, for everybody */
	{ "/a", HTML, true, false, { { "a", FILE_ } }, FILE_, "a", false, false,
		REASON_FILE_EXACT },
	/* an application that has no index.html either */
	{ "/a", HTML, true, false,
		{ A_, { "index.html", ABSENT }, { "404.html", FILE_ } }, ABSENT,
		"404.html", true, true, REASON_FILE_ERROR_PAGE },
	{ "/a", HTML, true, false, { A_, { "index.html", RESOURCE_BUSY } },
		RESOURCE_BUSY, NULL, true, true, REASON_FILE_BUSY },
	/* hidden names are no routes, nor are the server's own files */
	{ "/.git", HTML, true, false, { { "404.html", ABSENT } }, ABSENT, NULL,
		true, false, REASON_FILE_ABSENT },
	{ "/_headers", HTML, true, true, { { "404.html", ABSENT } }, ABSENT,
		NULL, true, false, REASON_FILE_RULES },
	{ "/_redirects", NULL, false, false, { { "404.html", FILE_ } }, ABSENT,
		"404.html", true, false, REASON_FILE_ERROR_PAGE },
	{ "/a/../%5fredirects", NULL, false, false, { { "404.html", ABSENT } },
		ABSENT, NULL, true, false, REASON_FILE_RULES },
	/* below the root they are files like any other */
	{ "/a/_headers", NULL, false, false, { { "a/_headers", FILE_ } }, FILE_,
		"a/_headers", false, false, REASON_FILE_EXACT },
	/* a directory without an index is listed, if that is wanted */
	{ "/a/", NULL, false, true,
		{ { "a/index.html", ABSENT }, { "a/", DIR_ } },
		RESOURCE_LISTING, "a/", false, true, REASON_FILE_LISTING },
	{ "/", NULL, true, true, { { "index.html", ABSENT }, { ".", DIR_ } },
		RESOURCE_LISTING, "", false, true, REASON_FILE_LISTING },
	{ "/a/", NULL, false, true, { { "a/index.html", FILE_ } }, FILE_,
		"a/index.html", false, false, REASON_FILE_INDEX },
	{ "/a/", NULL, false, true,
		{ { "a/index.html", ABSENT }, { "a/", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, true, false, REASON_FILE_ABSENT },
	{ "/a/", NULL, false, true,
		{ { "a/index.html", ABSENT }, { "a/", RESOURCE_FORBIDDEN } },
		RESOURCE_FORBIDDEN, NULL, false, false, REASON_FILE_FORBIDDEN },
	{ "/a", NULL, false, true, { { "a", DIR_ }, { "a.html", ABSENT } },
		DIR_, "a", false, false, REASON_FILE_DIRECTORY },
};

static void wish_check(size_t i, struct lookup *l)
{
	const struct policy policy = { .is_spa = wishes[i].is_spa,
		.has_listings = wishes[i].has_listings };
	const struct test_field accept = { "Accept", wishes[i].accept };
	static struct request q;
	unsigned tries = 0;

	request_make(&q, &accept, wishes[i].accept != NULL);
	q.path = span_of(wishes[i].path);
	lookup_start(l, &q, &policy);
	for (; l->state != LOOKUP_ENDED; tries++) {
		const char *want = tries < TRIES_MAX
					   ? wishes[i].tries[tries].name
					   : NULL;
		expect(want != NULL, "wish %zu: asks for %s", i, l->name);
		expect(strcmp(l->name, want) == 0, "wish %zu, try %u: %s", i,
			tries, l->name);
		(void)!lookup_next(l, wishes[i].tries[tries].found);
	}
	expect(tries == TRIES_MAX || wishes[i].tries[tries].name == NULL,
		"wish %zu: asks %u times", i, tries);
}

static void wishes_are_granted(void **state)
{
	(void)state;
	static struct lookup l;

	for (size_t i = 0; i < array_count(wishes); i++) {
		wish_check(i, &l);
		expect(l.kind == wishes[i].kind, "wish %zu: kind %d", i,
			(int)l.kind);
		expect(wishes[i].name == NULL ||
				span_equal(lookup_name(&l),
					span_of(wishes[i].name)),
			"wish %zu: name", i);
		expect(l.is_stand_in == wishes[i].is_stand_in,
			"wish %zu: stands in", i);
		expect(l.varies_accept == wishes[i].varies_accept,
			"wish %zu: varies", i);
		enum reason last = l.trail.steps[l.trail.count - 1].reason;
		expect(last == wishes[i].last, "wish %zu: reason %d", i,
			(int)last);
	}
}

/* A name that no file can have is not cut short and then looked for. */
static void long_names_are_absent(void **state)
{
	(void)state;
	static char path[2 * LOOKUP_NAME_MAX];
	static struct lookup l;
	static const struct {
		size_t len; /* of the path */
		bool ends_in_slash;
		const char *asks; /* NULL: for the name itself */
	} rows[] = {
		{ LOOKUP_NAME_MAX - 1, false, NULL },
		{ LOOKUP_NAME_MAX, false, "404.html" },
		{ LOOKUP_NAME_MAX + 1, false, "404.html" },
		{ 2 * LOOKUP_NAME_MAX, false, "404.html" },
		/* no room for index.html behind it */
		{ LOOKUP_NAME_MAX - 1, true, "404.html" },
		{ LOOKUP_NAME_MAX - 9, true, "404.html" },
		{ LOOKUP_NAME_MAX - 10, true, NULL },
		{ LOOKUP_NAME_MAX - 9, false, NULL },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		memset(path, 'a', sizeof path);
		path[0] = '/';
		if (rows[i].ends_in_slash)
			path[rows[i].len - 1] = '/';
		struct request q = { .path = { path, rows[i].len } };
		lookup_start(&l, &q, &plain);
		if (rows[i].asks != NULL)
			expect(span_equal(
				       lookup_name(&l), span_of(rows[i].asks)),
				"row %zu: %s", i, l.name);
		else
			expect(l.len == rows[i].len - 1 +
						(rows[i].ends_in_slash ? 10
								       : 0),
				"row %zu: %zu", i, l.len);
		while (l.state != LOOKUP_ENDED) {
			expect(l.len < sizeof l.name, "row %zu: long", i);
			(void)!lookup_next(&l, RESOURCE_ABSENT);
		}
		assert_int_equal(l.kind, RESOURCE_ABSENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_tried_in_order),
		cmocka_unit_test(wishes_are_granted),
		cmocka_unit_test(long_names_are_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

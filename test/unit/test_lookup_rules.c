/*
 * How the rules of _redirects come between a target and the names that are
 * tried for it (hstatic(1), RULES): forced ones before everything, the others
 * where nothing is found, and none after another.
 */
#include "support.h"

#include <stdlib.h>

#include "http/lookup.h"
#include "http/redirects.h"

#define TRIES_MAX 6

static const char rules[] = "/plain /to\n"
			    "/forced /to 302!\n"
			    "/w/:x /found/:x 200\n"
			    "/w2 /a/../dir 200\n"
			    "/page /sorry.html 404\n"
			    "/like/* /404 404\n"
			    "/both/* /first 301\n"
			    "/both/x /second 302!\n"
			    "/gone/* /w/:splat 200\n"
			    "/s/* /:splat/ 307\n";

#define ABSENT RESOURCE_ABSENT
#define FILE_  RESOURCE_FILE
#define DIR_   RESOURCE_DIRECTORY
#define MOVED  RESOURCE_MOVED

static const struct {
	const char *path;
	struct {
		const char *name;
		enum resource_kind found;
	} tries[TRIES_MAX];
	enum resource_kind kind;
	const char *end; /* the name, or the location */
	unsigned status; /* of MOVED */
	bool is_stand_in;
	enum reason last;
} cases[] = {
	/* where there is nothing */
	{ "/plain", { { "plain", ABSENT }, { "plain.html", ABSENT } }, MOVED,
		"/to?q", 301, false, REASON_RULE_APPLIES },
	{ "/plain", { { "plain", FILE_ } }, FILE_, "plain", 0, false,
		REASON_FILE_EXACT },
	{ "/plain", { { "plain", DIR_ }, { "plain.html", ABSENT } }, DIR_,
		"plain", 0, false, REASON_FILE_DIRECTORY },
	{ "/plain/", { { "plain/index.html", ABSENT }, { "plain/", ABSENT } },
		MOVED, "/to?q", 301, false, REASON_RULE_APPLIES },
	/* a failure is not nothing */
	{ "/plain", { { "plain", RESOURCE_FORBIDDEN } }, RESOURCE_FORBIDDEN,
		NULL, 0, false, REASON_FILE_FORBIDDEN },
	/* whatever is there: nothing is asked for */
	{ "/forced", { { 0 } }, MOVED, "/to?q", 302, false,
		REASON_RULE_FORCED },
	/* the first rule where there is nothing, the forced one elsewhere */
	{ "/both/x", { { "both/x", ABSENT }, { "both/x.html", ABSENT } }, MOVED,
		"/first?q", 301, false, REASON_RULE_APPLIES },
	{ "/both/x", { { "both/x", FILE_ } }, MOVED, "/second?q", 302, false,
		REASON_RULE_FORCED },
	{ "/both/x", { { "both/x", DIR_ }, { "both/x.html", ABSENT } }, MOVED,
		"/second?q", 302, false, REASON_RULE_FORCED },
	{ "/both/y", { { "both/y", FILE_ } }, FILE_, "both/y", 0, false,
		REASON_FILE_EXACT },
	/* a rewrite is a search of its own */
	{ "/w/7",
		{ { "w/7", ABSENT }, { "w/7.html", ABSENT },
			{ "found/7", FILE_ } },
		FILE_, "found/7", 0, true, REASON_FILE_EXACT },
	{ "/w/7",
		{ { "w/7", ABSENT }, { "w/7.html", ABSENT },
			{ "found/7", ABSENT }, { "found/7.html", FILE_ } },
		FILE_, "found/7.html", 0, true, REASON_FILE_HTML },
	/* a directory answers at once: its slash is nobody's affair */
	{ "/w2/",
		{ { "w2/index.html", ABSENT }, { "w2/", ABSENT },
			{ "dir", DIR_ }, { "dir.html", ABSENT },
			{ "dir/index.html", FILE_ } },
		FILE_, "dir/index.html", 0, true, REASON_FILE_INDEX },
	/* a directory without an index is not listed under another's path */
	{ "/w2",
		{ { "w2", ABSENT }, { "w2.html", ABSENT }, { "dir", DIR_ },
			{ "dir.html", ABSENT }, { "dir/index.html", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, 0, true, REASON_FILE_ABSENT },
	/* but under its own */
	{ "/own/", { { "own/index.html", ABSENT }, { "own/", DIR_ } },
		RESOURCE_LISTING, "own/", 0, false, REASON_FILE_LISTING },
	/* to what another rule would rewrite: one is enough */
	{ "/gone/7",
		{ { "gone/7", ABSENT }, { "gone/7.html", ABSENT },
			{ "w/7", ABSENT }, { "w/7.html", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, 0, true, REASON_FILE_ABSENT },
	/* a page with status 404 */
	{ "/page",
		{ { "page", ABSENT }, { "page.html", ABSENT },
			{ "sorry.html", FILE_ } },
		ABSENT, "sorry.html", 0, true, REASON_FILE_REWRITTEN },
	{ "/page",
		{ { "page", ABSENT }, { "page.html", ABSENT },
			{ "sorry.html", ABSENT }, { "sorry.html.html", ABSENT },
			{ "404.html", ABSENT } },
		ABSENT, NULL, 0, true, REASON_FILE_ABSENT },
	{ "/page",
		{ { "page", ABSENT }, { "page.html", ABSENT },
			{ "sorry.html", RESOURCE_BROKEN },
			{ "404.html", FILE_ } },
		ABSENT, "404.html", 0, true, REASON_FILE_ERROR_PAGE },
	/* which is looked up like any other name */
	{ "/like/x",
		{ { "like/x", ABSENT }, { "like/x.html", ABSENT },
			{ "404", ABSENT }, { "404.html", FILE_ } },
		ABSENT, "404.html", 0, true, REASON_FILE_REWRITTEN },
	{ "/like/x",
		{ { "like/x", ABSENT }, { "like/x.html", ABSENT },
			{ "404", DIR_ }, { "404.html", ABSENT },
			{ "404/index.html", FILE_ } },
		ABSENT, "404/index.html", 0, true, REASON_FILE_REWRITTEN },
	/* what is hidden or the server's own has no rules */
	{ "/.s/plain", { { "404.html", ABSENT } }, ABSENT, NULL, 0, true,
		REASON_FILE_ABSENT },
	/* no captured slash begins an authority */
	{ "/s//evil//x",
		{ { "s/evil/x", ABSENT }, { "s/evil/x.html", ABSENT } }, MOVED,
		"/evil/x/?q", 307, false, REASON_RULE_APPLIES },
};

static struct redirects redirects;
static char decoded[sizeof rules];

static void no_report(struct rules_report *r, unsigned line, struct span words)
{
	(void)r;
	fail_msg("line %u: %.*s", line, (int)words.len, words.at);
}

static void check(size_t i, struct lookup *l)
{
	const struct policy policy = { .redirects = &redirects,
		.has_listings = true };
	struct request q = { .path = span_of(cases[i].path),
		.query = SPAN("?q") };
	unsigned tries = 0;

	lookup_start(l, &q, &policy);
	for (; l->state != LOOKUP_ENDED; tries++) {
		const char *want = tries < TRIES_MAX
					   ? cases[i].tries[tries].name
					   : NULL;
		expect(want != NULL, "row %zu: asks for %s", i, l->name);
		expect(strcmp(l->name, want) == 0, "row %zu, try %u: %s", i,
			tries, l->name);
		bool is_taken = lookup_next(l, cases[i].tries[tries].found);
		bool is_served = cases[i].tries[tries].found == FILE_ &&
				 cases[i].kind != MOVED;
		expect(is_taken == is_served, "row %zu, try %u: taken", i,
			tries);
	}
	expect(tries == TRIES_MAX || cases[i].tries[tries].name == NULL,
		"row %zu: asks %u times", i, tries);
}

static void rules_come_where_they_should(void **state)
{
	(void)state;
	static struct lookup l;
	struct rules_report report = { .say = no_report };
	struct text storage = text_in(decoded, sizeof decoded);

	redirects_parse(&redirects, SPAN(rules), &storage, &report);
	for (size_t i = 0; i < array_count(cases); i++) {
		check(i, &l);
		expect(l.kind == cases[i].kind, "row %zu: kind %d", i,
			(int)l.kind);
		struct span end = l.kind == MOVED ? lookup_location(&l)
						  : lookup_name(&l);
		expect(cases[i].end == NULL ||
				span_equal(end, span_of(cases[i].end)),
			"row %zu: %.*s", i, (int)end.len, end.at);
		expect(l.status == cases[i].status, "row %zu: %u", i, l.status);
		expect(l.is_stand_in == cases[i].is_stand_in,
			"row %zu: stands in", i);
		enum reason last = l.trail.steps[l.trail.count - 1].reason;
		expect(last == cases[i].last, "row %zu: reason %d", i,
			(int)last);
	}
}

/* A Location that nobody would take: 414, as the client asked for it. */
static void long_locations_are_not_made(void **state)
{
	(void)state;
	static char path[LOOKUP_NAME_MAX];
	static struct lookup l;
	static const char text[] = "/x/* /:splat/:splat/:splat 301!\n";
	struct rules_report report = { .say = no_report };
	struct text storage = text_in(decoded, sizeof decoded);
	const struct policy policy = { .redirects = &redirects };

	redirects_parse(&redirects, SPAN(text), &storage, &report);
	memset(path, 'a', sizeof path);
	memcpy(path, "/x/", 3);
	/* Three times so much, and three slashes. */
	const size_t most = (LOOKUP_LOCATION_MAX - 3) / 3;
	for (size_t more = 0; more < 2; more++) {
		struct request q = { .path = { path, 3 + most + more } };
		lookup_start(&l, &q, &policy);
		assert_int_equal(l.state, LOOKUP_ENDED);
		assert_int_equal(
			l.kind, more ? RESOURCE_OVERLONG : RESOURCE_MOVED);
		if (!more)
			assert_int_equal(l.location_len, 3 * most + 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_come_where_they_should),
		cmocka_unit_test(long_locations_are_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Which media types Accept names (http/accept.h; RFC 9110 12.5.1, 12.4.2).
 */
#include "support.h"

#include "http/accept.h"

static const struct {
	const char *first, *second; /* lines; NULL: none */
	bool names_html;
} cases[] = {
	{ "text/html", NULL, true },
	{ "TEXT/HTML", NULL, true },
	{ "text/html,application/xhtml+xml,*/*;q=0.8", NULL, true },
	{ "image/png , text/html ; level=1", NULL, true },
	{ "image/png", "text/html", true },
	/* 12.5.1: a weight of 0 is not acceptable */
	{ "text/html;q=0", NULL, false },
	{ "text/html; Q=0.000", NULL, false },
	{ "text/html;level=1;q=0", NULL, false },
	{ "text/html;q=0.001", NULL, true },
	{ "text/html;q=1", NULL, true },
	/* a range includes it, and does not name it: what scripts send */
	{ "*/*", NULL, false },
	{ "text/*", NULL, false },
	{ "text/html2", NULL, false },
	{ "xtext/html", NULL, false },
	{ "application/json", NULL, false },
	{ "", NULL, false },
	{ NULL, NULL, false },
};

static void types_are_named(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(cases); i++) {
		const struct test_field fields[] = {
			{ "Accept", cases[i].first },
			{ "Accept", cases[i].second },
		};
		size_t count = (cases[i].first != NULL) +
			       (size_t)(cases[i].second != NULL);
		request_make(&q, fields, count);
		expect(accept_names(&q, SPAN("text/html")) ==
				cases[i].names_html,
			"row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

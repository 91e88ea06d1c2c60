/*
 * Priorities (http/priority.h): what a field value says, and what it does not
 * (RFC 9218 4; RFC 8941 3.2).
 */
#include "support.h"

#include "http/priority.h"

static const struct {
	const char *value;
	unsigned urgency;
	bool is_incremental;
} values[] = {
	{ "", 3, false },
	{ "u=0", 0, false },
	{ "u=7", 7, false },
	{ "i", 3, true },
	{ "u=5, i", 5, true },
	{ "i,u=1", 1, true },
	{ "i=?1", 3, true },
	{ "i=?0", 3, false },
	/* The last one counts (RFC 8941 3.2). */
	{ "u=1, u=6", 6, false },
	{ "i, i=?0", 3, false },
	/* Parameters and other members say nothing here (RFC 9218 4). */
	{ "u=2;x=1, i;y", 2, true },
	{ "x=9, u=4, uu=1, ii", 4, false },
	{ "a=\"u=0, i\", u=2", 2, false },
	/* Out of range, or of another type: as if it were not there. */
	{ "u=8", 3, false },
	{ "u=-1", 3, false },
	{ "u=10", 3, false },
	{ "u=", 3, false },
	{ "u", 3, false },
	{ "u=1.0", 3, false },
	{ "i=1", 3, false },
	{ "i=true", 3, false },
	{ "U=1, I", 3, false },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(values); i++) {
		struct priority p = priority_read(span_of(values[i].value));
		expect(p.urgency == values[i].urgency &&
				p.is_incremental == values[i].is_incremental,
			"\"%s\": %u %d", values[i].value, p.urgency,
			p.is_incremental);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

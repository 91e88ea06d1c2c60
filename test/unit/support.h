/*
 * What the unit tests share: cmocka with the headers it wants first, a
 * request built from literal field lines without a parser, trails compared
 * with what is expected, and a check that says which row of a table failed.
 * Must not know any single module's rules.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "http/reason.h"
#include "http/request.h"

/* Fails the test with a message in printf's manner unless `condition`. */
#define expect(condition, ...) \
	do { \
		if (!(condition)) \
			fail_msg(__VA_ARGS__); \
	} while (0)

struct test_field {
	const char *name, *value;
};

/*
 * Makes *out a GET of "/" in HTTP/1.1 with these fields: at most `max`, fewer
 * when a name is NULL. The values are taken as they stand and are borrowed.
 */
void request_make(
	struct request *out, const struct test_field *fields, size_t max);

/*
 * Has the trail these steps and no others? `want` has at most `max`; it ends
 * early at HEAD_PLAIN, which is 0 and which no module but the head notes.
 */
bool trail_equals(const struct trail *t, const enum reason *want, size_t max);

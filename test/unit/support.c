/*
 * The helpers of support.h. Fills a request in by hand, as the head's parser
 * would, so that a test of one module depends on no parser.
 */
#include "support.h"

void request_make(
	struct request *out, const struct test_field *fields, size_t max)
{
	*out = (struct request){
		.method = METHOD_GET,
		.minor = 1,
		.target = SPAN("/"),
		.path = SPAN("/"),
		.keeps_alive = true,
	};
	assert_true(max <= REQUEST_FIELDS_MAX);
	for (size_t i = 0; i < max && fields[i].name != NULL; i++) {
		struct span name = span_of(fields[i].name);
		out->fields[out->field_count] = (struct field_line){
			.name = name,
			.value = span_of(fields[i].value),
			.id = field_find(name),
		};
		request_add_line(out);
	}
}

bool trail_equals(const struct trail *t, const enum reason *want, size_t max)
{
	size_t count = 0;

	while (count < max && want[count] != REASON_HEAD_PLAIN)
		count++;
	if (t->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (t->steps[i].reason != want[i])
			return false;
	}
	return true;
}

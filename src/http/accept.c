/*
 * Accept (accept.h). Parameters of a media type other than its weight are
 * ignored: nothing that hstatic serves differs by them.
 */
#include "http/accept.h"

static enum fit fit_of(struct span range, struct span type)
{
	size_t slash = span_find(type, '/');

	if (span_equal_nocase(range, type))
		return FIT_WHOLE;
	if (span_equal(range, SPAN("*/*")))
		return FIT_ANY;
	if (range.len == slash + 2 && range.at[slash + 1] == '*' &&
		span_equal_nocase(span_first(range, slash + 1),
			span_first(type, slash + 1)))
		return FIT_TYPE;
	return FIT_NONE;
}

/* The weight among the parameters, each with its semicolon before it. */
static int weight_find(struct span parameters)
{
	while (parameters.len > 0) {
		parameters = span_skip(parameters, 1);
		size_t len = span_find(parameters, ';');
		struct span one = span_trim(span_first(parameters, len));
		parameters = span_skip(parameters, len);
		if (span_equal_nocase(span_first(one, 2), SPAN("q=")))
			return field_read_weight(span_skip(one, 2));
	}
	return FIELD_WEIGHT_ONE;
}

static void preference_add(
	struct preference *p, struct span element, struct span type)
{
	size_t len = span_find(element, ';');
	enum fit fit = fit_of(span_trim(span_first(element, len)), type);
	int weight = weight_find(span_skip(element, len));

	if (fit > p->fit ||
		(fit == p->fit && fit != FIT_NONE && weight > p->weight))
		*p = (struct preference){ fit, weight };
}

struct preference accept_find(const struct request *q, struct span type)
{
	struct preference found = { FIT_NONE, 0 };
	struct span list, element;
	unsigned at = 0;

	while (request_next_line(q, FIELD_ACCEPT, &at, &list)) {
		while (field_take_element(&list, &element))
			preference_add(&found, element, type);
	}
	return found;
}

bool accept_names(const struct request *q, struct span type)
{
	struct preference p = accept_find(q, type);

	return p.fit == FIT_WHOLE && p.weight > 0;
}

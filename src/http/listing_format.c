/*
 * The form of a listing (listing_format.h): of the two, the one that the
 * client prefers. Parameters of a media type other than its weight are
 * ignored.
 */
#include "http/listing_format.h"

#include "base/attr.h"

static const struct {
	struct span name;
	enum listing_format format;
} names[] = {
	{ SPAN("json"), LISTING_JSON },
	{ SPAN("html"), LISTING_HTML },
};

/* The first "format" of the query that we know. */
static bool query_find(struct span query, enum listing_format *out)
{
	while (query.len > 0) {
		query = span_skip(query, 1); /* the '?' or an '&' */
		struct span pair = span_first(query, span_find(query, '&'));
		query = span_skip(query, pair.len);
		if (!span_starts(pair, SPAN("format=")))
			continue;
		pair = span_skip(pair, sizeof "format=" - 1);
		for (size_t i = 0; i < array_count(names); i++) {
			if (span_equal(pair, names[i].name)) {
				*out = names[i].format;
				return true;
			}
		}
	}
	return false;
}

/* How well a media range fits, better first to count (RFC 9110 12.5.1). */
enum fit { FIT_NONE, FIT_ANY, FIT_TYPE, FIT_WHOLE };

struct preference {
	enum fit fit;
	int weight;
};

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

enum listing_format listing_format_choose(const struct request *q)
{
	struct preference html = { 0 }, json = { 0 };
	enum listing_format format;
	struct span list, element;
	unsigned at = 0;

	if (query_find(q->query, &format))
		return format;
	while (request_next_line(q, FIELD_ACCEPT, &at, &list)) {
		while (field_take_element(&list, &element)) {
			preference_add(&html, element, SPAN("text/html"));
			preference_add(
				&json, element, SPAN("application/json"));
		}
	}
	if (json.weight == 0 || json.weight < html.weight)
		return LISTING_HTML;
	return json.weight > html.weight || json.fit > html.fit ? LISTING_JSON
								: LISTING_HTML;
}

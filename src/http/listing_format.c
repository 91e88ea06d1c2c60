/*
 * The form of a listing (listing_format.h): of the two, the one that the
 * client prefers.
 */
#include "http/listing_format.h"

#include "base/attr.h"
#include "http/accept.h"

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

enum listing_format listing_format_choose(const struct request *q)
{
	enum listing_format format;

	if (query_find(q->query, &format))
		return format;
	struct preference html = accept_find(q, SPAN("text/html"));
	struct preference json = accept_find(q, SPAN("application/json"));
	if (json.weight == 0 || json.weight < html.weight)
		return LISTING_HTML;
	return json.weight > html.weight || json.fit > html.fit ? LISTING_JSON
								: LISTING_HTML;
}

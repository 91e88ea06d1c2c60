/*
 * Conditional requests (RFC 9110 13): the input is field lines. A verdict has
 * a field that calls for it; a field that another one overrides (13.1.3,
 * 13.1.4) changes nothing; a weak tag never opens a range (13.1.5).
 */
#include "fuzz.h"

#include "http/cond.h"

/* All lines but those of the field `without`. */
static void request_read(
	struct request *q, struct span rest, enum field without)
{
	struct span line;
	unsigned count = 0;

	memset(q, 0, offsetof(struct request, fields));
	q->method = METHOD_GET;
	q->minor = 1;
	/* As many whatever is left out: the next would move up. */
	while (count < REQUEST_FIELDS_MAX && fuzz_take_line(&rest, &line)) {
		size_t colon = span_find(line, ':');
		enum field id = field_find(span_first(line, colon));
		count++;
		if (colon < line.len && id != FIELD_OTHER && id != without)
			fuzz_add_field(q, id, span_skip(line, colon + 1));
	}
}

static enum cond_verdict verdict_without(
	struct span lines, const struct validators *v, enum field without)
{
	static struct request q;
	struct trail trail = { 0 };

	request_read(&q, lines, without);
	return cond_check(&q, v, &trail);
}

static void check_verdict(struct span lines, const struct validators *v)
{
	static struct request q;
	struct trail trail = { 0 };

	request_read(&q, lines, FIELD_OTHER);
	enum cond_verdict verdict = cond_check(&q, v, &trail);
	bool has_match = request_has(&q, FIELD_IF_MATCH);
	bool has_unmodified = request_has(&q, FIELD_IF_UNMODIFIED_SINCE);
	bool has_none = request_has(&q, FIELD_IF_NONE_MATCH);
	bool has_modified = request_has(&q, FIELD_IF_MODIFIED_SINCE);

	if (verdict == COND_FAILED)
		assert(has_match || has_unmodified);
	if (verdict == COND_NOT_MODIFIED)
		assert(has_none || has_modified);
	bool has_any = has_match || has_unmodified || has_none || has_modified;
	assert(has_any == (trail.count > 0));
	/* 13.1.3 and 13.1.4: ignored beside the field with tags. */
	if (has_match)
		assert(verdict ==
			verdict_without(lines, v, FIELD_IF_UNMODIFIED_SINCE));
	if (has_none)
		assert(verdict ==
			verdict_without(lines, v, FIELD_IF_MODIFIED_SINCE));
	/* 13.2.2: the first two alone decide on failure. */
	if (verdict == COND_FAILED)
		assert(verdict_without(lines, v, FIELD_IF_NONE_MATCH) ==
			COND_FAILED);
	assert(verdict == verdict_without(lines, v, FIELD_IF_RANGE));
}

static void check_range(struct span lines, const struct validators *v)
{
	static struct request q;
	struct trail trail = { 0 };

	request_read(&q, lines, FIELD_OTHER);
	bool applies = cond_range_applies(&q, v, &trail);
	if (!request_has(&q, FIELD_IF_RANGE)) {
		assert(applies && trail.count == 0);
		return;
	}
	assert(trail.count == 1);
	struct span value = request_value(&q, FIELD_IF_RANGE);
	if (!request_has_one(&q, FIELD_IF_RANGE) ||
		span_starts(value, SPAN("W/")))
		assert(!applies);
	if (applies && value.at[0] == '"')
		assert(span_equal(value, v->etag));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct validators all[] = {
		{ .etag = { "\"abc\"", 5 },
			.modified = 784111777,
			.now = 784111877 },
		{ .etag = { "\"a,b\\\"", 6 },
			.modified = 784111777,
			.now = 784111777 },
	};

	for (size_t i = 0; i < array_count(all); i++) {
		check_verdict(fuzz_span(bytes, size), &all[i]);
		check_range(fuzz_span(bytes, size), &all[i]);
	}
	return 0;
}

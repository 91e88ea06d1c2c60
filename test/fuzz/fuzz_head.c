/*
 * Heads (RFC 9112 2 to 6): a head is read from its own bytes alone, no matter
 * how few or how many have come, and what is accepted is well formed. Must
 * not know how a connection feeds the parser.
 */
#include "fuzz.h"

#include "base/attr.h"
#include "http/head.h"

/* So small that the limits are met, and as they are by default. */
static const struct head_limits all_limits[] = {
	{ .line_max = 64, .head_max = 200, .field_max = 4, .body_max = 16 },
	{ .line_max = 8192,
		.head_max = 16384,
		.field_max = 100,
		.body_max = 1 << 20 },
};

static void check_fields(
	const struct request *q, const struct head_limits *limits)
{
	assert(q->field_count <= limits->field_max);
	for (unsigned i = 0; i < q->field_count; i++) {
		const struct field_line *f = &q->fields[i];
		assert(field_is_token(f->name));
		assert(f->id == field_find(f->name));
		assert(span_trim(f->value).len == f->value.len);
		for (size_t k = 0; k < f->value.len; k++) {
			uint8_t c = (uint8_t)f->value.at[k];
			assert(c == '\t' || (c >= ' ' && c != 0x7f));
		}
		/* first[] leads to the first line of the name, and no other. */
		if (f->id != FIELD_OTHER)
			assert(q->first[f->id] != 0 &&
				q->first[f->id] <= i + 1);
	}
}

static void check_target(const struct request *q)
{
	assert(q->target.len > 0);
	for (size_t i = 0; i < q->target.len; i++)
		assert((uint8_t)q->target.at[i] > ' ' &&
			q->target.at[i] < 0x7f);
	assert(q->query.len == 0 || q->query.at[0] == '?');
	if (q->form == TARGET_ORIGIN) {
		assert(q->path.len + q->query.len == q->target.len);
		assert(q->path.at == q->target.at);
	}
	if (q->method == METHOD_GET || q->method == METHOD_HEAD)
		assert(q->path.len > 0 && q->path.at[0] == '/');
	assert(span_find(q->path, '?') == q->path.len);
}

/* RFC 9112 6.3: the framing follows from the fields, without a doubt left. */
static void check_framing(
	const struct request *q, const struct head_limits *limits)
{
	bool has_length = request_has(q, FIELD_CONTENT_LENGTH);
	bool has_coding = request_has(q, FIELD_TRANSFER_ENCODING);

	assert(!(has_length && has_coding));
	assert(q->minor == 0 || request_has_one(q, FIELD_HOST));
	assert(has_coding == (q->framing == FRAMING_CHUNKED));
	assert(!has_coding || q->minor > 0);
	assert((q->framing == FRAMING_LENGTH) == (q->content_length > 0));
	assert(q->content_length <= limits->body_max);
	assert(!q->expects_continue || request_has(q, FIELD_EXPECT));
	assert(q->minor > 0 || !q->keeps_alive ||
		request_has(q, FIELD_CONNECTION));
}

static void check_accepted(const struct request *q,
	const struct head_limits *limits, struct span head)
{
	assert(head.len <= limits->head_max);
	assert(span_ends(head, SPAN("\r\n\r\n")));
	assert(fuzz_is_within(q->target, head));
	assert(q->target.len < limits->line_max);
	check_target(q);
	check_fields(q, limits);
	check_framing(q, limits);
}

static void check_refused(const struct request *q)
{
	static const unsigned statuses[] = { 400, 413, 414, 417, 421, 431, 501,
		505 };
	bool is_known = false;

	for (size_t i = 0; i < array_count(statuses); i++)
		is_known |= q->refusal == statuses[i];
	assert(is_known && q->refusal_reason != REASON_HEAD_PLAIN);
}

/* Fewer bytes are never more of a head; of an accepted one they are a part. */
static void check_prefixes(struct span bytes, const struct head_limits *limits,
	size_t size, bool is_refused)
{
	static struct request q;
	size_t end = size > 0 && !is_refused ? size : bytes.len;
	size_t step = 1 + end / 256;

	for (size_t len = 0; len < end; len += step) {
		size_t got = head_parse(span_first(bytes, len), limits, &q);
		bool is_partial = got == 0 && q.refusal == 0;
		assert(is_partial || (is_refused && q.refusal != 0));
	}
}

static void check(struct span bytes, const struct head_limits *limits)
{
	static struct request q, again;
	size_t size = head_parse(bytes, limits, &q);

	assert(size <= bytes.len);
	check_prefixes(bytes, limits, size, q.refusal != 0);
	if (q.refusal != 0) {
		check_refused(&q);
		return;
	}
	if (size == 0) {
		assert(bytes.len <= limits->head_max);
		return;
	}
	check_accepted(&q, limits, span_first(bytes, size));
	/* What follows a head has no part in it. */
	assert(head_parse(span_first(bytes, size), limits, &again) == size);
	assert(again.refusal == 0 && again.field_count == q.field_count);
	assert(span_equal(again.target, q.target));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < array_count(all_limits); i++)
		check(fuzz_span(bytes, size), &all_limits[i]);
	return 0;
}

/*
 * Request bodies (RFC 9112 6.2, 7.1): cut at whatever place, the verdict and
 * the end are the same; and a body that is found whole ends where a slow and
 * simple reading says it does.
 */
#include "fuzz.h"

#include "wire/intake.h"

struct outcome {
	enum intake_verdict verdict;
	size_t taken; /* of a body that is whole or goes on */
	uint64_t total;
};

/* Feeds bytes[0..at) and then the rest, both in pieces of `step`. */
static struct outcome intake_in_pieces(const struct request *q,
	struct span bytes, uint64_t max, size_t at, size_t step)
{
	struct intake in;
	struct outcome o = { .verdict = INTAKE_MORE };

	intake_start(&in, q);
	while (o.verdict == INTAKE_MORE && o.taken < bytes.len) {
		size_t end = o.taken < at ? at : bytes.len;
		size_t length = end - o.taken < step ? end - o.taken : step;
		struct span piece = span_first(
			span_skip(bytes, o.taken), length);
		size_t taken = 0;
		o.verdict = intake_take(&in, piece, max, &taken);
		if (o.verdict == INTAKE_MORE)
			assert(taken == length);
		assert(taken <= length);
		o.taken += taken;
	}
	o.total = in.total;
	assert(o.verdict == INTAKE_OVERLONG || in.total <= max ||
		!in.is_chunked);
	return o;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
	if (a->verdict != b->verdict)
		return false;
	return a->verdict == INTAKE_REFUSED || a->verdict == INTAKE_OVERLONG ||
	       (a->taken == b->taken && a->total == b->total);
}

/* Where the line at the start of `s` ends, its CRLF included. */
static size_t line_size(struct span s)
{
	const char *end = memmem(s.at, s.len, "\r\n", 2);

	assert(end != NULL);
	return (size_t)(end - s.at) + 2;
}

/* RFC 9112 7.1.3, of a body that was found whole; returns its data bytes. */
static uint64_t model_decode(struct span body)
{
	uint64_t total = 0, size;

	do {
		size_t line = line_size(body);
		size = 0;
		assert(ascii_hex(body.at[0]) >= 0);
		for (size_t i = 0; ascii_hex(body.at[i]) >= 0; i++)
			size = size * 16 + (uint64_t)ascii_hex(body.at[i]);
		body = span_skip(body, line);
		if (size > 0) {
			assert(body.len >= size + 2);
			body = span_skip(body, size);
			assert(span_starts(body, SPAN("\r\n")));
			body = span_skip(body, 2);
		}
		total += size;
	} while (size > 0);
	while (!span_starts(body, SPAN("\r\n")))
		body = span_skip(body, line_size(body));
	assert(body.len == 2);
	return total;
}

static void check(const struct request *q, struct span bytes, uint64_t max)
{
	size_t step = 1 + bytes.len / 256;
	struct outcome whole = intake_in_pieces(q, bytes, max, 0, SIZE_MAX);
	struct outcome single = intake_in_pieces(q, bytes, max, 0, 1);

	assert(is_same(&whole, &single));
	for (size_t at = 1; at < bytes.len; at += step) {
		struct outcome cut = intake_in_pieces(
			q, bytes, max, at, SIZE_MAX);
		assert(is_same(&whole, &cut));
	}
	if (whole.verdict != INTAKE_WHOLE)
		return;
	if (q->framing == FRAMING_LENGTH)
		assert(whole.taken == q->content_length);
	else
		assert(model_decode(span_first(bytes, whole.taken)) ==
			whole.total);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct request q;
	struct span s = fuzz_span(bytes, size);

	memset(&q, 0, offsetof(struct request, fields));
	q.framing = FRAMING_CHUNKED;
	check(&q, s, 1 << 20);
	check(&q, s, 16);
	check(&q, s, 0);
	if (size > 0) {
		q.framing = FRAMING_LENGTH;
		q.content_length = 1 + (uint64_t)bytes[0];
		check(&q, s, UINT64_MAX);
	}
	return 0;
}

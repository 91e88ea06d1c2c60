/*
 * The choice of a coding (RFC 9110 12.5.3): each line of the input is one
 * Accept-Encoding line. What is chosen exists; a variant that was not chosen
 * makes no difference by being away; nothing asked is identity.
 */
#include "fuzz.h"

#include "http/coding.h"

static struct resource resource_make(unsigned mask, unsigned order)
{
	static const uint64_t sizes[][CODING_COUNT] = {
		{ 1000, 300, 200, 100 },
		{ 1000, 100, 200, 300 },
		{ 10, 20, 20, 20 },
	};
	struct resource r = { .kind = RESOURCE_FILE };

	for (enum coding c = 0; c < CODING_COUNT; c++) {
		r.variants[c].exists = c == CODING_IDENTITY || mask & 1u << c;
		r.variants[c].size = sizes[order][c];
	}
	return r;
}

static enum coding choose(
	const struct request *q, unsigned mask, unsigned order)
{
	struct resource r = resource_make(mask, order);
	struct trail trail = { 0 };
	enum coding c = coding_choose(q, &r, &trail);

	assert(c < CODING_COUNT && r.variants[c].exists);
	assert(trail.count == 1);
	if (c != CODING_IDENTITY)
		assert(trail.steps[0].reason == REASON_CODING_CHOSEN &&
			trail.steps[0].a == c);
	return c;
}

static void check(const struct request *q, unsigned order)
{
	for (unsigned mask = 0; mask < 1u << CODING_COUNT; mask += 2) {
		enum coding best = choose(q, mask, order);
		for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++) {
			if (c != best)
				assert(choose(q, mask & ~(1u << c), order) ==
					best);
		}
		if (!request_has(q, FIELD_ACCEPT_ENCODING))
			assert(best == CODING_IDENTITY);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct request q;
	struct span rest = fuzz_span(bytes, size), line;

	memset(&q, 0, offsetof(struct request, fields));
	while (fuzz_take_line(&rest, &line))
		fuzz_add_field(&q, FIELD_ACCEPT_ENCODING, line);
	for (unsigned order = 0; order < 3; order++)
		check(&q, order);
	return 0;
}

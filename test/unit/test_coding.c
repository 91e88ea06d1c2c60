/*
 * The choice of a content coding (RFC 9110 12.5.3): weights, the star, what
 * is acceptable without being listed, and the ties that are ours to settle.
 */
#include "support.h"

#include "http/coding.h"

#define AE "Accept-Encoding"

struct row {
	struct test_field fields[3];
	uint64_t sizes[CODING_COUNT]; /* identity, gzip, br, zstd; 0: none */
	enum coding want;
	enum reason why;
};

#define IDENTITY CODING_IDENTITY
#define GZIP     CODING_GZIP
#define BR       CODING_BR
#define ZSTD     CODING_ZSTD

#define ABSENT  REASON_CODING_NONE_ASKED
#define ONLY    REASON_CODING_ONLY_IDENTITY
#define CHOSEN  REASON_CODING_CHOSEN
#define REFUSED REASON_CODING_REFUSED

/* Variants: all, smaller with each; gzip alone; none. */
#define ALL \
	{ \
		1000, 400, 300, 200 \
	}
#define PLAIN \
	{ \
		1000, 0, 0, 0 \
	}
#define ZIP \
	{ \
		1000, 400, 0, 0 \
	}

/* A row with one Accept-Encoding line. */
#define ROW(value, sizes, want, why) \
	{ \
		{ { AE, value } }, sizes, want, why \
	}

static const struct row rows[] = {
	/* 12.5.3: no field: any coding will do, and identity is the safest */
	{ { { 0 } }, ALL, IDENTITY, ABSENT },
	{ { { "Accept", "gzip" } }, ALL, IDENTITY, ABSENT },
	{ { { 0 } }, PLAIN, IDENTITY, ABSENT },
	/* nothing to choose from */
	ROW("gzip", PLAIN, IDENTITY, ONLY),
	ROW("identity;q=0", PLAIN, IDENTITY, ONLY),
	/* 12.5.3: an empty value wants no coding */
	ROW("", ALL, IDENTITY, CHOSEN),
	ROW(" , ,", ALL, IDENTITY, CHOSEN),
	/* one coding, listed */
	ROW("gzip", ALL, GZIP, CHOSEN),
	ROW("br", ALL, BR, CHOSEN),
	ROW("zstd", ALL, ZSTD, CHOSEN),
	ROW("identity", ALL, IDENTITY, CHOSEN),
	/* what does not exist, or is not known */
	ROW("br", ZIP, IDENTITY, CHOSEN),
	ROW("zstd, gzip;q=0.1", ZIP, GZIP, CHOSEN),
	ROW("compress", ALL, IDENTITY, CHOSEN),
	ROW("compress, deflate, gzip", ALL, GZIP, CHOSEN),
	ROW("gzi, gzipp, xgzip", ALL, IDENTITY, CHOSEN),
	/* 8.4.1: codings are case-insensitive; 8.4.1.3: x-gzip */
	ROW("GZip", ALL, GZIP, CHOSEN),
	ROW("BR", ALL, BR, CHOSEN),
	ROW("x-gzip", ALL, GZIP, CHOSEN),
	ROW("X-GZIP;q=0.5", ALL, GZIP, CHOSEN),
	/* the highest weight first */
	ROW("gzip;q=1, br;q=0.9, zstd;q=0.8", ALL, GZIP, CHOSEN),
	ROW("zstd;q=0.8, br;q=0.9, gzip", ALL, GZIP, CHOSEN),
	ROW("gzip;q=0.001, br;q=0.002", ALL, BR, CHOSEN),
	ROW("gzip;q=0.12, br;q=0.119", ALL, GZIP, CHOSEN),
	ROW("gzip;q=0.999, br;q=1.000", ALL, BR, CHOSEN),
	/* then the smallest */
	ROW("gzip, br, zstd", ALL, ZSTD, CHOSEN),
	{ { { AE, "gzip, br, zstd" } }, { 1000, 90, 91, 92 }, GZIP, CHOSEN },
	{ { { AE, "gzip, br, zstd" } }, { 1000, 91, 90, 92 }, BR, CHOSEN },
	/* then zstd, br, gzip */
	{ { { AE, "gzip, br, zstd" } }, { 1000, 90, 90, 90 }, ZSTD, CHOSEN },
	{ { { AE, "gzip, br" } }, { 1000, 90, 90, 90 }, BR, CHOSEN },
	{ { { AE, "identity, gzip" } }, { 90, 90, 0, 0 }, GZIP, CHOSEN },
	/* identity, not listed, comes last, even when it is smaller */
	{ { { AE, "gzip;q=0.001" } }, { 10, 400, 0, 0 }, GZIP, CHOSEN },
	/* listed, it competes */
	ROW("identity, gzip;q=0.5", ZIP, IDENTITY, CHOSEN),
	ROW("identity;q=0.5, gzip", ZIP, GZIP, CHOSEN),
	ROW("identity, gzip", ZIP, GZIP, CHOSEN),
	{ { { AE, "identity, gzip" } }, { 10, 400, 0, 0 }, IDENTITY, CHOSEN },
	/* 12.4.2: a weight of 0 is not acceptable */
	ROW("gzip;q=0", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=0.000", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=0, br", ALL, BR, CHOSEN),
	/* 12.5.3: identity is excluded by identity;q=0 or *;q=0 */
	ROW("identity;q=0, gzip;q=0.001", ZIP, GZIP, CHOSEN),
	ROW("identity;q=0", ZIP, IDENTITY, REFUSED),
	ROW("*;q=0", ALL, IDENTITY, REFUSED),
	ROW("gzip;q=0, *;q=0", ALL, IDENTITY, REFUSED),
	ROW("br, identity;q=0", ZIP, IDENTITY, REFUSED),
	ROW("identity;q=0.5, *;q=0", ALL, IDENTITY, CHOSEN),
	ROW("gzip, *;q=0", ALL, GZIP, CHOSEN),
	/* 12.5.3: "*" is any coding that is not listed */
	ROW("*", ALL, ZSTD, CHOSEN),
	ROW("*", ZIP, GZIP, CHOSEN),
	ROW("zstd;q=0, *", ALL, BR, CHOSEN),
	ROW("*, zstd;q=0", ALL, BR, CHOSEN),
	ROW("zstd;q=0.5, *;q=0.6", ALL, BR, CHOSEN),
	ROW("zstd;q=0.5, *;q=0.4", ALL, ZSTD, CHOSEN),
	/* identity among them */
	ROW("gzip;q=0.5, *", ZIP, IDENTITY, CHOSEN),
	{ { { AE, "*" } }, { 10, 400, 300, 200 }, IDENTITY, CHOSEN },
	ROW("**", ALL, IDENTITY, CHOSEN),
	/* 12.4.2: weight = OWS ";" OWS "q=" qvalue */
	ROW("gzip ; q=0.5, br;\tq=0.6", ALL, BR, CHOSEN),
	ROW("gzip;Q=0.5, br;Q=0.4", ALL, GZIP, CHOSEN),
	ROW("gzip;q=1., br;q=0.", ALL, GZIP, CHOSEN),
	ROW("gzip;q=1.0, br;q=0.9", ALL, GZIP, CHOSEN),
	ROW("gzip;q=0.9,br;q=0.8", ALL, GZIP, CHOSEN),
	/* a weight that is not valid refuses its coding */
	ROW("gzip;q=2", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=1.001", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=0.1234", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=1.0000", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=9.999", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=-1", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=+1", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=.5", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=01", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=1,0", ZIP, GZIP, CHOSEN), /* a coding named "0" */
	ROW("gzip;q=0x1", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=0.5x", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q =1", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q= 1", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=\"1\"", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;level=9", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=1;level=9", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=x, br;q=0.1", ALL, BR, CHOSEN),
	ROW("br gzip", ALL, IDENTITY, CHOSEN),
	ROW("identity;q=x, gzip;q=0.1", ZIP, GZIP, CHOSEN),
	ROW("identity;q=x", ZIP, IDENTITY, REFUSED),
	/* twice the same coding: the lower weight */
	ROW("gzip, gzip;q=0", ZIP, IDENTITY, CHOSEN),
	ROW("gzip;q=0, gzip", ZIP, IDENTITY, CHOSEN),
	ROW("gzip, x-gzip;q=0.5, br;q=0.6", ALL, BR, CHOSEN),
	/* 5.3: the lines make one list */
	{ { { AE, "gzip;q=0.5" }, { AE, "br" } }, ALL, BR, CHOSEN },
	{ { { AE, "br" }, { "Host", "a" }, { AE, "br;q=0" } }, ALL, IDENTITY,
		CHOSEN },
	{ { { AE, "" }, { AE, "gzip" } }, ALL, GZIP, CHOSEN },
	/* what browsers say */
	ROW("gzip, deflate, br, zstd", ALL, ZSTD, CHOSEN),
	ROW("gzip, deflate, br", ALL, BR, CHOSEN),
	ROW("gzip, deflate", ALL, GZIP, CHOSEN),
};

static struct resource resource_of(const uint64_t sizes[CODING_COUNT])
{
	struct resource r = { .kind = RESOURCE_FILE };

	for (unsigned i = 0; i < CODING_COUNT; i++) {
		r.variants[i].exists = sizes[i] > 0;
		r.variants[i].size = sizes[i];
	}
	return r;
}

static void choose_by_table(void **state unused)
{
	static struct request q;

	for (size_t i = 0; i < array_count(rows); i++) {
		const struct row *c = &rows[i];
		struct resource r = resource_of(c->sizes);
		struct trail t = { 0 };
		request_make(&q, c->fields, array_count(c->fields));
		enum coding got = coding_choose(&q, &r, &t);
		expect(got == c->want, "row %zu, \"%s\": coding %d", i,
			c->fields[0].value, (int)got);
		expect(trail_equals(&t, &c->why, 1),
			"row %zu, \"%s\": other reasons", i,
			c->fields[0].value);
		if (c->why != CHOSEN)
			continue;
		assert_int_equal(t.steps[0].a, c->want);
		assert_int_equal(t.steps[0].b, c->sizes[c->want]);
	}
}

#define BIT(coding) (1u << (coding))
#define ALL_THREE   (BIT(GZIP) | BIT(BR) | BIT(ZSTD))

/* What we made: it is a variant like another, but for ranges. */
static const struct {
	enum method method;
	struct test_field fields[2];
	unsigned made; /* of gzip, br and zstd */
	enum coding want;
	enum reason why;
} made_rows[] = {
	{ METHOD_GET, { { AE, "gzip, br, zstd" } }, ALL_THREE, BR, CHOSEN },
	{ METHOD_GET, { { AE, "gzip, br;q=0.9" } }, ALL_THREE, GZIP, CHOSEN },
	/* 14.2: ranges are of what the site has */
	{ METHOD_GET, { { AE, "gzip, br" }, { "Range", "bytes=0-9" } },
		ALL_THREE, IDENTITY, REASON_CODING_MADE_NO_RANGE },
	{ METHOD_GET, { { AE, "gzip, br" }, { "Range", "bytes=0-9" } },
		BIT(BR) | BIT(ZSTD), GZIP, CHOSEN },
	{ METHOD_GET, { { AE, "br" }, { "Range", "bytes=0-9" } },
		BIT(BR) | BIT(ZSTD), IDENTITY, CHOSEN },
	/* even one that will be ignored; but Range is for GET only */
	{ METHOD_GET, { { AE, "gzip" }, { "Range", "lines=0-9" } }, ALL_THREE,
		IDENTITY, REASON_CODING_MADE_NO_RANGE },
	{ METHOD_HEAD, { { AE, "gzip" }, { "Range", "bytes=0-9" } }, ALL_THREE,
		GZIP, CHOSEN },
};

static void choose_made(void **state unused)
{
	static const uint64_t sizes[CODING_COUNT] = { 1000, 500, 300, 400 };
	static struct request q;

	for (size_t i = 0; i < array_count(made_rows); i++) {
		struct resource r = resource_of(sizes);
		struct trail t = { 0 };
		for (enum coding c = GZIP; c < CODING_COUNT; c++)
			r.variants[c].is_made = made_rows[i].made & BIT(c);
		request_make(&q, made_rows[i].fields, 2);
		q.method = made_rows[i].method;
		enum coding got = coding_choose(&q, &r, &t);
		expect(got == made_rows[i].want, "row %zu: %d", i, (int)got);
		expect(trail_equals(&t, &made_rows[i].why, 1),
			"row %zu: other reasons", i);
	}
}

/* What is worth making for those who come later. */
static const struct {
	struct test_field fields[2];
	uint64_t size;
	unsigned unmade;
	enum coding chosen;
	unsigned want;
} wanted_rows[] = {
	{ { { AE, "gzip, deflate, br, zstd" } }, 1000, ALL_THREE, IDENTITY,
		ALL_THREE },
	{ { { AE, "gzip" } }, 1000, ALL_THREE, IDENTITY, BIT(GZIP) },
	{ { { AE, "*" } }, 1000, ALL_THREE, IDENTITY, ALL_THREE },
	{ { { AE, "*, br;q=0" } }, 1000, ALL_THREE, IDENTITY,
		BIT(GZIP) | BIT(ZSTD) },
	{ { { AE, "identity;q=0" } }, 1000, ALL_THREE, IDENTITY, 0 },
	{ { { 0 } }, 1000, ALL_THREE, IDENTITY, 0 },
	/* not what this client would not get all the same */
	{ { { AE, "identity, br;q=0.5" } }, 1000, ALL_THREE, IDENTITY, 0 },
	{ { { AE, "br, gzip;q=0.5, zstd" } }, 1000, BIT(GZIP) | BIT(ZSTD), BR,
		BIT(ZSTD) },
	/* not what is there, or has been asked for */
	{ { { AE, "gzip, br" } }, 1000, BIT(BR), GZIP, BIT(BR) },
	{ { { AE, "gzip, br" } }, 1000, 0, IDENTITY, 0 },
	/* the limits */
	{ { { AE, "gzip" } }, CODING_MADE_MIN - 1, ALL_THREE, IDENTITY, 0 },
	{ { { AE, "gzip" } }, CODING_MADE_MIN, ALL_THREE, IDENTITY, BIT(GZIP) },
	{ { { AE, "gzip" } }, CODING_MADE_MAX, ALL_THREE, IDENTITY, BIT(GZIP) },
	{ { { AE, "gzip" } }, CODING_MADE_MAX + 1, ALL_THREE, IDENTITY, 0 },
	/* a range would not get it */
	{ { { AE, "gzip" }, { "Range", "bytes=0-9" } }, 1000, ALL_THREE,
		IDENTITY, 0 },
};

static void wanted_by_table(void **state unused)
{
	static const enum reason why = REASON_CODING_WANTED;
	static struct request q;

	for (size_t i = 0; i < array_count(wanted_rows); i++) {
		uint64_t sizes[CODING_COUNT] = { wanted_rows[i].size };
		struct resource r = resource_of(sizes);
		struct trail t = { 0 };
		r.unmade = wanted_rows[i].unmade;
		request_make(&q, wanted_rows[i].fields, 2);
		unsigned got = coding_wanted(&q, &r, wanted_rows[i].chosen, &t);
		expect(got == wanted_rows[i].want, "row %zu: %x", i, got);
		expect(trail_equals(&t, &why, got != 0), "row %zu: reasons", i);
		if (got != 0)
			assert_int_equal(t.steps[0].a, got);
	}
}

/* An empty variant exists: its size is not what says so. */
static void choose_empty_variant(void **state unused)
{
	static const struct test_field field = { AE, "gzip" };
	static struct request q;
	struct resource r = { .kind = RESOURCE_FILE };
	struct trail t = { 0 };

	r.variants[IDENTITY].exists = r.variants[GZIP].exists = true;
	request_make(&q, &field, 1);
	assert_int_equal(coding_choose(&q, &r, &t), GZIP);
}

/* 8.4.1: the registered names. */
static void names(void **state unused)
{
	assert_true(span_equal(coding_name(IDENTITY), SPAN("identity")));
	assert_true(span_equal(coding_name(GZIP), SPAN("gzip")));
	assert_true(span_equal(coding_name(BR), SPAN("br")));
	assert_true(span_equal(coding_name(ZSTD), SPAN("zstd")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choose_by_table),
		cmocka_unit_test(choose_made),
		cmocka_unit_test(wanted_by_table),
		cmocka_unit_test(choose_empty_variant),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}

/*
 * What the fields of a head say together: Host (RFC 9112 3.2), the framing of
 * the body (6.1, 6.3), persistence (9.3) and Expect (RFC 9110 10.1.1), one
 * row per sentence, on requests that no parser made.
 */
#include "support.h"

#include "http/framing.h"

#define FIELDS_MAX 4
#define BODY_MAX   1000

struct framing_case {
	unsigned minor;
	struct test_field fields[FIELDS_MAX];
	unsigned refusal; /* 0: accepted */
	enum reason reason;
	enum framing framing;
	uint64_t length;
};

#define H \
	{ \
		"Host", "a" \
	}
#define CL(value) \
	{ \
		"Content-Length", value \
	}
#define TE(value) \
	{ \
		"Transfer-Encoding", value \
	}
#define BAD(reason)         400, REASON_##reason, FRAMING_NONE, 0
#define OK(framing, length) 0, REASON_HEAD_PLAIN, FRAMING_##framing, length

static const struct framing_case framings[] = {
	/* 3.2: 400 to a 1.1 request that lacks Host, or has more than one, or
	 * an invalid value */
	{ 1, { { 0 } }, BAD(HOST_MISSING) },
	{ 1, { H, H }, BAD(HOST_REPEATED) },
	{ 0, { H, H }, BAD(HOST_REPEATED) },
	{ 1, { { "Host", "a b" } }, BAD(HOST_INVALID) },
	{ 1, { { "Host", "a/b" } }, BAD(HOST_INVALID) },
	{ 1, { { "Host", "u@a" } }, BAD(HOST_INVALID) },
	{ 1, { { "Host", "a:65536" } }, BAD(HOST_INVALID) },
	{ 1, { { "Host", "" } }, OK(NONE, 0) },
	{ 0, { { 0 } }, OK(NONE, 0) },
	{ 2, { { 0 } }, BAD(HOST_MISSING) },
	/* 6.3, 7: without either field the body is of length zero */
	{ 1, { H }, OK(NONE, 0) },
	/* 6.3, 6: a valid Content-Length is the length */
	{ 1, { H, CL("7") }, OK(LENGTH, 7) },
	{ 0, { H, CL("7") }, OK(LENGTH, 7) },
	{ 1, { H, CL("0007") }, OK(LENGTH, 7) },
	{ 1, { H, CL("0") }, OK(NONE, 0) },
	/* RFC 9110 15.5.14: larger than we take, at the boundary */
	{ 1, { H, CL("1000") }, OK(LENGTH, 1000) },
	{ 1, { H, CL("1001") }, 413, REASON_BODY_TOO_LARGE, FRAMING_NONE, 0 },
	{ 1, { H, CL("18446744073709551615") }, 413, REASON_BODY_TOO_LARGE,
		FRAMING_NONE, 0 },
	/* 6.3, 5: an invalid one is 400; lists of equal ones MAY be repaired,
	 * and are not */
	{ 1, { H, CL("18446744073709551616") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("-1") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("+1") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("0x1") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("1.0") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("1 1") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("7, 7") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("7"), CL("7") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("7"), CL("8") }, BAD(LENGTH_INVALID) },
	{ 1, { H, CL("0"), CL("0") }, BAD(LENGTH_INVALID) },
	/* 6.3, 4: chunked as the final coding */
	{ 1, { H, TE("chunked") }, OK(CHUNKED, 0) },
	{ 1, { H, TE("CHUNKED") }, OK(CHUNKED, 0) },
	{ 1, { H, TE(" , chunked,") }, OK(CHUNKED, 0) },
	/* 6.3, 4: a final coding other than chunked is 400 in a request */
	{ 1, { H, TE("gzip") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("chunked, gzip") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("chunked"), TE("gzip") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("identity") }, BAD(TRANSFER_INVALID) },
	/* 7.1: chunked has no parameters; 6.1: applied only once */
	{ 1, { H, TE("chunked;a=b") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("chunked, chunked") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("chunked"), TE("chunked") }, BAD(TRANSFER_INVALID) },
	{ 1, { H, TE("chunke\xff") }, BAD(TRANSFER_INVALID) },
	/* 6.1: a coding that we do not understand SHOULD be 501 */
	{ 1, { H, TE("gzip, chunked") }, 501, REASON_TRANSFER_UNKNOWN,
		FRAMING_NONE, 0 },
	{ 1, { H, TE("gzip"), TE("chunked") }, 501, REASON_TRANSFER_UNKNOWN,
		FRAMING_NONE, 0 },
	/* 6.3, 3: both fields: an attempt at smuggling */
	{ 1, { H, CL("7"), TE("chunked") }, BAD(LENGTH_AND_CODING) },
	{ 1, { H, TE("chunked"), CL("0") }, BAD(LENGTH_AND_CODING) },
	/* 6.1: Transfer-Encoding in 1.0 is faulty framing */
	{ 0, { H, TE("chunked") }, BAD(TRANSFER_IN_1_0) },
};

static void bodies_are_framed_or_refused(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(framings); i++) {
		const struct framing_case *c = &framings[i];
		request_make(&q, c->fields, FIELDS_MAX);
		q.minor = c->minor;
		framing_check(&q, BODY_MAX);
		expect(q.refusal == c->refusal, "row %zu: %u", i, q.refusal);
		if (c->refusal != 0) {
			expect(q.refusal_reason == c->reason,
				"row %zu: reason %d", i, (int)q.refusal_reason);
			continue;
		}
		expect(q.framing == c->framing && q.content_length == c->length,
			"row %zu: framing %d, length %llu", i, (int)q.framing,
			(unsigned long long)q.content_length);
	}
}

static const struct {
	unsigned minor;
	struct test_field fields[FIELDS_MAX];
	bool keeps_alive;
} persistence[] = {
	/* 9.3: "close" present: no; else 1.1 or later: yes; else 1.0 with
	 * keep-alive: yes; otherwise no */
	{ 1, { H }, true },
	{ 2, { H }, true },
	{ 0, { H }, false },
	{ 0, { H, { "Connection", "keep-alive" } }, true },
	{ 0, { H, { "Connection", "Keep-Alive, x" } }, true },
	{ 0, { H, { "Connection", "keep-alive-not" } }, false },
	{ 0, { H, { "Connection", "keep-alive, close" } }, false },
	{ 1, { H, { "Connection", "close" } }, false },
	{ 1, { H, { "Connection", "CLOSE" } }, false },
	{ 1, { H, { "Connection", "x, close" } }, false },
	{ 1, { H, { "Connection", "x" }, { "Connection", "close" } }, false },
	{ 1, { H, { "Connection", "closed" } }, true },
	{ 1, { H, { "Connection", "keep-alive" } }, true },
	{ 1, { H, { "Connection", "" } }, true },
};

static void connections_persist_or_not(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(persistence); i++) {
		request_make(&q, persistence[i].fields, FIELDS_MAX);
		q.minor = persistence[i].minor;
		framing_check(&q, BODY_MAX);
		expect(q.refusal == 0 &&
				q.keeps_alive == persistence[i].keeps_alive,
			"row %zu", i);
	}
}

static const struct {
	unsigned minor;
	struct test_field fields[FIELDS_MAX];
	unsigned refusal;
	bool expects;
} expectations[] = {
	/* RFC 9110 10.1.1: case-insensitive; another expectation MAY be 417;
	 * in a 1.0 request it MUST be ignored */
	{ 1, { H }, 0, false },
	{ 1, { H, { "Expect", "100-continue" } }, 0, true },
	{ 1, { H, { "Expect", "100-Continue" } }, 0, true },
	{ 1, { H, { "Expect", "100-continue, 100-continue" } }, 0, true },
	{ 1, { H, { "Expect", "x" } }, 417, false },
	{ 1, { H, { "Expect", "100-continue, x" } }, 417, false },
	{ 1, { H, { "Expect", "100-continue" }, { "Expect", "x" } }, 417,
		false },
	{ 0, { H, { "Expect", "100-continue" } }, 0, false },
	{ 0, { H, { "Expect", "x" } }, 0, false },
};

static void expectations_are_met_or_refused(void **state)
{
	(void)state;
	static struct request q;

	for (size_t i = 0; i < array_count(expectations); i++) {
		request_make(&q, expectations[i].fields, FIELDS_MAX);
		q.minor = expectations[i].minor;
		framing_check(&q, BODY_MAX);
		expect(q.refusal == expectations[i].refusal, "row %zu: %u", i,
			q.refusal);
		expect(q.refusal != 0 ||
				q.expects_continue == expectations[i].expects,
			"row %zu: expects", i);
	}
}

/* 3.2.2: the host of an absolute target replaces Host, which must be valid
 * all the same; 3.2.3: so does that of CONNECT. */
static void the_target_names_the_host(void **state)
{
	(void)state;
	static struct request q;
	static const struct {
		enum target_form form;
		const char *authority, *host;
		unsigned refusal;
		const char *want;
	} cases[] = {
		{ TARGET_ABSOLUTE, "b:1", "a", 0, "b:1" },
		{ TARGET_ABSOLUTE, "b", "", 0, "b" },
		{ TARGET_ABSOLUTE, "b", "a b", 400, NULL },
		{ TARGET_ABSOLUTE, "", "a", 400, NULL },
		{ TARGET_ABSOLUTE, "u@b", "a", 400, NULL },
		{ TARGET_AUTHORITY, "b:1", "a", 0, "b:1" },
		{ TARGET_AUTHORITY, "b/c", "a", 400, NULL },
	};

	for (size_t i = 0; i < array_count(cases); i++) {
		struct test_field host = { "Host", cases[i].host };
		request_make(&q, &host, 1);
		q.form = cases[i].form;
		q.authority = span_of(cases[i].authority);
		framing_check(&q, BODY_MAX);
		expect(q.refusal == cases[i].refusal, "row %zu: %u", i,
			q.refusal);
		if (q.refusal == 0)
			expect(span_equal(q.authority, span_of(cases[i].want)),
				"row %zu: authority", i);
	}
}

/* After a refusal nobody relies on the rest, but the connection must close:
 * 6.3 of the unrecoverable, 9.3 of the first decision. */
static void a_refusal_names_its_limit(void **state)
{
	(void)state;
	static struct request q;
	const struct test_field fields[] = { H, CL("1001") };

	request_make(&q, fields, 2);
	framing_check(&q, BODY_MAX);
	assert_int_equal(q.refusal, 413);
	assert_int_equal(q.refusal_number, BODY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_framed_or_refused),
		cmocka_unit_test(connections_persist_or_not),
		cmocka_unit_test(expectations_are_met_or_refused),
		cmocka_unit_test(the_target_names_the_host),
		cmocka_unit_test(a_refusal_names_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

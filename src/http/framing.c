/*
 * What the fields say together (framing.h). A request whose length two
 * parsers could disagree about is refused, never repaired: that is how
 * requests are smuggled (RFC 9112 11.2). Pure.
 */
#include "http/framing.h"

#include "http/authority.h"

static bool refuse(struct request *q, unsigned status, enum reason reason)
{
	q->refusal = status;
	q->refusal_reason = reason;
	return false;
}

static bool host_check(struct request *q)
{
	if (!request_has(q, FIELD_HOST)) {
		if (q->minor >= 1)
			return refuse(q, 400, REASON_HOST_MISSING);
	} else if (!request_has_one(q, FIELD_HOST)) {
		return refuse(q, 400, REASON_HOST_REPEATED);
	}
	struct span host = request_value(q, FIELD_HOST);
	/* An empty Host is what a target without authority has (3.2). */
	if (host.len > 0 && !authority_is_valid(host))
		return refuse(q, 400, REASON_HOST_INVALID);
	if (q->form == TARGET_ORIGIN || q->authority.at == NULL)
		q->authority = host;
	else if (!authority_is_valid(q->authority))
		return refuse(q, 400, REASON_HOST_INVALID);
	return true;
}

/* Only a single, final `chunked` is served (RFC 9112 6.3, points 3 and 4). */
static bool transfer_check(struct request *q)
{
	unsigned at = 0, others = 0;
	bool ends_chunked = false;
	struct span list, coding;

	while (request_next_line(q, FIELD_TRANSFER_ENCODING, &at, &list)) {
		while (field_take_element(&list, &coding)) {
			if (ends_chunked || !field_is_token(coding))
				return refuse(q, 400, REASON_TRANSFER_INVALID);
			if (span_equal_nocase(coding, SPAN("chunked")))
				ends_chunked = true;
			else
				others++;
		}
	}
	if (!ends_chunked)
		return refuse(q, 400, REASON_TRANSFER_INVALID);
	if (others > 0)
		return refuse(q, 501, REASON_TRANSFER_UNKNOWN);
	q->framing = FRAMING_CHUNKED;
	return true;
}

static bool length_check(struct request *q, uint64_t body_max)
{
	if (!request_has_one(q, FIELD_CONTENT_LENGTH) ||
		!span_read_u64(request_value(q, FIELD_CONTENT_LENGTH),
			&q->content_length))
		return refuse(q, 400, REASON_LENGTH_INVALID);
	if (q->content_length > body_max) {
		q->refusal_number = body_max;
		return refuse(q, 413, REASON_BODY_TOO_LARGE);
	}
	if (q->content_length > 0)
		q->framing = FRAMING_LENGTH;
	return true;
}

static bool body_check(struct request *q, uint64_t body_max)
{
	bool has_length = request_has(q, FIELD_CONTENT_LENGTH);

	if (!request_has(q, FIELD_TRANSFER_ENCODING))
		return !has_length || length_check(q, body_max);
	if (has_length)
		return refuse(q, 400, REASON_LENGTH_AND_CODING);
	if (q->minor == 0)
		return refuse(q, 400, REASON_TRANSFER_IN_1_0);
	return transfer_check(q);
}

/* "close" has the last word, wherever it stands. */
static void persistence_check(struct request *q)
{
	unsigned at = 0;
	struct span list, element;
	bool closes = false;

	q->keeps_alive = q->minor >= 1;
	while (request_next_line(q, FIELD_CONNECTION, &at, &list)) {
		while (field_take_element(&list, &element)) {
			closes |= span_equal_nocase(element, SPAN("close"));
			q->keeps_alive |= span_equal_nocase(
				element, SPAN("keep-alive"));
		}
	}
	q->keeps_alive &= !closes;
}

static bool expect_check(struct request *q)
{
	unsigned at = 0;
	struct span list, element;

	if (q->minor == 0)
		return true; /* an HTTP/1.0 Expect is ignored (10.1.1) */
	while (request_next_line(q, FIELD_EXPECT, &at, &list)) {
		while (field_take_element(&list, &element)) {
			if (!span_equal_nocase(element, SPAN("100-continue")))
				return refuse(q, 417, REASON_EXPECT_UNKNOWN);
			q->expects_continue = true;
		}
	}
	return true;
}

void framing_check(struct request *q, uint64_t body_max)
{
	persistence_check(q);
	if (host_check(q) && body_check(q, body_max))
		expect_check(q);
}

/* :authority comes first, Host stands in for it. */
static bool authority_check(struct request *q)
{
	if (request_has(q, FIELD_HOST) && !request_has_one(q, FIELD_HOST))
		return refuse(q, 400, REASON_HOST_REPEATED);
	if (q->authority.at == NULL) {
		if (!request_has(q, FIELD_HOST))
			return refuse(q, 400, REASON_HOST_MISSING);
		q->authority = request_value(q, FIELD_HOST);
	}
	if (!authority_is_valid(q->authority))
		return refuse(q, 400, REASON_HOST_INVALID);
	return true;
}

void framing_check_stream(struct request *q, uint64_t body_max)
{
	bool has_body = q->framing != FRAMING_NONE;

	if (!authority_check(q))
		return;
	if (request_has(q, FIELD_CONTENT_LENGTH) && !length_check(q, body_max))
		return;
	if (has_body && request_has(q, FIELD_CONTENT_LENGTH))
		q->framing = FRAMING_LENGTH;
	expect_check(q);
}

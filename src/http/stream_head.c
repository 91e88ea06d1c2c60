/*
 * Requests on streams (stream_head.h). What RFC 9113 calls malformed has no
 * answer: the stream is reset. What is well formed and not to be served is
 * refused as in HTTP/1.1, by the same rules. Must not know frames. Pure.
 */
#include "http/stream_head.h"

#include "http/control.h"
#include "http/framing.h"

static void refuse(
	struct request *q, unsigned status, enum reason reason, uint64_t number)
{
	if (q->refusal != 0)
		return;
	q->refusal = status;
	q->refusal_reason = reason;
	q->refusal_number = number;
}

void stream_head_start(struct stream_head *h, const struct head_limits *limits,
	struct request *q)
{
	memset(q, 0, offsetof(struct request, fields));
	q->is_stream = true;
	q->minor = 1;
	*h = (struct stream_head){
		.limits = limits, .request = q, .priority = PRIORITY_DEFAULT
	};
}

/* A token in lower case (RFC 9113 8.2.1). */
static bool name_is_valid(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (!field_is_tchar(c) || (c >= 'A' && c <= 'Z'))
			return false;
	}
	return name.len > 0;
}

/* No control characters, no white space at either end (the same). */
static bool value_is_valid(struct span value)
{
	return span_find_control(value) == value.len &&
	       span_trim(value).len == value.len;
}

/* What speaks of a connection has no place on a stream (RFC 9113 8.2.2). */
static bool is_of_connection(struct span name, struct span value)
{
	switch (name.len) {
	case 2:
		return span_equal(name, SPAN("te")) &&
		       !span_equal_nocase(value, SPAN("trailers"));
	case 7:
		return span_equal(name, SPAN("upgrade"));
	case 10:
		return span_equal(name, SPAN("connection")) ||
		       span_equal(name, SPAN("keep-alive"));
	case 16:
		return span_equal(name, SPAN("proxy-connection"));
	case 17:
		return span_equal(name, SPAN("transfer-encoding"));
	default:
		return false;
	}
}

static bool pseudo_add(
	struct stream_head *h, struct span name, struct span value)
{
	static const struct span names[PSEUDO_COUNT] = {
		[PSEUDO_METHOD] = { ":method", 7 },
		[PSEUDO_SCHEME] = { ":scheme", 7 },
		[PSEUDO_AUTHORITY] = { ":authority", 10 },
		[PSEUDO_PATH] = { ":path", 5 },
	};

	if (h->has_regular || h->is_trailers || !value_is_valid(value))
		return false;
	for (unsigned i = 0; i < PSEUDO_COUNT; i++) {
		if (!span_equal(name, names[i]))
			continue;
		bool is_first = h->pseudo[i].at == NULL;
		h->pseudo[i] = value.len > 0 ? value : SPAN("");
		return is_first;
	}
	return false;
}

static bool regular_add(
	struct stream_head *h, struct span name, struct span value)
{
	struct request *q = h->request;
	unsigned max = (unsigned)min_u64(
		h->limits->field_max, REQUEST_FIELDS_MAX);

	h->has_regular = true;
	if (!name_is_valid(name) || !value_is_valid(value) ||
		is_of_connection(name, value))
		return false;
	if (h->is_trailers)
		return true;
	if (q->field_count == max) {
		refuse(q, 431, REASON_HEAD_TOO_MANY_FIELDS, max);
		return true;
	}
	if (name.len == 8 && span_equal(name, SPAN("priority")))
		h->priority = priority_read(value);
	struct field_line *line = &q->fields[q->field_count];
	*line = (struct field_line){ name, value, field_find(name) };
	request_add_line(q);
	return true;
}

void stream_head_add(struct stream_head *h, struct span name, struct span value)
{
	h->size += name.len + value.len + STREAM_FIELD_OVERHEAD;
	if (stream_head_is_full(h) || h->is_malformed)
		return;
	bool is_pseudo = name.len > 0 && name.at[0] == ':';
	h->is_malformed = !(is_pseudo ? pseudo_add(h, name, value)
				      : regular_add(h, name, value));
}

/* Are those there that have to be, and no others (RFC 9113 8.3.1, 8.5)? */
static bool pseudo_are_whole(const struct stream_head *h)
{
	const struct span *p = h->pseudo;

	if (p[PSEUDO_METHOD].at == NULL || !field_is_token(p[PSEUDO_METHOD]))
		return false;
	if (h->request->is_connect)
		return p[PSEUDO_SCHEME].at == NULL &&
		       p[PSEUDO_PATH].at == NULL && p[PSEUDO_AUTHORITY].len > 0;
	return p[PSEUDO_SCHEME].len > 0 && p[PSEUDO_PATH].len > 0;
}

/* Two names for one host are two requests (RFC 9113 8.3.1). */
static bool hosts_agree(const struct stream_head *h)
{
	struct span authority = h->pseudo[PSEUDO_AUTHORITY];

	return authority.at == NULL || !request_has(h->request, FIELD_HOST) ||
	       span_equal_nocase(
		       authority, request_value(h->request, FIELD_HOST));
}

static void scheme_check(struct stream_head *h, bool is_secured)
{
	struct span scheme = h->pseudo[PSEUDO_SCHEME];
	bool is_https = span_equal_nocase(scheme, SPAN("https"));

	if (h->request->is_connect)
		return;
	if (!is_https && !span_equal_nocase(scheme, SPAN("http")))
		refuse(h->request, 400, REASON_HEAD_TARGET_FORM, 0);
	else if (is_https && !is_secured)
		refuse(h->request, 421, REASON_HEAD_SCHEME_HTTPS, 0);
}

/* The target as a request line would have it, and as long as that may be. */
static void target_check(struct stream_head *h)
{
	struct request *q = h->request;
	struct span path = h->pseudo[PSEUDO_PATH];
	size_t line_max = h->limits->line_max;
	size_t fixed = h->pseudo[PSEUDO_METHOD].len + sizeof "  HTTP/2.0" - 1;

	if (q->is_connect)
		path = h->pseudo[PSEUDO_AUTHORITY];
	if (fixed + path.len > line_max)
		refuse(q, 414, REASON_HEAD_LINE_TOO_LONG, line_max);
	else if (!q->is_connect && path.at[0] != '/' && path.at[0] != '*')
		refuse(q, 400, REASON_HEAD_TARGET_FORM, 0);
	else
		control_target(path, q);
}

void stream_head_end(struct stream_head *h, bool has_body, bool is_secured)
{
	struct request *q = h->request;
	uint64_t length = 0;

	if (h->is_malformed || h->is_trailers)
		return;
	q->keeps_alive = true;
	if (h->pseudo[PSEUDO_METHOD].at != NULL)
		control_method(h->pseudo[PSEUDO_METHOD], q);
	if (stream_head_is_full(h)) {
		refuse(q, 431, REASON_HEAD_TOO_LARGE, h->limits->head_max);
		return;
	}
	if (!pseudo_are_whole(h) || !hosts_agree(h)) {
		h->is_malformed = true;
		return;
	}
	q->framing = has_body ? FRAMING_CHUNKED : FRAMING_NONE;
	if (!has_body &&
		span_read_u64(
			request_value(q, FIELD_CONTENT_LENGTH), &length) &&
		length > 0) {
		h->is_malformed = true; /* the body is not there (8.1.1) */
		return;
	}
	target_check(h);
	scheme_check(h, is_secured);
	if (q->authority.at == NULL)
		q->authority = h->pseudo[PSEUDO_AUTHORITY];
	if (q->refusal == 0)
		framing_check_stream(q, h->limits->body_max);
}

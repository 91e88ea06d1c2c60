/*
 * Reading the head of an HTTP/1 request (head.h): RFC 9112 2 to 6, the syntax
 * of RFC 9110 5. One pass over the bytes, line by line; then the rules that
 * need the whole head, in framing.c. Must not know files or sockets. Pure.
 */
#include "http/head.h"

#include "http/control.h"
#include "http/framing.h"

struct cursor {
	struct span rest;
	const struct head_limits *limits;
	size_t taken;
	bool is_clean; /* the line taken last has no control characters */
};

static void refuse(struct request *q, unsigned status, enum reason reason)
{
	if (q->refusal != 0)
		return;
	q->refusal = status;
	q->refusal_reason = reason;
}

/* HTTP-version is case-sensitive and has one digit each (RFC 9112 2.3). */
static void version_read(struct span s, struct request *q)
{
	if (s.len != 8 || !span_starts(s, SPAN("HTTP/")) || s.at[6] != '.' ||
		!ascii_is_digit(s.at[5]) || !ascii_is_digit(s.at[7])) {
		refuse(q, 400, REASON_HEAD_VERSION_INVALID);
		return;
	}
	q->minor = (unsigned)(s.at[7] - '0');
	if (s.at[5] != '1')
		refuse(q, 505, REASON_HEAD_VERSION_UNSUPPORTED);
}

static void request_line_read(struct span line, struct request *q)
{
	size_t space = span_find(line, ' ');
	struct span name = span_first(line, space);

	if (space == line.len || !field_is_token(name)) {
		refuse(q, 400, REASON_HEAD_METHOD_INVALID);
		return;
	}
	control_method(name, q);

	struct span rest = span_skip(line, space + 1);
	space = span_find(rest, ' ');
	if (space == rest.len) {
		refuse(q, 400, REASON_HEAD_VERSION_INVALID);
		return;
	}
	version_read(span_skip(rest, space + 1), q);
	control_target(span_first(rest, space), q);
}

/*
 * Takes the next line, without its CRLF. False when it is not complete yet or
 * not a line: then the request may have been refused.
 */
static bool line_take(struct cursor *c, struct request *q, struct span *line)
{
	size_t end = span_find_control(c->rest);

	c->is_clean = span_starts(span_skip(c->rest, end), SPAN("\r\n"));
	size_t lf = c->is_clean ? end + 1 : span_find(c->rest, '\n');
	if (lf == c->rest.len)
		return false;
	if (lf == 0 || c->rest.at[lf - 1] != '\r') {
		refuse(q, 400, REASON_HEAD_BARE_LF);
		return false;
	}
	*line = span_first(c->rest, lf - 1);
	c->rest = span_skip(c->rest, lf + 1);
	c->taken += lf + 1;
	return true;
}

/* What no request line can begin with is refused at its first bytes: a TLS
 * hello or a banner may never send the LF that we would wait for. */
static void first_bytes_check(struct span s, struct request *q)
{
	size_t i = 0;

	while (i < s.len && field_is_tchar(s.at[i]))
		i++;
	if (i == 0 && s.len > 0 && s.at[0] != '\r')
		refuse(q, 400, REASON_HEAD_NOT_HTTP);
	else if (i > 0 && i < s.len && s.at[i] != ' ')
		refuse(q, 400, REASON_HEAD_METHOD_INVALID);
}

static bool request_line_take(struct cursor *c, struct request *q)
{
	struct span line = { NULL, 0 };
	unsigned empty = 0;

	for (; span_starts(c->rest, SPAN("\r\n")); empty++) {
		if (empty == HEAD_EMPTY_LINES_MAX) {
			refuse(q, 400, REASON_HEAD_NOT_HTTP);
			return false;
		}
		c->rest = span_skip(c->rest, 2);
		c->taken += 2;
	}
	/* As far as a line may go: what lies beyond is judged for its length,
	 * in however many pieces it comes. */
	first_bytes_check(span_first(c->rest, c->limits->line_max + 1), q);
	if (q->refusal != 0)
		return false;
	/* The CR does not count, and may be all that has come. */
	if (span_find(c->rest, '\n') > c->limits->line_max + 1) {
		refuse(q, 414, REASON_HEAD_LINE_TOO_LONG);
		q->refusal_number = c->limits->line_max;
		return false;
	}
	if (!line_take(c, q, &line))
		return false;
	request_line_read(line, q);
	return q->refusal == 0;
}

/* Field content: visible characters, space, tab, and obs-text, which is kept
 * for the sake of old clients (RFC 9110 5.5). */
static bool value_is_valid(struct span s)
{
	return span_find_control(s) == s.len;
}

static void field_line_read(struct span line, bool is_clean, struct request *q)
{
	size_t colon = field_token_length(line);
	struct field_line *f = &q->fields[q->field_count];

	f->name = span_first(line, colon);
	if (colon == 0 || colon == line.len || line.at[colon] != ':') {
		refuse(q, 400, REASON_HEAD_NAME_INVALID);
		return;
	}
	f->value = span_trim(span_skip(line, colon + 1));
	if (!is_clean && !value_is_valid(f->value)) {
		bool has_cr = span_find(f->value, '\r') < f->value.len;
		refuse(q, 400,
			has_cr ? REASON_HEAD_BARE_CR
			       : REASON_HEAD_VALUE_INVALID);
		return;
	}
	f->id = field_find(f->name);
	request_add_line(q);
}

/* Takes all field lines and the empty line after them. */
static bool fields_take(struct cursor *c, struct request *q)
{
	unsigned field_max = (unsigned)min_u64(
		c->limits->field_max, REQUEST_FIELDS_MAX);
	struct span line;

	while (line_take(c, q, &line)) {
		if (line.len == 0)
			return true;
		if (line.at[0] == ' ' || line.at[0] == '\t')
			refuse(q, 400, REASON_HEAD_FOLDED);
		else if (q->field_count == field_max) {
			refuse(q, 431, REASON_HEAD_TOO_MANY_FIELDS);
			q->refusal_number = field_max;
		} else
			field_line_read(line, c->is_clean, q);
		if (q->refusal != 0)
			return false;
	}
	return false;
}

size_t head_parse(
	struct span bytes, const struct head_limits *limits, struct request *q)
{
	/* What lies beyond the limit is not looked at. */
	struct cursor c = { .rest = span_first(bytes, limits->head_max),
		.limits = limits };

	/* fields[] is left as it is: field_count says what is in it. */
	memset(q, 0, offsetof(struct request, fields));
	bool is_whole = request_line_take(&c, q) && fields_take(&c, q);
	if (q->refusal == 0 && !is_whole && bytes.len > limits->head_max) {
		refuse(q, 431, REASON_HEAD_TOO_LARGE);
		q->refusal_number = limits->head_max;
	}
	if (q->refusal == 0 && is_whole)
		framing_check(q, limits->body_max);
	return is_whole ? c.taken : 0;
}

/* It may be complete when there is another line; without one it may have
 * become too long. */
bool head_is_worth_a_look(
	struct span bytes, size_t fresh, const struct head_limits *limits)
{
	size_t before = bytes.len - fresh;
	/* Empty lines before it are not the request line's. */
	size_t latest = limits->line_max + 1 + 2 * HEAD_EMPTY_LINES_MAX;

	return span_find(span_skip(bytes, before), '\n') < fresh ||
	       (before <= latest && bytes.len > limits->line_max + 1) ||
	       bytes.len > limits->head_max;
}

bool head_has_begun(struct span bytes)
{
	struct span rest = bytes;

	while (rest.len > 0 && (rest.at[0] == '\r' || rest.at[0] == '\n'))
		rest = span_skip(rest, 1);
	return rest.len > 0 || bytes.len > 2 * HEAD_EMPTY_LINES_MAX;
}

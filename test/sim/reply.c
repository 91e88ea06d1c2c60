/*
 * The client's parser (reply.h). What is not exactly as the grammar has it
 * fails the run.
 */
#include "reply.h"

#include "heap.h"

#define HEAD_MAX 65536

void reader_done(struct reader *r)
{
	heap_disown(r->head.at);
	heap_disown(r->body.at);
}

bool reader_is_inside(const struct reader *r)
{
	return r->state == REPLY_BODY || r->head.len > 0;
}

struct span reply_field(const struct reply *r, const char *name)
{
	struct span value = { NULL, 0 };

	for (unsigned i = 0; i < r->field_count; i++) {
		if (!span_equal_nocase(r->fields[i].name, span_of(name)))
			continue;
		check(value.at == NULL, "two fields %s", name);
		value = r->fields[i].value;
	}
	return value;
}

/* The next line without its CRLF. */
static struct span line_take(struct span *rest)
{
	size_t i = 0;

	while (i + 1 < rest->len &&
		!(rest->at[i] == '\r' && rest->at[i + 1] == '\n')) {
		char c = rest->at[i++];
		check(c != '\r' && c != '\n' && c != '\0',
			"a bare CR, LF or NUL in a head");
	}
	struct span line = span_first(*rest, i);
	*rest = span_skip(*rest, i + 2);
	return line;
}

/* RFC 9112 4: HTTP-version SP 3DIGIT SP [ reason-phrase ]. */
static void status_read(struct reply *r, struct span line)
{
	check(line.len >= 13 && span_starts(line, SPAN("HTTP/1.1 ")) &&
			line.at[12] == ' ',
		"status line '%.*s'", (int)line.len, line.at);
	for (unsigned i = 9; i < 12; i++) {
		check(ascii_is_digit(line.at[i]), "status line '%.*s'",
			(int)line.len, line.at);
		r->status = r->status * 10 + (unsigned)(line.at[i] - '0');
	}
}

static void field_read(struct reply *r, struct span line)
{
	size_t colon = span_find(line, ':');

	check(colon > 0 && colon + 1 < line.len && line.at[colon + 1] == ' ',
		"field line '%.*s'", (int)line.len, line.at);
	check(r->field_count < REPLY_FIELDS_MAX, "too many fields");
	for (size_t i = 0; i < colon; i++)
		check(ascii_is_alpha(line.at[i]) || line.at[i] == '-',
			"field name '%.*s'", (int)colon, line.at);
	r->fields[r->field_count++] = (struct reply_field){
		.name = span_first(line, colon),
		.value = span_trim(span_skip(line, colon + 1)),
	};
}

/* RFC 9112 6.3: how long is the body? */
static void framing_read(struct reply *r, enum reply_to to)
{
	struct span length = reply_field(r, "Content-Length");
	struct span connection = reply_field(r, "Connection");
	bool has_none = r->status < 200 || r->status == 204 || r->status == 304;

	check(reply_field(r, "Transfer-Encoding").at == NULL,
		"a transfer coding");
	r->has_length = length.at != NULL;
	if (r->has_length)
		check(span_read_u64(length, &r->length), "length '%.*s'",
			(int)length.len, length.at);
	/* RFC 9110 8.6: never with 1xx and 204. */
	check(!r->has_length || (r->status >= 200 && r->status != 204),
		"%u with a length", r->status);
	check(r->has_length || has_none, "%u without a length", r->status);
	if (to == REPLY_TO_HEAD ||
		(to == REPLY_TO_LATE_HEAD && r->status != 408) || has_none)
		r->length = 0;
	r->is_last = span_equal_nocase(connection, SPAN("close"));
	check(connection.at == NULL || r->is_last ||
			span_equal_nocase(connection, SPAN("keep-alive")),
		"Connection '%.*s'", (int)connection.len, connection.at);
}

static void head_read(struct reader *r, enum reply_to to)
{
	struct span rest = { r->head.at, r->head.len };
	struct span line = line_take(&rest);
	uint64_t first = r->reply.first;

	r->reply = (struct reply){ .first = first };
	status_read(&r->reply, line);
	while ((line = line_take(&rest)).len > 0)
		field_read(&r->reply, line);
	check(rest.len == 0, "tester: bytes after a head");
	framing_read(&r->reply, to);
}

/* Takes up to the end of the head; true once it is there. */
static bool head_take(struct reader *r, struct span bytes, size_t *taken)
{
	static const char end[] = "\r\n\r\n";

	for (size_t i = 0; i < bytes.len; i++) {
		buffer_add(&r->head, bytes.at + i, 1);
		check(r->head.len < HEAD_MAX, "a head without an end");
		if (r->head.len >= 4 &&
			memcmp(r->head.at + r->head.len - 4, end, 4) == 0) {
			*taken = i + 1;
			return true;
		}
	}
	*taken = bytes.len;
	return false;
}

static void reply_begin(struct reader *r)
{
	r->body.len = 0;
	r->reply.first = r->taken;
}

size_t reader_take(
	struct reader *r, struct span bytes, enum reply_to to, bool *is_whole)
{
	size_t taken = 0;

	*is_whole = false;
	if (r->state == REPLY_HEAD && r->head.len == 0)
		reply_begin(r);
	if (r->state == REPLY_HEAD) {
		bool is_read = head_take(r, bytes, &taken);
		r->taken += taken;
		if (!is_read)
			return taken;
		head_read(r, to);
		r->state = REPLY_BODY;
	}
	struct span part = span_first(span_skip(bytes, taken),
		(size_t)(r->reply.length - r->body.len));
	buffer_add(&r->body, part.at, part.len);
	r->taken += part.len;
	r->reply.body = (struct span){ r->body.at, r->body.len };
	r->reply.end = r->taken;
	if (r->body.len == r->reply.length) {
		*is_whole = true;
		r->state = REPLY_HEAD;
		r->head.len = 0; /* its bytes stay until the next call */
	}
	return taken + part.len;
}

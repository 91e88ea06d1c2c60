/*
 * Reading answers (reply.h).
 */
#include "reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* More than any head of ours. */
#define HEAD_MAX 2048

bool piece_is(struct piece piece, const char *text)
{
	return piece.len == strlen(text) &&
	       memcmp(piece.at, text, piece.len) == 0;
}

static bool is_token(struct piece p)
{
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] == '\0' ||
			(!isalnum((unsigned char)p.at[i]) &&
				strchr("!#$%&'*+-.^_`|~", p.at[i]) == NULL))
			return false;
	}
	return p.len > 0;
}

static bool is_printable(struct piece p)
{
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < ' ' || p.at[i] > '~')
			return false;
	}
	return true;
}

static bool name_is(struct piece name, const char *text)
{
	return name.len == strlen(text) &&
	       strncasecmp(name.at, text, name.len) == 0;
}

static bool number_read(struct piece p, size_t *out)
{
	size_t value = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < '0' || p.at[i] > '9')
			return false;
		value = value * 10 + (size_t)(p.at[i] - '0');
	}
	*out = value;
	return p.len > 0 && p.len < 16;
}

/* One field; false when it may not be there, or not a second time. */
static bool field_note(struct reply *r, struct piece name, struct piece value)
{
	struct piece *place = name_is(name, "ETag")               ? &r->etag
			      : name_is(name, "Last-Modified")    ? &r->modified
			      : name_is(name, "Content-Encoding") ? &r->coding
								  : NULL;

	if (place != NULL) {
		bool is_first = place->at == NULL;
		*place = value;
		return is_first;
	}
	if (name_is(name, "Content-Length")) {
		bool is_first = !r->has_body;
		r->has_body = true;
		return is_first && number_read(value, &r->length);
	}
	if (name_is(name, "Connection"))
		r->is_last = true;
	return !name_is(name, "Transfer-Encoding") &&
	       !name_is(name, "Content-Range");
}

static bool line_read(struct reply *r, struct piece line)
{
	const char *colon = memchr(line.at, ':', line.len);

	if (colon == NULL || !is_printable(line))
		return false;
	size_t len = (size_t)(colon - line.at);
	struct piece name = { line.at, len };
	struct piece value = { colon + 1, line.len - len - 1 };
	if (!is_token(name) || value.len < 2 || *value.at != ' ')
		return false;
	value.at++;
	value.len--;
	return *value.at != ' ' && field_note(r, name, value);
}

/* "HTTP/1.1 200 OK" */
static bool status_read(struct reply *r, struct piece line)
{
	size_t status;

	if (line.len < 13 || memcmp(line.at, "HTTP/1.1 ", 9) != 0 ||
		line.at[12] != ' ' || !is_printable(line) ||
		!number_read((struct piece){ line.at + 9, 3 }, &status))
		return false;
	r->status = (unsigned)status;
	return true;
}

/* Takes a line without its CRLF off the front; false when there is none. */
static bool line_take(struct piece *rest, struct piece *line)
{
	const char *end = memmem(rest->at, rest->len, "\r\n", 2);

	if (end == NULL)
		return false;
	*line = (struct piece){ rest->at, (size_t)(end - rest->at) };
	rest->at += line->len + 2;
	rest->len -= line->len + 2;
	return true;
}

long reply_read(const char *at, size_t len, struct reply *out)
{
	size_t seen = len < HEAD_MAX ? len : HEAD_MAX;
	const char *end = memmem(at, seen, "\r\n\r\n", 4);

	if (end == NULL)
		return seen < HEAD_MAX ? 0 : -1;
	size_t head = (size_t)(end - at) + 4;
	struct piece rest = { at, head - 2 }, line;
	*out = (struct reply){ 0 };
	if (!line_take(&rest, &line) || !status_read(out, line))
		return -1;
	while (line_take(&rest, &line)) {
		if (!line_read(out, line))
			return -1;
	}
	bool may_have = out->status != 304 && out->status >= 200;
	if (rest.len != 0 || out->has_body != may_have)
		return -1;
	out->body = (const unsigned char *)at + head;
	return (long)head;
}

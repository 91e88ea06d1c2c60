/*
 * The comparison of a response with one state (judge_body.h).
 *
 * A body above FILES_KEPT_MAX is sent from the file itself. What is written
 * into that very file in the meantime then shows, as it would with any server
 * that does not copy a file before it sends it; so there, and only there, a
 * byte may be of any writing of that inode since the request came.
 */
#include "judge_body.h"

#include <stdio.h>

#include "http/date.h"
#include "io/file.h"

#define CHUNK 4096

bool writing_is_in(
	const struct node *n, unsigned i, uint64_t from, uint64_t until)
{
	uint64_t end = i + 1 < n->writing_count ? n->writings[i + 1].since
						: UINT64_MAX;

	return n->writings[i].since <= until && end >= from;
}

/* Marks, in hits[], the bytes that `content` has at `offset`. */
static void bytes_mark(const struct content *content, uint64_t offset,
	struct span bytes, bool hits[CHUNK])
{
	char chunk[CHUNK];

	if (offset >= content->size)
		return;
	size_t len = (size_t)min_u64(bytes.len, content->size - offset);
	content_read(content, offset, chunk, len);
	for (size_t i = 0; i < len; i++)
		hits[i] |= chunk[i] == bytes.at[i];
}

static bool bytes_are_of(const struct context *c, const struct node *n,
	uint64_t offset, struct span bytes)
{
	for (size_t at = 0; at < bytes.len; at += CHUNK) {
		struct span part = span_first(span_skip(bytes, at), CHUNK);
		bool hits[CHUNK] = { false };
		for (unsigned i = 0; i < n->writing_count; i++) {
			if (writing_is_in(n, i, c->window.from, c->end))
				bytes_mark(n->writings[i].content, offset + at,
					part, hits);
		}
		if (memchr(hits, false, part.len) != NULL)
			return false;
	}
	return true;
}

static bool bytes_explained(const struct context *c, const struct past *p,
	uint64_t offset, struct span bytes)
{
	if (content_is(p->content, offset, bytes))
		return true;
	return p->content->size > FILES_KEPT_MAX &&
	       bytes_are_of(c, p->node, offset, bytes);
}

static bool field_is(const struct reply *r, const char *name, const char *want)
{
	struct span value = reply_field(r, name);

	return value.at != NULL && span_equal(value, span_of(want));
}

static bool validators_are(const struct context *c, const struct expected *e)
{
	char date[DATE_LENGTH + 1] = "";

	date_format(e->modified, date);
	return field_is(c->reply, "ETag", e->etag) &&
	       field_is(c->reply, "Last-Modified", date);
}

static bool length_is(const struct context *c, uint64_t length)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", (unsigned long long)length);
	return field_is(c->reply, "Content-Length", text);
}

static void content_range(char out[80], const struct part *p, uint64_t size)
{
	snprintf(out, 80, "bytes %llu-%llu/%llu", (unsigned long long)p->first,
		(unsigned long long)(p->first + p->length - 1),
		(unsigned long long)size);
}

static bool whole_is(const struct context *c, const struct past *variant)
{
	if (!length_is(c, variant->content->size))
		return false;
	return c->ask->is_head ||
	       bytes_explained(c, variant, 0, c->reply->body);
}

static bool range_is(const struct context *c, const struct expected *e,
	const struct past *variant)
{
	char text[80];

	content_range(text, &e->parts[0], e->size);
	return field_is(c->reply, "Content-Range", text) &&
	       length_is(c, e->parts[0].length) &&
	       bytes_explained(c, variant, e->parts[0].first, c->reply->body);
}

/* Takes `text` from the front of *rest, or of it what there is when the body
 * was cut off there. */
static bool text_take(struct span *rest, const char *text)
{
	size_t len = strlen(text);

	if (rest->len < len)
		len = rest->len;
	if (len > 0 && memcmp(rest->at, text, len) != 0)
		return false;
	*rest = span_skip(*rest, len);
	return true;
}

/* The value of "boundary" (RFC 2046 5.1.1), with two hyphens before it. */
static bool boundary_find(const struct reply *r, char out[80])
{
	static const char before[] = "multipart/byteranges; boundary=";
	struct span type = reply_field(r, "Content-Type");

	if (type.at == NULL || !span_starts(type, SPAN(before)))
		return false;
	type = span_skip(type, sizeof before - 1);
	return snprintf(out, 80, "--%.*s", (int)type.len, type.at) < 80;
}

/* The fields of a part up to its empty line; *type is that of all parts. */
static bool part_head_take(struct span *rest, const char *range)
{
	char want[120];
	struct span end = SPAN("\r\n");

	if (rest->len == 0)
		return true;
	if (!text_take(rest, "\r\nContent-Type: "))
		return false;
	while (rest->len > 0 && !span_starts(*rest, end))
		*rest = span_skip(*rest, 1);
	snprintf(want, sizeof want, "\r\nContent-Range: %s\r\n\r\n", range);
	return text_take(rest, want);
}

static bool multipart_is(const struct context *c, const struct expected *e,
	const struct past *variant)
{
	struct span rest = c->reply->body;
	char boundary[80], range[80];

	if (!boundary_find(c->reply, boundary) ||
		reply_field(c->reply, "Content-Range").at != NULL)
		return false;
	for (unsigned i = 0; i < e->part_count && rest.len > 0; i++) {
		const struct part *p = &e->parts[i];
		content_range(range, p, e->size);
		if (!text_take(&rest, "\r\n") || !text_take(&rest, boundary) ||
			!part_head_take(&rest, range))
			return false;
		struct span bytes = span_first(rest, (size_t)p->length);
		if (!bytes_explained(c, variant, p->first, bytes))
			return false;
		rest = span_skip(rest, bytes.len);
	}
	return text_take(&rest, "\r\n") && text_take(&rest, boundary) &&
	       text_take(&rest, "--\r\n") && rest.len == 0;
}

static bool unsatisfiable_is(const struct context *c, uint64_t size)
{
	char text[64];

	snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
	return field_is(c->reply, "Content-Range", text);
}

bool body_explains(const struct context *c, const struct past *file,
	const struct past *variant)
{
	struct expected e;

	if (c->reply->status == 404)
		return whole_is(c, variant);
	expect(c->ask, file, variant, c->date, &e);
	if (c->reply->status != e.status)
		return false;
	switch (e.status) {
	case 200:
		return validators_are(c, &e) && whole_is(c, variant);
	case 206:
		return validators_are(c, &e) &&
		       (e.part_count == 1 ? range_is(c, &e, variant)
					  : multipart_is(c, &e, variant));
	case 304:
		return validators_are(c, &e);
	case 416:
		return unsatisfiable_is(c, e.size);
	default:
		return e.status == 412;
	}
}

/* Ranges are never of what was coded. */
bool body_explains_coded(
	const struct context *c, const struct past *file, enum coding coding)
{
	struct content content;
	struct past coded = *file;

	if (file->content->size > FILES_HASHED_MAX ||
		(c->ask->range_count > 0 && !c->ask->is_head))
		return false;
	content_coded(&content, content_etag(file->content).at + 1, coding);
	coded.content = &content;
	return body_explains(c, file, &coded);
}

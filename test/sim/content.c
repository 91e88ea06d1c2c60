/*
 * Contents (content.h), generated when they are read.
 */
#include "content.h"

#include <endian.h>
#include <stdio.h>

#include "heap.h"

/* Bytes that are generated at once for a comparison. */
#define CHUNK 4096

static uint32_t stamp_new(struct world *w)
{
	/* Not 0: a hole of zeros is never a content. */
	return (uint32_t)++w->epoch * 2654435761u | 1u;
}

const struct content *content_new(struct world *w, uint64_t size)
{
	struct content *c = world_take(w, sizeof *c);

	c->size = size;
	c->count = 1;
	c->pieces[0].stamp = stamp_new(w);
	return c;
}

const struct content *content_text(
	struct world *w, struct span text, const struct sheet *sheet)
{
	struct content *c = world_take(w, sizeof *c);

	*c = (struct content){
		.size = text.len, .text = text.at, .sheet = sheet
	};
	return c;
}

static void piece_add(struct content *c, uint64_t from, uint32_t stamp)
{
	c->pieces[c->count++] = (struct piece){ from, stamp };
}

static uint32_t stamp_at(const struct content *c, uint64_t offset)
{
	unsigned i = c->count - 1;

	while (c->pieces[i].from > offset)
		i--;
	return c->pieces[i].stamp;
}

const struct content *content_write(struct world *w, const struct content *old,
	uint64_t first, uint64_t length)
{
	uint64_t end = first + length;
	uint64_t size = old->size > end ? old->size : end;
	struct content *c = world_take(w, sizeof *c);

	if (old->count + 2 > CONTENT_PIECES_MAX || length == size)
		return content_new(w, size);
	c->size = size;
	for (unsigned i = 0; i < old->count; i++) {
		if (old->pieces[i].from < first)
			piece_add(c, old->pieces[i].from, old->pieces[i].stamp);
	}
	piece_add(c, first, stamp_new(w));
	if (end < old->size)
		piece_add(c, end, stamp_at(old, end));
	for (unsigned i = 0; i < old->count; i++) {
		if (old->pieces[i].from > end && end < old->size)
			piece_add(c, old->pieces[i].from, old->pieces[i].stamp);
	}
	return c;
}

const struct content *content_cut(
	struct world *w, const struct content *old, uint64_t size)
{
	struct content *c = world_take(w, sizeof *c);

	*c = *old;
	c->size = size;
	c->etag[0] = '\0';
	while (c->count > 1 && c->pieces[c->count - 1].from >= size)
		c->count--;
	return c;
}

void content_coded(struct content *out, const char source[DIGEST_LENGTH],
	enum coding coding)
{
	struct span name = coding_name(coding);

	*out = (struct content){ 0 };
	out->size = (uint64_t)snprintf(out->coded, sizeof out->coded,
		"%.*s, made of %.*s", (int)name.len, name.at, DIGEST_LENGTH,
		source);
}

static char byte_at(uint32_t stamp, uint64_t offset)
{
	uint64_t word = (uint64_t)stamp << 32 | offset / 8;

	return (char)(word >> offset % 8 * 8);
}

static void piece_read(uint32_t stamp, uint64_t offset, char *to, size_t len)
{
	size_t i = 0;

	for (; i < len && (offset + i) % 8 != 0; i++)
		to[i] = byte_at(stamp, offset + i);
	for (; len - i >= 8; i += 8) {
		uint64_t word = htole64(
			(uint64_t)stamp << 32 | (offset + i) / 8);
		memcpy(to + i, &word, sizeof word);
	}
	for (; i < len; i++)
		to[i] = byte_at(stamp, offset + i);
}

void content_read(
	const struct content *c, uint64_t offset, char *to, size_t len)
{
	uint64_t end = offset + len;

	check(end <= c->size, "the tester reads beyond a content");
	if (c->coded[0] != '\0') {
		memcpy(to, c->coded + offset, len);
		return;
	}
	if (c->text != NULL && len > 0)
		memcpy(to, c->text + offset, len);
	for (unsigned i = 0; i < c->count; i++) {
		uint64_t from = c->pieces[i].from;
		uint64_t until = i + 1 < c->count ? c->pieces[i + 1].from
						  : c->size;
		if (from < offset)
			from = offset;
		if (until > end)
			until = end;
		if (from < until)
			piece_read(c->pieces[i].stamp, from,
				to + (from - offset), (size_t)(until - from));
	}
}

bool content_is(const struct content *c, uint64_t offset, struct span bytes)
{
	char chunk[CHUNK];

	if (offset > c->size || bytes.len > c->size - offset)
		return false;
	for (size_t at = 0; at < bytes.len; at += CHUNK) {
		struct span part = span_first(span_skip(bytes, at), CHUNK);
		content_read(c, offset + at, chunk, part.len);
		if (memcmp(chunk, part.at, part.len) != 0)
			return false;
	}
	return true;
}

static void etag_make(struct content *c)
{
	char *bytes = heap_own(NULL, (size_t)c->size);

	content_read(c, 0, bytes, (size_t)c->size);
	digest_of((struct span){ bytes, (size_t)c->size }, c->etag + 1);
	c->etag[0] = c->etag[1 + DIGEST_LENGTH] = '"';
	heap_disown(bytes);
}

struct span content_etag(const struct content *c)
{
	/* Made once, of what does not change. */
	if (c->etag[0] == '\0')
		etag_make((struct content *)c);
	return (struct span){ c->etag, DIGEST_LENGTH + 2 };
}

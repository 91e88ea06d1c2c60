/*
 * What is in the files: every eight bytes say of which writing they are and
 * where they stand, so that any mixture, shift or loss shows. Contents never
 * change: a write makes a new one.
 */
#pragma once

#include "base/digest.h"
#include "base/span.h"
#include "http/resource.h"
#include "world.h"

/* Later writes into the same file than this begin it anew. */
#define CONTENT_PIECES_MAX 8

/* Bytes from `from` on, of the writing `stamp`. */
struct piece {
	uint64_t from;
	uint32_t stamp;
};

struct sheet;

struct content {
	uint64_t size;
	/* Of a file of rules (sheet.h): its bytes, and what they say. */
	const char *text;
	const struct sheet *sheet;
	unsigned count;
	struct piece pieces[CONTENT_PIECES_MAX];
	char etag[24];  /* by its bytes, once somebody asked */
	char coded[64]; /* these are its bytes, unless it is empty */
};

/* `size` bytes, all of one writing that there has not been before. */
const struct content *content_new(struct world *w, uint64_t size);

/* `text`, which lasts, and which says what is in `sheet`. */
const struct content *content_text(
	struct world *w, struct span text, const struct sheet *sheet);

/*
 * `old` with the `length` bytes from `first` on written anew, longer where
 * they go beyond its end; first <= old->size.
 */
const struct content *content_write(struct world *w, const struct content *old,
	uint64_t first, uint64_t length);

/* The first `size` bytes of `old`; size <= old->size. */
const struct content *content_cut(
	struct world *w, const struct content *old, uint64_t size);

/* What the helper makes of the content with that digest. */
void content_coded(struct content *out, const char source[DIGEST_LENGTH],
	enum coding coding);

/* Copies the `len` bytes from `offset` on; they must exist. */
void content_read(
	const struct content *c, uint64_t offset, char *to, size_t len);

/* Are `bytes` what stands at `offset`? */
bool content_is(const struct content *c, uint64_t offset, struct span bytes);

/* The entity-tag of a body whose bytes are read for it, with its quotes. */
struct span content_etag(const struct content *c);

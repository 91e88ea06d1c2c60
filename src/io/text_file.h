/*
 * A file right in the root that steers the server: looked at before each
 * request as cheaply as can be, read again when it has changed. What its text
 * means is its reader's affair.
 */
#pragma once

#include "io/files.h"

struct text_file {
	const char *name; /* in the root; NUL-terminated */
	struct facts facts;
	bool exists;
	bool is_believed; /* as it was, until something in the root changes */
	uint64_t changes; /* files_root_changes() at the last look */
	int error;        /* of the last look: 0 or -errno */
};

struct text_bytes {
	char *at; /* of the heap, or NULL: there is no such file */
	size_t len;
};

/* A file that has not been looked at: as if there were none. */
void text_file_init(struct text_file *t, const char *name);

/*
 * 1: it is another one than at the last look, or gone, and *out has its bytes,
 * the caller's; 0: it is the same; -errno: it cannot be read, -EFBIG beyond
 * FILES_HASHED_MAX bytes, -EISDIR where it is no regular file, -EXDEV or -ELOOP
 * where it leads out of the root; told once as long as it stays so, and tried
 * again each time.
 */
must_check int text_file_refresh(
	struct text_file *t, struct files *f, struct text_bytes *out);

/* The bytes were of no use for now: the next look reads them again. */
void text_file_forget(struct text_file *t);

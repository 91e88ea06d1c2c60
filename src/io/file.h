/*
 * A file that is being served: its facts, and how many use it. Opened by
 * load.c, kept by files.c, known to everybody else by this alone.
 */
#pragma once

#include "base/attr.h"
#include "base/digest.h"
#include "http/resource.h"

/* Up to this size the ETag is made of the bytes. */
#define FILES_HASHED_MAX ((uint64_t)1 << 20)

/* Bodies up to this size are sent from memory: cheaper than sendfile(2). */
#define FILES_KEPT_MAX ((uint64_t)32 << 10)

/* A coding that was made of a file's content: bytes on the heap, or a
 * descriptor that the file system's `close` closes. */
struct made {
	enum coding coding;
	uint64_t size;
	char *bytes; /* or NULL: */
	int fd;      /* or -1 */
	char digest[DIGEST_LENGTH];
};

/* A file that is in use, or in the cache. Counted: files_open gives one
 * reference, file_put takes it back. */
struct file {
	struct resource resource;
	unsigned refs;
};

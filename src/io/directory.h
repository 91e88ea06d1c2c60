/*
 * The names in a directory, for a listing: all are read and sorted when it is
 * opened, directories first, then by their bytes; what each of them is, is
 * looked up as the listing comes to it. What would not be served by its name
 * is left out: what a dot hides, what is neither a file nor a directory, what
 * leads nowhere or out of the root, and the files of rules in the root. Must
 * not know what a listing looks like.
 */
#pragma once

#include "http/resource.h"
#include "io/fs.h"

/* A page of so many rows is of no use to anybody, and reading the names keeps
 * a worker from its other connections: 100,000 names take some 60 ms. */
#define DIRECTORY_NAMES_MAX 1000000

/* Bytes of names, of which an average one has 20 and the longest 255. */
#define DIRECTORY_BYTES_MAX ((size_t)64 << 20)

struct directory;

/*
 * Opens the directory `name` below the root; "" is the root itself, and a
 * final slash means nothing. *out is the caller's until directory_close; it
 * holds memory and no descriptor. -errno: -ENOTDIR, -EACCES, -ENOENT, ...;
 * -E2BIG when there are more names than the limits above allow: a list
 * without some of its names would say that they do not exist.
 */
must_check int directory_open(
	struct fs *fs, const char *name, struct directory **out);

/*
 * The next entry, in order: true, with *out whose name lasts until
 * directory_close; false at the end. One that has vanished meanwhile is passed
 * over; one that cannot be looked at for now is not is_known.
 */
must_check bool directory_next(
	struct directory *d, struct directory_entry *out);

void directory_close(struct directory *d);

/*
 * Files below the root: facts, descriptors and small bodies, cached for as
 * long as they are known to be true. The cache never serves what has changed
 * before the request came: changes are read (files_refresh) ahead of the
 * requests of each batch, and what cannot be watched is compared anew each
 * time. Knows no HTTP but the facts' struct.
 */
#pragma once

#include "io/file.h"
#include "io/fs.h"

struct files;

struct files_limits {
	size_t bytes_max; /* of bodies kept, and of what describes them */
	unsigned descriptors_max;
	unsigned watches_max; /* directories watched by inotify */
	bool may_squeeze;     /* codings can be made of what is kept */
};

/* The cache over `fs`, which it borrows; NULL when the heap is out. `seed`
 * keys its hash. */
must_check struct files *files_new(
	struct fs *fs, const struct files_limits *limits, uint64_t seed);

/* Frees it; files in use stay until they are put. */
void files_free(struct files *f);

/*
 * The regular file `name` (NUL-terminated, relative, decoded) in *out, with a
 * reference: RESOURCE_FILE. Any other kind says why there is none, *out
 * untouched.
 */
must_check enum resource_kind files_open(
	struct files *f, struct span name, struct file **out);

/*
 * A number that is another one after each change of the file, of what is known
 * of it, and of whether the cache has it. NULL: its changes are not seen, so
 * that it has to be opened each time. Valid as long as the cache is.
 */
const uint64_t *files_stamp(struct files *f, struct file *file);

/* What files_open would do for a file whose stamp has not changed; without a
 * reference and false, when that would not be RESOURCE_FILE. */
must_check bool files_reopen(struct files *f, struct file *file);

/* Something else about it has changed: its stamp does. */
void files_touch(struct files *f, struct file *file);

void file_put(struct files *f, struct file *file);

/* One more reference to a file that somebody has. */
void file_share(struct file *file);

/*
 * Adds a coding that was made of the content whose digest is `source`, for the
 * requests that follow; takes it over. Dropped when the file is not in the
 * cache any more, has that coding, or had another content.
 */
void file_add(struct files *f, struct file *file, const struct made *m,
	const char source[DIGEST_LENGTH]);

/* Takes note of what has changed. `now_ms`: monotonic. */
void files_refresh(struct files *f, uint64_t now_ms);

/* The file system that it is over. */
struct fs *files_fs(const struct files *f);

/* Watches the directories on the way to `name`; false when that cannot be. */
bool files_watch(struct files *f, struct span name);

/* Another number after each change of what is right in the root: as long as
 * it is the same, and files_watch was true, so is everything there. */
uint64_t files_root_changes(const struct files *f);

/* Another number after each switch of the root. */
uint64_t files_root_number(const struct files *f);

/* Readable when something has changed, or -1: for the loop to wait on. */
int files_watch_fd(const struct files *f);

/* Was the root replaced by a directory that these walls shut out? */
bool files_root_is_lost(const struct files *f);

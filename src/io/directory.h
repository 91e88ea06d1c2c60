/*
 * The names in a directory, for a listing, directories first, then by their
 * bytes: all are read before the first is told, a few thousand at a time; what
 * each of them is, is looked up as the listing comes to it. What would not be
 * served by its name is left out: what a dot hides, what is neither a file nor
 * a directory, what leads nowhere or out of the root, and the files of rules
 * in the root. Must not know what a listing looks like.
 */
#pragma once

#include "http/resource.h"
#include "io/fs.h"
#include "io/names.h"

/* Each has a descriptor for as long as its client takes: so many are kept for
 * them, and are more than a worker sends at a time. */
#define DIRECTORIES_MAX 64

/* What a worker's directories take, all together. Zero at first. */
struct directories {
	unsigned count;
	size_t bytes; /* of names; see NAMES_BUDGET */
};

struct directory;

/*
 * Opens the directory `name` below the root, and reads nothing; "" is the root
 * itself, and a final slash means nothing. *out is the caller's until
 * directory_close; `all` outlives it. -errno: -ENOTDIR, -EACCES, -ENOENT, ...;
 * -EMFILE or -ENOMEM also when `all` have no share left for it.
 */
must_check int directory_open(struct fs *fs, struct directories *all,
	const char *name, struct directory **out);

/*
 * Reads on, some thousand names. 1: there are more; 0: all are read; -errno:
 * -ENOMEM, also beyond the budget; -E2BIG beyond the limits of names.h, as a
 * list without some of its names would say that they do not exist.
 */
must_check int directory_read(struct directory *d);

/*
 * Looks at the next entry, once all are read. 1: in *out, whose name lasts
 * until directory_close; an entry that cannot be looked at for now is not
 * is_known; -EAGAIN: it has vanished meanwhile, ask for the next; 0: that was
 * the last; -ESTALE: the directory has been removed, or this is a link out of
 * it and the root is another by now, so that the rest cannot be told. Where
 * the directory has been moved to does not matter.
 */
must_check int directory_next(struct directory *d, struct directory_entry *out);

void directory_close(struct directory *d);

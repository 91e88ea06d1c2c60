/*
 * From a name to a file that can be served: opening it and its precompressed
 * siblings, reading and fingerprinting them. No cache: files.c keeps what
 * this makes.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "base/text.h"
#include "io/file.h"
#include "io/fs.h"

/* An open file that is not read yet; fd -1: there is none. */
struct handle {
	int fd;
	struct facts facts;
};

/* What was found under one name: the file itself, and for each coding the
 * sibling that holds it. */
struct handles {
	struct handle at[CODING_COUNT];
	bool is_unsure;    /* a sibling may be there: it could not be opened */
	bool has_symlinks; /* one was on the way to the file */
};

struct entry {
	struct file file;
	struct fs *fs;
	struct map_node node; /* by name, while it is cached */
	struct list recent;
	bool is_watched;
	bool is_kept; /* it is in the cache */
	unsigned descriptors;
	size_t bytes;
	struct facts facts[CODING_COUNT];
	char *bodies[CODING_COUNT]; /* what resource's bytes point to */
	char name[];
};

/* Suffixes of siblings, by coding; "" for the file itself. */
extern const struct span load_suffixes[CODING_COUNT];

/* What a request gets where opening failed with this -errno. */
enum resource_kind load_kind(int error);

/* Opens `name` and its siblings. RESOURCE_FILE: *out is the caller's, to be
 * closed or read; any other kind: nothing is open. */
must_check enum resource_kind load_open(
	struct fs *fs, struct span name, struct handles *out);

void load_close(struct fs *fs, struct handles *h);

/*
 * Reads what `h` has open, closing what need not stay open. A new entry with
 * one reference in *out, or the kind of its failure; `h` is used up.
 */
must_check enum resource_kind load_read(
	struct fs *fs, struct span name, struct handles *h, struct entry **out);

/*
 * Reads the whole of `h`, at most FILES_HASHED_MAX bytes, until two looks at
 * it agree. 0 with its bytes in *body, of the heap and the caller's, h->facts
 * theirs; -EAGAIN when it never holds still, -EFBIG, -errno.
 */
must_check int load_bytes(struct fs *fs, struct handle *h, char **body);

/*
 * Adds a coding that was made of the entry's content, taking over its bytes or
 * its descriptor. Whoever counts the entry's `bytes` and `descriptors` counts
 * them anew.
 */
void load_add(struct entry *e, const struct made *m);

/* Frees one that is not added. */
void load_drop(struct fs *fs, const struct made *m);

/* Frees an entry that nobody refers to. */
void load_free(struct entry *e);

/* Are these the very files that the entry was made from? */
bool load_is_same(const struct entry *e, const struct handles *h);

/* Was it last changed before the present tick of the clock? Until then another
 * change would leave no trace. `now_ns`: since 1970. */
bool load_is_settled(const struct facts *facts, int64_t now_ns);

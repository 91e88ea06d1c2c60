/*
 * Reading a directory (directory.h). It stays open while it is listed, and
 * names are looked at in it: whoever moves it, or switches the root, changes
 * nothing of a listing that has begun.
 */
#include "io/directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What one directory_read asks for, and how often: more than most directories
 * have, the end included, and at the most, of links, 4 ms. */
#define PIECE_SIZE ((size_t)16 << 10)
#define PIECES_MAX 2

/* PATH_MAX of Linux: a longer name cannot be opened either. */
#define NAME_SIZE 4096

/* Links, and names of a file system that does not say what they are, are
 * looked at before they are sorted, 3 us each: beyond this number they stand
 * among the files, even if they lead to a directory. */
#define LOOKS_MAX 10000

struct directory {
	struct fs *fs;
	struct directories *all;
	int fd;
	bool is_read;
	struct names names;
	unsigned looks;
	size_t base_len;
	char path[NAME_SIZE]; /* of the directory, with its slash; of a name */
};

/* The kinds of names, in their order. What could not be looked at stands with
 * the files. */
enum { KIND_DIRECTORY = 1, KIND_FILE };

/* The facts of `name` in the directory; -errno. */
static int name_look(struct directory *d, struct span name, struct facts *facts)
{
	struct facts of_it;

	if (name.len >= sizeof d->path - d->base_len)
		return -ENAMETOOLONG;
	memcpy(d->path + d->base_len, name.at, name.len);
	d->path[d->base_len + name.len] = '\0';
	int res = d->fs->ops->look(d->fs, d->fd, d->path, facts);
	/* In a directory that is gone there is nothing: that says nothing of
	 * what was there. */
	if (res == -ENOENT && d->fs->ops->stat(d->fs, d->fd, &of_it) == 0 &&
		of_it.links == 0)
		return -ESTALE;
	return res;
}

/* The errors that say nothing of the name, but of us and the moment. */
static bool is_passing(int res)
{
	return res == -EMFILE || res == -ENFILE || res == -ENOMEM ||
	       res == -EAGAIN || res == -EINTR || res == -EIO;
}

/* By the rules of http/path.c and of the root; the kind is another matter. */
static bool is_hidden(const struct directory *d, struct span name)
{
	return name.at[0] == '.' ||
	       (d->base_len == 0 &&
		       (span_equal(name, SPAN("_headers")) ||
			       span_equal(name, SPAN("_redirects"))));
}

/* What a link leads to decides where it stands. -ENOENT: nowhere; -ESTALE. */
static int kind_look(struct directory *d, struct span name)
{
	struct facts facts;

	if (d->looks == LOOKS_MAX)
		return KIND_FILE;
	d->looks++;
	int res = name_look(d, name, &facts);
	if (res < 0)
		return is_passing(res)  ? KIND_FILE
		       : res == -ESTALE ? res
					: -ENOENT;
	if (facts.type == S_IFDIR)
		return KIND_DIRECTORY;
	return facts.type == S_IFREG ? KIND_FILE : -ENOENT;
}

static int kind_of(
	struct directory *d, const struct fs_name *record, struct span name)
{
	switch (record->type) {
	case DT_DIR:
		return KIND_DIRECTORY;
	case DT_REG:
		return KIND_FILE;
	case DT_LNK:
	case DT_UNKNOWN:
		return kind_look(d, name);
	default:
		return -ENOENT;
	}
}

static int records_take(struct directory *d, const char *at, const char *end)
{
	while (at < end) {
		const struct fs_name *record = (const void *)at;
		struct span name = span_of(record->name);
		assert(record->size > 0);
		at += record->size;
		if (name.len == 0 || is_hidden(d, name))
			continue;
		int kind = kind_of(d, record, name);
		if (kind == -ENOENT)
			continue;
		int res = kind < 0 ? kind
				   : names_add(&d->names, (char)kind, name);
		if (res < 0)
			return res;
	}
	return 0;
}

int directory_read(struct directory *d)
{
	char piece[PIECE_SIZE] __attribute__((aligned(8)));

	if (d->is_read)
		return 0;
	for (unsigned i = 0; i < PIECES_MAX; i++) {
		ssize_t got = d->fs->ops->list(
			d->fs, d->fd, piece, sizeof piece);
		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		if (got == 0) {
			d->is_read = true;
			return names_sort(&d->names);
		}
		int res = records_take(d, piece, piece + got);
		if (res < 0)
			return res;
	}
	return 1;
}

/* Opens it, and takes its share of what all have. */
static int directory_take(struct directory *d, struct span name)
{
	struct facts facts;

	memcpy(d->path, name.at, name.len);
	d->fd = d->fs->ops->open(
		d->fs, name.len > 0 ? d->path : ".", 0, &facts);
	if (d->fd < 0)
		return d->fd;
	if (name.len > 0) {
		d->path[name.len] = '/';
		d->base_len = name.len + 1;
	}
	if (facts.type != S_IFDIR)
		return -ENOTDIR;
	/* On the file systems that we know, a directory's own size is near
	 * what its names take here, within a factor of two. */
	return names_init(&d->names, &d->all->bytes, facts.size);
}

int directory_open(struct fs *fs, struct directories *all, const char *name,
	struct directory **out)
{
	struct span path = span_of(name);
	struct directory *d;

	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	if (path.len + 2 > sizeof d->path)
		return -ENAMETOOLONG;
	if (all->count == DIRECTORIES_MAX)
		return -EMFILE;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return -ENOMEM;
	d->fs = fs;
	d->all = all;
	d->names.budget = &all->bytes;
	all->count++;
	int res = directory_take(d, path);
	if (res < 0) {
		directory_close(d);
		return res;
	}
	*out = d;
	return 0;
}

/* Rounded down, before 1970 too. */
static int64_t seconds_of(int64_t ns)
{
	return ns / 1000000000 - (ns % 1000000000 < 0 ? 1 : 0);
}

int directory_next(struct directory *d, struct directory_entry *out)
{
	const char *at = names_next(&d->names);
	struct facts facts;

	assert(d->is_read);
	if (at == NULL)
		return 0;
	struct span name = span_of(at + 1);
	int res = name_look(d, name, &facts);
	if (res < 0 && is_passing(res)) {
		*out = (struct directory_entry){ .name = name,
			.is_directory = *at == KIND_DIRECTORY };
		return 1;
	}
	if (res == -ESTALE)
		return res;
	if (res < 0 || (facts.type != S_IFREG && facts.type != S_IFDIR))
		return -EAGAIN;
	*out = (struct directory_entry){
		.name = name,
		.is_directory = facts.type == S_IFDIR,
		.is_known = true,
		.size = facts.size,
		.mtime = seconds_of(facts.mtime_ns),
	};
	return 1;
}

void directory_close(struct directory *d)
{
	if (d->fd >= 0)
		d->fs->ops->close(d->fs, d->fd);
	names_done(&d->names);
	d->all->count--;
	free(d);
}

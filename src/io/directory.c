/*
 * Reading a directory (directory.h). The names lie one after the other in one
 * block, each behind a byte that says what it is and before its NUL; a table
 * of their places is what gets sorted. Both grow as needed and have limits.
 */
#include "io/directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What one reading asks for: some thousand names, and few system calls. */
#define PIECE_SIZE ((size_t)64 << 10)

/* PATH_MAX of Linux: a longer name cannot be opened either. */
#define NAME_SIZE 4096

/* Links, and names of a file system that does not say what they are, are
 * looked at before they are sorted, 3 us each: beyond this number they stand
 * among the files, even if they lead to a directory. */
#define LOOKS_MAX 10000

struct directory {
	struct fs *fs;
	char *bytes;
	size_t bytes_len, bytes_size;
	uint32_t *places; /* of names in `bytes` */
	uint32_t count, places_size, next;
	unsigned looks;
	size_t base_len;
	char path[NAME_SIZE]; /* of the directory, with its slash; of a name */
};

/* What stands before a name in `bytes`: it is part of its order. What could
 * not be looked at stands with the files. */
enum { KIND_DIRECTORY = 1, KIND_FILE };

/* Makes room for `count` more of `unit` bytes; -errno. */
static int room_make(void **block, size_t *size, size_t len, size_t max)
{
	if (len <= *size)
		return 0;
	if (len > max)
		return -E2BIG;
	size_t more = (size_t)min_u64(max_u64(2 * *size, 4096), max);
	more = (size_t)max_u64(more, len);
	void *moved = realloc(*block, more);
	if (moved == NULL)
		return -ENOMEM;
	*block = moved;
	*size = more;
	return 0;
}

static int names_add(struct directory *d, int kind, struct span name)
{
	size_t size = d->places_size * sizeof *d->places;
	size_t table = (d->count + 1) * sizeof *d->places;
	size_t len = d->bytes_len + 1 + name.len + 1;
	int res = room_make(
		(void **)&d->bytes, &d->bytes_size, len, DIRECTORY_BYTES_MAX);

	if (res == 0)
		res = room_make((void **)&d->places, &size, table,
			DIRECTORY_NAMES_MAX * sizeof *d->places);
	if (res < 0)
		return res;
	d->places_size = (uint32_t)(size / sizeof *d->places);
	d->places[d->count++] = (uint32_t)d->bytes_len;
	d->bytes[d->bytes_len] = (char)kind;
	memcpy(d->bytes + d->bytes_len + 1, name.at, name.len);
	d->bytes[len - 1] = '\0';
	d->bytes_len = len;
	return 0;
}

/* The facts of `name` in the directory; -errno. */
static int name_look(struct directory *d, struct span name, struct facts *facts)
{
	if (name.len >= sizeof d->path - d->base_len)
		return -ENAMETOOLONG;
	memcpy(d->path + d->base_len, name.at, name.len);
	d->path[d->base_len + name.len] = '\0';
	return d->fs->ops->look(d->fs, d->path, facts);
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

/* What a link leads to decides where it stands. -ENOENT: nowhere. */
static int kind_look(struct directory *d, struct span name)
{
	struct facts facts;

	if (d->looks == LOOKS_MAX)
		return KIND_FILE;
	d->looks++;
	int res = name_look(d, name, &facts);
	if (res < 0)
		return is_passing(res) ? KIND_FILE : -ENOENT;
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
		if (kind < 0)
			continue;
		int res = names_add(d, kind, name);
		if (res < 0)
			return res;
	}
	return 0;
}

static int names_read(struct directory *d, int fd)
{
	char *piece = malloc(PIECE_SIZE);
	int res = piece != NULL ? 0 : -ENOMEM;

	while (res == 0) {
		ssize_t got = d->fs->ops->list(d->fs, fd, piece, PIECE_SIZE);
		if (got == -EINTR)
			continue;
		if (got <= 0) {
			res = (int)got;
			break;
		}
		res = records_take(d, piece, piece + got);
	}
	free(piece);
	return res;
}

static int order(const void *a, const void *b, void *bytes)
{
	const uint32_t *first = a, *second = b;

	return strcmp((char *)bytes + *first, (char *)bytes + *second);
}

/* What growing left over goes back: a slow reader keeps the rest for long. */
static void names_shrink(struct directory *d)
{
	void *moved = realloc(d->bytes, d->bytes_len);
	if (moved != NULL)
		d->bytes = moved;
	moved = realloc(d->places, d->count * sizeof *d->places);
	if (moved != NULL)
		d->places = moved;
}

static int directory_read(struct directory *d, struct span name)
{
	struct facts facts;

	memcpy(d->path, name.at, name.len);
	int fd = d->fs->ops->open(
		d->fs, name.len > 0 ? d->path : ".", 0, &facts);
	if (fd < 0)
		return fd;
	if (name.len > 0) {
		d->path[name.len] = '/';
		d->base_len = name.len + 1;
	}
	int res = facts.type == S_IFDIR ? names_read(d, fd) : -ENOTDIR;
	d->fs->ops->close(d->fs, fd);
	if (res < 0 || d->count == 0)
		return res;
	names_shrink(d);
	qsort_r(d->places, d->count, sizeof *d->places, order, d->bytes);
	return 0;
}

int directory_open(struct fs *fs, const char *name, struct directory **out)
{
	struct span path = span_of(name);
	struct directory *d;

	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	if (path.len + 2 > sizeof d->path)
		return -ENAMETOOLONG;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return -ENOMEM;
	d->fs = fs;
	int res = directory_read(d, path);
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

bool directory_next(struct directory *d, struct directory_entry *out)
{
	while (d->next < d->count) {
		const char *at = d->bytes + d->places[d->next++];
		struct span name = span_of(at + 1);
		struct facts facts;
		int res = name_look(d, name, &facts);

		if (res < 0 && is_passing(res)) {
			*out = (struct directory_entry){ .name = name,
				.is_directory = *at == KIND_DIRECTORY };
			return true;
		}
		if (res < 0 || (facts.type != S_IFREG && facts.type != S_IFDIR))
			continue;
		*out = (struct directory_entry){
			.name = name,
			.is_directory = facts.type == S_IFDIR,
			.is_known = true,
			.size = facts.size,
			.mtime = seconds_of(facts.mtime_ns),
		};
		return true;
	}
	return false;
}

void directory_close(struct directory *d)
{
	free(d->places);
	free(d->bytes);
	free(d);
}

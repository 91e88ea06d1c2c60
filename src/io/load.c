/*
 * Opening, reading, fingerprinting (load.h). A file that changes while it is
 * read is read again; one that will not hold still is not served for now, so
 * that no answer mixes two versions.
 */
#include "io/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/digest.h"

/* The clock that stamps files has ticks of 10 ms at the slowest (100 Hz):
 * twice that is safe. */
#define TICK_NS INT64_C(20000000)

/* Readings of a file that keeps changing under us. */
#define READS_MAX 8

const struct span load_suffixes[CODING_COUNT] = {
	[CODING_IDENTITY] = { "", 0 },
	[CODING_GZIP] = { ".gz", 3 },
	[CODING_BR] = { ".br", 3 },
	[CODING_ZSTD] = { ".zst", 4 },
};

enum resource_kind load_kind(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return RESOURCE_FORBIDDEN;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN: /* openat2: a rename was in the way, several times */
		return RESOURCE_BUSY;
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case EINVAL: /* bytes that this file system has no names of */
	case EILSEQ:
	case ELOOP:
	case EXDEV: /* openat2: it leads above the root */
	case ENXIO: /* a socket */
	case ENODEV:
		return RESOURCE_ABSENT;
	default: /* it is there, and cannot be read: not a 404 */
		return RESOURCE_BROKEN;
	}
}

static int name_open(
	struct fs *fs, const char *name, bool *has_symlinks, struct handle *out)
{
	out->fd = fs->ops->open(fs, name, FS_NO_SYMLINKS, &out->facts);
	if (out->fd != -ELOOP)
		return out->fd;
	*has_symlinks = true;
	out->fd = fs->ops->open(fs, name, 0, &out->facts);
	return out->fd;
}

/*
 * brotli -k and others give what they make the time of the file, cut to whole
 * seconds. Such a one is as old as the file when it was made after that was
 * written, which its ctime tells.
 */
static bool is_older(const struct facts *sibling, const struct facts *file)
{
	const int64_t second = INT64_C(1000000000);
	int64_t behind = file->mtime_ns - sibling->mtime_ns;
	bool is_cut = sibling->mtime_ns % second == 0 && behind < second &&
		      sibling->ctime_ns >= file->mtime_ns;

	return behind > 0 && !is_cut;
}

/* A sibling counts when it is a regular file and not older than the file. */
static void sibling_open(
	struct fs *fs, struct span name, enum coding c, struct handles *h)
{
	char path[4096 + 8];
	struct text text = text_in(path, sizeof path - 1);
	struct handle *sibling = &h->at[c];

	text_add(&text, name);
	text_add(&text, load_suffixes[c]);
	path[text.len] = '\0';
	int fd = text.is_full ? -ENAMETOOLONG
			      : name_open(fs, path, &h->has_symlinks, sibling);
	if (fd < 0) {
		enum resource_kind kind = load_kind(fd);
		h->is_unsure |= kind == RESOURCE_BUSY ||
				kind == RESOURCE_BROKEN;
		sibling->fd = -1;
		return;
	}
	if (!S_ISREG(sibling->facts.type) ||
		is_older(&sibling->facts, &h->at[CODING_IDENTITY].facts)) {
		fs->ops->close(fs, sibling->fd);
		sibling->fd = -1;
	}
}

enum resource_kind load_open(
	struct fs *fs, struct span name, struct handles *out)
{
	struct handle *file = &out->at[CODING_IDENTITY];

	for (enum coding c = 0; c < CODING_COUNT; c++)
		out->at[c].fd = -1;
	out->has_symlinks = out->is_unsure = false;
	int fd = name_open(fs, name.at, &out->has_symlinks, file);
	if (fd < 0)
		return load_kind(fd);
	if (!S_ISREG(file->facts.type)) {
		bool is_directory = S_ISDIR(file->facts.type);
		fs->ops->close(fs, fd);
		return is_directory ? RESOURCE_DIRECTORY : RESOURCE_ABSENT;
	}
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
		sibling_open(fs, name, c, out);
	return RESOURCE_FILE;
}

void load_close(struct fs *fs, struct handles *h)
{
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		if (h->at[c].fd >= 0)
			fs->ops->close(fs, h->at[c].fd);
		h->at[c].fd = -1;
	}
}

bool load_is_same(const struct entry *e, const struct handles *h)
{
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		const struct variant *v = &e->file.resource.variants[c];
		bool exists = h->at[c].fd >= 0;
		if (exists != (v->exists && !v->is_made))
			return false;
		if (exists && !facts_equal(&e->facts[c], &h->at[c].facts))
			return false;
	}
	return true;
}

/* Reads exactly `size` bytes; fewer is -ENODATA. */
static int read_whole(struct fs *fs, int fd, char *to, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = fs->ops->read(
			fs, fd, to + done, (size_t)(size - done), done);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? -ENODATA : (int)got;
		done += (uint64_t)got;
	}
	return 0;
}

/* One reading: 1 with the bytes in *body, the facts as they were before and
 * after it; 0 when they were not the same; -errno. */
static int read_once(struct fs *fs, struct handle *h, char **body)
{
	struct facts after;
	int res = fs->ops->stat(fs, h->fd, &h->facts);

	if (res < 0)
		return res;
	if (h->facts.size > FILES_HASHED_MAX)
		return -EFBIG;
	char *bytes = malloc((size_t)h->facts.size + 1);
	if (bytes == NULL)
		return -ENOMEM;
	res = read_whole(fs, h->fd, bytes, h->facts.size);
	if (res == 0)
		res = fs->ops->stat(fs, h->fd, &after);
	if (res == 0 && facts_equal(&h->facts, &after)) {
		*body = bytes;
		return 1;
	}
	free(bytes);
	return res == -ENODATA ? 0 : res; /* it has become shorter */
}

/* The bytes of two readings, the facts of the later one being `h`'s. */
static bool is_repeated(const char *before, uint64_t size,
	const struct handle *h, const char *now)
{
	return before != NULL && size == h->facts.size &&
	       memcmp(before, now, (size_t)size) == 0;
}

/* Until the looks before and after agree. A change within the tick of the
 * clock leaves no trace for a look: what has just been written is read twice.
 */
int load_bytes(struct fs *fs, struct handle *h, char **body)
{
	char *before = NULL, *fresh = NULL;
	uint64_t size = 0;
	int res = 0;

	for (unsigned i = 0; res == 0 && i < READS_MAX; i++) {
		res = read_once(fs, h, &fresh);
		if (res != 1)
			continue;
		if (load_is_settled(&h->facts, fs->now_ns(fs)) ||
			is_repeated(before, size, h, fresh)) {
			*body = fresh;
			break;
		}
		free(before);
		before = fresh;
		size = h->facts.size;
		res = 0;
	}
	free(before);
	if (res == 1)
		return 0;
	return res == 0 ? -EAGAIN : res;
}

static void etag_set(struct variant *v, struct span opaque)
{
	struct text t = text_in(v->etag, sizeof v->etag);

	text_add_char(&t, '"');
	text_add(&t, opaque);
	text_add_char(&t, '"');
	v->etag_len = (uint8_t)t.len;
}

/* Too large to be read for its sake: size and mtime must do. */
static void etag_of_facts(struct variant *v, const struct facts *facts)
{
	char opaque[40];
	int len = snprintf(opaque, sizeof opaque, "%llx-%llx",
		(unsigned long long)facts->size,
		(unsigned long long)facts->mtime_ns);

	etag_set(v, (struct span){ opaque, (size_t)len });
}

/* The entry keeps the descriptor. */
static void descriptor_keep(
	struct entry *e, struct variant *v, struct handle *h)
{
	v->fd = h->fd;
	h->fd = -1;
	e->descriptors++;
}

/* Moves an open file into the entry: bytes in memory, or the descriptor. */
static int variant_read(struct entry *e, enum coding c, struct handle *h)
{
	struct variant *v = &e->file.resource.variants[c];
	char digest[DIGEST_LENGTH];
	char *body = NULL;
	int res = h->facts.size > FILES_HASHED_MAX
			  ? -EFBIG
			  : load_bytes(e->fs, h, &body);

	if (res < 0 && res != -EFBIG)
		return res;
	v->exists = true;
	v->size = h->facts.size;
	e->facts[c] = h->facts;
	if (res == -EFBIG) {
		etag_of_facts(v, &h->facts);
		descriptor_keep(e, v, h);
		return 0;
	}
	digest_of((struct span){ body, (size_t)v->size }, digest);
	etag_set(v, (struct span){ digest, sizeof digest });
	if (v->size > FILES_KEPT_MAX) {
		free(body);
		descriptor_keep(e, v, h);
		return 0;
	}
	e->bodies[c] = body;
	e->bytes += (size_t)v->size;
	v->bytes = body;
	return 0;
}

bool load_is_settled(const struct facts *facts, int64_t now_ns)
{
	int64_t age = now_ns - facts->ctime_ns;

	/* A stamp of the future is not of this tick either. */
	return age < 0 || age >= TICK_NS;
}

static struct entry *entry_new(struct fs *fs, struct span name)
{
	struct entry *e = calloc(1, sizeof *e + name.len + 1);

	if (e == NULL)
		return NULL;
	memcpy(e->name, name.at, name.len);
	e->fs = fs;
	e->bytes = sizeof *e + name.len + 1;
	e->node.key = (struct span){ e->name, name.len };
	list_init(&e->recent);
	e->file.refs = 1;
	e->file.resource.kind = RESOURCE_FILE;
	e->file.resource.name = e->node.key;
	for (enum coding c = 0; c < CODING_COUNT; c++)
		e->file.resource.variants[c].fd = -1;
	return e;
}

static int64_t floor_seconds(int64_t ns)
{
	int64_t second = INT64_C(1000000000);

	return ns / second - (ns % second < 0 ? 1 : 0);
}

enum resource_kind load_read(
	struct fs *fs, struct span name, struct handles *h, struct entry **out)
{
	struct entry *e = entry_new(fs, name);
	int res = e == NULL ? -ENOMEM : 0;

	for (enum coding c = 0; res == 0 && c < CODING_COUNT; c++) {
		if (h->at[c].fd >= 0)
			res = variant_read(e, c, &h->at[c]);
	}
	load_close(fs, h);
	if (res < 0) {
		if (e != NULL)
			load_free(e);
		return load_kind(res);
	}
	e->file.resource.mtime = floor_seconds(
		e->facts[CODING_IDENTITY].mtime_ns);
	*out = e;
	return RESOURCE_FILE;
}

void load_add(struct entry *e, const struct made *m)
{
	struct variant *v = &e->file.resource.variants[m->coding];

	etag_set(v, (struct span){ m->digest, sizeof m->digest });
	v->size = m->size;
	v->bytes = e->bodies[m->coding] = m->bytes;
	v->fd = m->fd;
	v->is_made = v->exists = true;
	/* A descriptor of this kind is memory as well. */
	e->bytes += (size_t)m->size;
	e->descriptors += m->fd >= 0;
}

void load_drop(struct fs *fs, const struct made *m)
{
	if (m->fd >= 0)
		fs->ops->close(fs, m->fd);
	free(m->bytes);
}

void load_free(struct entry *e)
{
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		if (e->file.resource.variants[c].fd >= 0)
			e->fs->ops->close(
				e->fs, e->file.resource.variants[c].fd);
		free(e->bodies[c]);
	}
	free(e);
}

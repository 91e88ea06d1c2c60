/*
 * The cache of files (files.h): which entries are kept, for how long they are
 * believed, and in which order they go. Reading is load.c's, watching is
 * watch.c's.
 */
#include "io/files.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "io/load.h"
#include "io/watch.h"

/* Two to the power of this many buckets: 128 KiB, for some 10,000 entries. */
#define FILES_BITS 14

/* The root's name is followed again after so long, in milliseconds: at a
 * request, when nothing has told us of a change. */
#define ROOT_CHECK_MS 100

/* Names share a stamp, which costs no more than an answer made anew. */
#define STAMPS_MAX 4096

struct files {
	struct fs *fs;
	struct files_limits limits;
	struct map entries;
	struct list recent; /* most recently used first */
	struct watches watches;
	size_t bytes;
	unsigned descriptors;
	uint64_t root_number;
	uint64_t root_changes;       /* counted */
	uint64_t stamps[STAMPS_MAX]; /* changes, by hashes of names */
	uint64_t root_check_ms;      /* when to look at the root again */
	bool root_is_lost;           /* for good: behind the walls */
	bool root_is_unsure; /* it has changed, and could not be opened yet */
};

static struct entry *entry_of(struct file *file)
{
	return container_of(file, struct entry, file);
}

static struct entry *entry_of_node(struct map_node *node)
{
	return container_of(node, struct entry, node);
}

struct files *files_new(
	struct fs *fs, const struct files_limits *limits, uint64_t seed)
{
	struct files *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->fs = fs;
	f->limits = *limits;
	list_init(&f->recent);
	if (map_init(&f->entries, FILES_BITS, seed) < 0) {
		free(f);
		return NULL;
	}
	if (watches_init(&f->watches, fs, limits->watches_max, seed) < 0) {
		map_done(&f->entries);
		free(f);
		return NULL;
	}
	return f;
}

static void entry_put(struct entry *e)
{
	assert(e->file.refs > 0);
	if (--e->file.refs == 0)
		load_free(e);
}

static uint64_t *entry_stamp(struct files *f, const struct entry *e)
{
	return &f->stamps[e->node.hash % STAMPS_MAX];
}

/* Takes it out of the cache; whoever uses it still has it. */
static void entry_drop(struct files *f, struct entry *e)
{
	(*entry_stamp(f, e))++;
	e->is_kept = false;
	e->file.resource.unmade = 0;
	map_remove(&f->entries, &e->node);
	list_remove(&e->recent);
	f->bytes -= e->bytes;
	f->descriptors -= e->descriptors;
	entry_put(e);
}

static void files_drop_all(struct files *f)
{
	f->root_changes++;
	while (!list_is_empty(&f->recent))
		entry_drop(
			f, container_of(f->recent.next, struct entry, recent));
	watches_clear(&f->watches);
}

void files_free(struct files *f)
{
	files_drop_all(f);
	watches_done(&f->watches);
	map_done(&f->entries);
	free(f);
}

/* The least recent go until the rest is within the limits. */
static void files_shrink(struct files *f)
{
	while (f->bytes > f->limits.bytes_max ||
		f->descriptors > f->limits.descriptors_max)
		entry_drop(
			f, container_of(f->recent.prev, struct entry, recent));
}

/* Codings that can be made of it: of a small file that is kept, those that
 * are not beside it. Its entity-tag tells its content from any other. */
static unsigned entry_unmade(const struct entry *e)
{
	const struct variant *v = e->file.resource.variants;
	unsigned unmade = 0;

	if (v[CODING_IDENTITY].size > FILES_HASHED_MAX)
		return 0;
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
		unmade |= v[c].exists ? 0 : 1u << c;
	return unmade;
}

static void entry_keep(struct files *f, struct entry *e)
{
	e->is_kept = true;
	if (f->limits.may_squeeze)
		e->file.resource.unmade = entry_unmade(e);
	map_add(&f->entries, &e->node);
	list_add_first(&f->recent, &e->recent);
	f->bytes += e->bytes;
	f->descriptors += e->descriptors;
	e->file.refs++;
	files_shrink(f);
}

/* A reference to a cached entry, which makes it the most recent. */
static struct file *entry_use(struct files *f, struct entry *e)
{
	list_remove(&e->recent);
	list_add_first(&f->recent, &e->recent);
	e->file.refs++;
	return &e->file;
}

static bool is_settled(const struct entry *e, int64_t now_ns)
{
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		if (e->file.resource.variants[c].exists &&
			!load_is_settled(&e->facts[c], now_ns))
			return false;
	}
	return true;
}

/* Another name or another device: changes made there are not seen here. */
static bool is_watchable(const struct files *f, const struct handles *h)
{
	if (h->has_symlinks)
		return false;
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		const struct handle *file = &h->at[c];
		if (file->fd >= 0 &&
			(file->facts.links > 1 ||
				file->facts.dev != f->fs->root_dev))
			return false;
	}
	return true;
}

/*
 * Opens `name` so that whatever changes from now on will be seen, if it can be
 * seen: the watches come first, the look comes after them.
 */
static enum resource_kind handles_open(
	struct files *f, struct span name, struct handles *h, bool *is_watched)
{
	enum resource_kind kind = load_open(f->fs, name, h);

	*is_watched = false;
	if (kind != RESOURCE_FILE || !is_watchable(f, h))
		return kind;
	int res = watches_cover(&f->watches, name);
	if (res == 1) {
		load_close(f->fs, h);
		kind = load_open(f->fs, name, h);
	}
	*is_watched = res >= 0 && kind == RESOURCE_FILE && is_watchable(f, h);
	return kind;
}

static enum resource_kind file_load(
	struct files *f, struct span name, struct entry *old, struct file **out)
{
	struct handles h;
	struct entry *e;
	bool is_watched;
	enum resource_kind kind = handles_open(f, name, &h, &is_watched);

	if (kind == RESOURCE_FILE && old != NULL && load_is_same(old, &h)) {
		load_close(f->fs, &h);
		*out = entry_use(f, old);
		return kind;
	}
	if (old != NULL)
		entry_drop(f, old);
	if (kind != RESOURCE_FILE)
		return kind;
	kind = load_read(f->fs, name, &h, &e);
	if (kind != RESOURCE_FILE)
		return kind;
	e->is_watched = is_watched;
	/* A sibling that could not be opened for now must not be forgotten. */
	if (!h.is_unsure && is_settled(e, f->fs->now_ns(f->fs)))
		entry_keep(f, e);
	*out = &e->file;
	return RESOURCE_FILE;
}

enum resource_kind files_open(
	struct files *f, struct span name, struct file **out)
{
	struct map_node *node = map_find(&f->entries, name);
	struct entry *e = node != NULL ? entry_of_node(node) : NULL;

	if (f->root_is_lost || f->root_is_unsure)
		return RESOURCE_BUSY;
	if (e == NULL || !e->is_watched)
		return file_load(f, name, e, out);
	*out = entry_use(f, e);
	return RESOURCE_FILE;
}

const uint64_t *files_stamp(struct files *f, struct file *file)
{
	const struct entry *e = entry_of(file);

	return e->is_kept && e->is_watched ? entry_stamp(f, e) : NULL;
}

bool files_reopen(struct files *f, struct file *file)
{
	if (f->root_is_lost || f->root_is_unsure)
		return false;
	entry_use(f, entry_of(file));
	return true;
}

void files_touch(struct files *f, struct file *file)
{
	(*entry_stamp(f, entry_of(file)))++;
}

void file_put(struct files *f, struct file *file)
{
	(void)f;
	entry_put(entry_of(file));
}

void file_share(struct file *file)
{
	file->refs++;
}

void file_add(struct files *f, struct file *file, const struct made *m,
	const char source[DIGEST_LENGTH])
{
	struct entry *e = entry_of(file);
	const struct variant *v = file->resource.variants;
	struct span etag = variant_etag(&v[CODING_IDENTITY]);

	if (!e->is_kept || v[m->coding].exists ||
		!span_equal(span_first(span_skip(etag, 1), etag.len - 2),
			(struct span){ source, DIGEST_LENGTH })) {
		load_drop(f->fs, m);
		return;
	}
	f->bytes -= e->bytes;
	f->descriptors -= e->descriptors;
	load_add(e, m);
	(*entry_stamp(f, e))++;
	f->bytes += e->bytes;
	f->descriptors += e->descriptors;
	files_shrink(f);
}

static void name_drop(struct files *f, struct span name)
{
	struct map_node *node = map_find(&f->entries, name);

	if (node != NULL)
		entry_drop(f, entry_of_node(node));
}

/* `name` in `dir` has changed: it, and what it is a sibling of, are gone. */
static void name_changed(struct files *f, struct span dir, struct span name)
{
	char storage[4096 + 256];
	struct text path = text_in(storage, sizeof storage);

	f->root_changes += dir.len == 0;
	text_add(&path, dir);
	if (dir.len > 0)
		text_add_char(&path, '/');
	text_add(&path, name);
	if (path.is_full)
		return; /* longer than any name that can be opened */
	name_drop(f, text_span(&path));
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++) {
		if (span_ends(name, load_suffixes[c]))
			name_drop(f, span_first(text_span(&path),
					     path.len - load_suffixes[c].len));
	}
}

static void root_check(struct files *f, uint64_t now_ms)
{
	int res = f->fs->ops->refresh_root(f->fs);

	f->root_check_ms = now_ms + ROOT_CHECK_MS;
	if (res == 1) {
		f->root_number++;
		files_drop_all(f);
	}
	if (res == -EACCES)
		f->root_is_lost = true;
	/* Out of descriptors, say: to go on with the old one would be stale.
	 * The next batch looks again. */
	f->root_is_unsure = res < 0;
	if (res < 0)
		f->root_check_ms = now_ms;
}

static void change_apply(
	struct files *f, const struct change *change, uint64_t now_ms)
{
	struct span dir;

	if (change->is_lost)
		files_drop_all(f);
	/* What is lost may have been about the root. */
	if (change->is_root || change->is_lost)
		root_check(f, now_ms);
	else if (!watches_find(&f->watches, change->watch, &dir))
		return; /* of a directory that was let go */
	else if (change->is_tree)
		files_drop_all(f);
	else
		name_changed(f, dir, span_of(change->name));
}

void files_refresh(struct files *f, uint64_t now_ms)
{
	struct change change;

	while (f->fs->ops->next_change(f->fs, &change) > 0)
		change_apply(f, &change, now_ms);
	if (now_ms >= f->root_check_ms)
		root_check(f, now_ms);
}

int files_watch_fd(const struct files *f)
{
	return f->fs->watch_fd;
}

bool files_root_is_lost(const struct files *f)
{
	return f->root_is_lost;
}

struct fs *files_fs(const struct files *f)
{
	return f->fs;
}

bool files_watch(struct files *f, struct span name)
{
	return watches_cover(&f->watches, name) >= 0;
}

uint64_t files_root_changes(const struct files *f)
{
	return f->root_changes;
}

uint64_t files_root_number(const struct files *f)
{
	return f->root_number;
}

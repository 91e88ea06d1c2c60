/*
 * The file system in memory (fake_fs.h). A descriptor is the node's place
 * plus 1000.
 */
#include "fake_fs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FD_FIRST 1000
#define LONG_AGO INT64_C(1000000000000000000)

static struct fake_fs *fake_of(struct fs *fs)
{
	return container_of(fs, struct fake_fs, fs);
}

static int fake_open(
	struct fs *fs, const char *name, unsigned flags, struct facts *facts)
{
	struct fake_fs *f = fake_of(fs);

	f->opens++;
	for (int i = 0; i < FAKE_NODES; i++) {
		struct fake_node *node = &f->nodes[i];
		if (node->name == NULL || strcmp(node->name, name) != 0)
			continue;
		if (node->is_behind_link && (flags & FS_NO_SYMLINKS) != 0)
			return -ELOOP;
		if (node->open_error != 0)
			return -node->open_error;
		*facts = node->facts;
		node->listed = 0;
		f->open_count++;
		return FD_FIRST + i;
	}
	return -ENOENT;
}

static struct fake_node *node_of(struct fs *fs, int fd)
{
	assert(fd >= FD_FIRST && fd < FD_FIRST + FAKE_NODES);
	return &fake_of(fs)->nodes[fd - FD_FIRST];
}

static int fake_stat(struct fs *fs, int fd, struct facts *facts)
{
	struct fake_node *node = node_of(fs, fd);

	if (node->stat_error != 0)
		return -node->stat_error;
	*facts = node->facts;
	return 0;
}

static ssize_t fake_read(
	struct fs *fs, int fd, void *to, size_t len, uint64_t offset)
{
	struct fake_node *node = node_of(fs, fd);

	fake_of(fs)->reads++;
	if (node->read_error != 0)
		return -node->read_error;
	if (node->is_restless)
		node->facts.ctime_ns++;
	if (offset >= node->facts.size)
		return 0;
	size_t count = (size_t)min_u64(len, node->facts.size - offset);
	if (node->read_max != 0)
		count = (size_t)min_u64(count, node->read_max);
	memset(to, node->fill, count);
	return (ssize_t)count;
}

static void fake_close(struct fs *fs, int fd)
{
	if (fd < FD_FIRST) {
		close(fd); /* not one of ours: of what was made of a file */
		return;
	}
	node_of(fs, fd);
	assert(fake_of(fs)->open_count-- > 0);
}

/* The last part of the node's name when it is right in `dir`, or empty. */
static struct span child_name(const char *dir, const char *node)
{
	struct span name = span_of(node), base = span_of(dir);

	if (strcmp(dir, ".") == 0)
		base.len = 0;
	while (base.len > 0 && base.at[base.len - 1] == '/')
		base.len--;
	if (base.len > 0) {
		if (!span_starts(name, base) || name.at[base.len] != '/')
			return SPAN("");
		name = span_skip(name, base.len + 1);
	}
	return span_find(name, '/') == name.len ? name : SPAN("");
}

static size_t record_add(char *to, size_t len, struct span name, uint8_t type)
{
	size_t size = (sizeof(struct fs_name) + name.len + 1 + 7) / 8 * 8;
	struct fs_name *record = (void *)to;

	if (size > len)
		return 0;
	memset(to, 0, size);
	*record = (struct fs_name){ .size = (uint16_t)size, .type = type };
	memcpy(record->name, name.at, name.len);
	return size;
}

/* The node's children, and after them so many numbered names. */
static ssize_t fake_list(struct fs *fs, int fd, void *to, size_t len)
{
	struct fake_fs *f = fake_of(fs);
	struct fake_node *dir = node_of(fs, fd);
	size_t put = 0, size = 1;

	if (dir->list_error != 0 && dir->listed >= dir->list_error_at)
		return -dir->list_error;
	for (; size > 0; dir->listed += size > 0) {
		char number[16];
		struct span name = { number, 0 };
		uint8_t type = DT_REG;
		if (dir->listed < FAKE_NODES) {
			struct fake_node *node = &f->nodes[dir->listed];
			if (node->name != NULL && node != dir)
				name = child_name(dir->name, node->name);
			type = node->list_type;
			if (name.len == 0)
				continue;
		} else {
			unsigned i = dir->listed - FAKE_NODES;
			if (i >= dir->numbered)
				break;
			type = dir->numbered_type;
			name.len = (size_t)snprintf(number, sizeof number,
				"n%07u",
				dir->is_backwards ? dir->numbered - 1 - i : i);
		}
		size = record_add((char *)to + put, len - put, name, type);
		put += size;
	}
	return (ssize_t)put;
}

/* By its whole path: nothing here is ever moved. */
static int fake_look(
	struct fs *fs, int dir, const char *name, struct facts *facts)
{
	struct fake_fs *f = fake_of(fs);

	assert(S_ISDIR(node_of(fs, dir)->facts.type));
	f->looks++;
	if (f->looks_are_blind)
		return -EIO;
	for (int i = 0; i < FAKE_NODES; i++) {
		struct fake_node *node = &f->nodes[i];
		if (node->name == NULL || strcmp(node->name, name) != 0)
			continue;
		if (node->look_error != 0)
			return -node->look_error;
		*facts = node->facts;
		return 0;
	}
	return -ENOENT;
}

static int fake_watch(struct fs *fs, const char *name)
{
	struct fake_fs *f = fake_of(fs);
	static char names[FAKE_WATCHES][64];

	if (f->on_watch != NULL) {
		void (*hook)(struct fake_fs *) = f->on_watch;
		f->on_watch = NULL;
		hook(f);
	}
	for (int i = 0; i < FAKE_WATCHES; i++) {
		if (f->watched[i] == NULL) {
			snprintf(names[i], sizeof names[i], "%s", name);
			f->watched[i] = names[i];
			f->watch_count++;
			return i + 1;
		}
	}
	return -ENOSPC;
}

static void fake_unwatch(struct fs *fs, int watch)
{
	struct fake_fs *f = fake_of(fs);

	assert(watch >= 1 && f->watched[watch - 1] != NULL);
	f->watched[watch - 1] = NULL;
	f->watch_count--;
}

static int fake_next_change(struct fs *fs, struct change *out)
{
	struct fake_fs *f = fake_of(fs);

	if (f->change_next == f->change_count) {
		f->change_next = f->change_count = 0;
		return 0;
	}
	*out = f->changes[f->change_next++];
	return 1;
}

static int fake_refresh_root(struct fs *fs)
{
	return fake_of(fs)->root_res;
}

static int64_t fake_now_ns(struct fs *fs)
{
	return fake_of(fs)->now_ns;
}

static const struct fs_ops fake_ops = {
	.open = fake_open,
	.stat = fake_stat,
	.read = fake_read,
	.close = fake_close,
	.list = fake_list,
	.look = fake_look,
	.watch = fake_watch,
	.unwatch = fake_unwatch,
	.next_change = fake_next_change,
	.refresh_root = fake_refresh_root,
};

void fake_fs_init(struct fake_fs *f)
{
	*f = (struct fake_fs){
		.fs = { .ops = &fake_ops,
			.watch_fd = -1,
			.can_watch = true,
			.root_dev = 1,
			.now_ns = fake_now_ns },
		.now_ns = LONG_AGO + INT64_C(1000000000000),
	};
}

struct fake_node *fake_add(
	struct fake_fs *f, const char *name, uint64_t size, char fill)
{
	struct fake_node *node = f->nodes;

	while (node->name != NULL)
		node++;
	assert(node < f->nodes + FAKE_NODES);
	*node = (struct fake_node){ .name = name,
		.fill = fill,
		.list_type = DT_REG,
		.facts = { .dev = 1,
			.ino = (uint64_t)(node - f->nodes) + 1,
			.size = size,
			.mtime_ns = LONG_AGO,
			.ctime_ns = LONG_AGO,
			.type = S_IFREG,
			.links = 1 } };
	return node;
}

void fake_tell(struct fake_fs *f, const char *name)
{
	struct span s = span_of(name);
	size_t slash = span_find_last(s, '/');
	struct span dir = slash < s.len ? span_first(s, slash) : SPAN("");
	const char *base = slash < s.len ? name + slash + 1 : name;

	for (int i = 0; i < FAKE_WATCHES; i++) {
		if (f->watched[i] == NULL ||
			!span_equal(span_of(f->watched[i]), dir))
			continue;
		struct change *c = &f->changes[f->change_count++];
		*c = (struct change){ .watch = i + 1 };
		snprintf(c->name, sizeof c->name, "%s", base);
	}
}

void fake_change(struct fake_fs *f, struct fake_node *node, char fill)
{
	node->fill = fill;
	node->facts.mtime_ns = node->facts.ctime_ns = f->now_ns;
	fake_tell(f, node->name);
}

struct fake_node *fake_add_directory(struct fake_fs *f, const char *name)
{
	struct fake_node *node = fake_add(f, name, 0, 0);

	node->facts.type = S_IFDIR;
	node->list_type = DT_DIR;
	node->numbered_type = DT_REG;
	return node;
}

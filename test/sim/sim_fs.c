/*
 * The file system of the simulation (sim_fs.h).
 */
#include "sim_fs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define WATCH_FD 3
#define DEVICE   7

static struct sim_fs *sim_of(struct fs *fs)
{
	return container_of(fs, struct sim_fs, fs);
}

/* Errors of open, stat and read, and the status that each excuses. */
static const struct {
	int error;
	unsigned status;
} errors[] = {
	{ EMFILE, 503 },
	{ ENFILE, 503 },
	{ ENOMEM, 503 },
	{ EAGAIN, 503 },
	{ EIO, 500 },
	{ EACCES, 403 },
};

/* 0, or -errno: the call fails for no reason of its own. */
static int trouble(struct sim_fs *f, const char *call, const char *name)
{
	world_disturb(f->world);
	if (!world_is_faulty(f->world))
		return 0;
	uint64_t i = dice_below(&f->world->dice, array_count(errors));
	world_fault(f->world, errors[i].status);
	trace("fs: %s %s fails: errno %d", call, name, errors[i].error);
	return -errors[i].error;
}

static void facts_fill(const struct node *n, struct facts *out)
{
	static const uint32_t types[] = {
		[NODE_FILE] = S_IFREG,
		[NODE_DIRECTORY] = S_IFDIR,
		[NODE_SYMLINK] = S_IFLNK,
	};

	*out = (struct facts){
		.dev = DEVICE,
		.ino = n->ino,
		.size = n->kind == NODE_FILE ? n->content->size : 4096,
		.mtime_ns = n->mtime_ns,
		.ctime_ns = n->ctime_ns,
		.type = types[n->kind],
		.links = n->links,
	};
}

static int fd_take(struct sim_fs *f, struct node *n)
{
	for (unsigned i = 0; i < f->fd_max; i++) {
		if (f->fds[i] == NULL) {
			f->fds[i] = n;
			f->is_listed[i] = false;
			return SIM_FS_FIRST + (int)i;
		}
	}
	world_fault(f->world, 503);
	return -EMFILE;
}

struct node *sim_fs_node(struct sim_fs *f, int fd)
{
	check(fd >= SIM_FS_FIRST && fd < SIM_FS_FIRST + SIM_FS_FDS &&
			f->fds[fd - SIM_FS_FIRST] != NULL,
		"descriptor %d is used and not open", fd);
	return f->fds[fd - SIM_FS_FIRST];
}

static int sim_open(
	struct fs *fs, const char *name, unsigned flags, struct facts *facts)
{
	struct sim_fs *f = sim_of(fs);
	struct node *n;
	int res = trouble(f, "open", name);

	if (res < 0)
		return res;
	res = tree_find(f->tree->roots[f->root],
		strcmp(name, ".") == 0 ? "" : name,
		(flags & FS_NO_SYMLINKS) != 0, &n);
	if (res < 0)
		return res;
	if (n->kind != NODE_DIRECTORY && name[strlen(name) - 1] == '/')
		return -ENOTDIR;
	if (n->is_shut)
		return -EACCES;
	res = fd_take(f, n);
	if (res < 0)
		return res;
	f->world->touched = n;
	/* openat2 and statx are two calls. */
	world_disturb(f->world);
	facts_fill(n, facts);
	return res;
}

static int sim_stat(struct fs *fs, int fd, struct facts *facts)
{
	struct sim_fs *f = sim_of(fs);
	struct node *n = sim_fs_node(f, fd);
	int res = trouble(f, "stat", "");

	if (res == 0)
		facts_fill(n, facts);
	return res;
}

ssize_t sim_fs_copy(
	struct sim_fs *f, int fd, char *to, size_t len, uint64_t offset)
{
	const struct content *c = sim_fs_node(f, fd)->content;

	if (offset >= c->size)
		return 0;
	len = (size_t)min_u64(len, c->size - offset);
	content_read(c, offset, to, len);
	return (ssize_t)len;
}

static ssize_t sim_read(
	struct fs *fs, int fd, void *to, size_t len, uint64_t offset)
{
	struct sim_fs *f = sim_of(fs);
	int res = trouble(f, "read", "");

	if (res < 0)
		return res;
	if (!f->world->is_calm && dice_percent(&f->world->dice, 3))
		return -EINTR;
	if (!f->world->is_calm && len > 0 && dice_percent(&f->world->dice, 20))
		len = (size_t)dice_size(&f->world->dice, len);
	return sim_fs_copy(f, fd, to, len, offset);
}

static void sim_close(struct fs *fs, int fd)
{
	struct sim_fs *f = sim_of(fs);

	sim_fs_node(f, fd);
	f->fds[fd - SIM_FS_FIRST] = NULL;
}

/* All names at once: what stands there throughout must be told, and told
 * once (readdir(3)), and a removal moves others to its place. */
static ssize_t sim_list(struct fs *fs, int fd, void *to, size_t len)
{
	static const uint8_t types[] = {
		[NODE_FILE] = DT_REG,
		[NODE_DIRECTORY] = DT_DIR,
		[NODE_SYMLINK] = DT_LNK,
	};
	struct sim_fs *f = sim_of(fs);
	struct node *dir = sim_fs_node(f, fd);
	size_t put = 0;
	int res = trouble(f, "list", "");

	if (res < 0 || f->is_listed[fd - SIM_FS_FIRST])
		return res;
	if (dir->kind != NODE_DIRECTORY)
		return -ENOTDIR;
	f->is_listed[fd - SIM_FS_FIRST] = true;
	bool tells = dice_percent(&f->world->dice, 80);
	for (unsigned i = 0; i < dir->entry_count; i++) {
		const struct tree_entry *e = &dir->entries[i];
		size_t size = (sizeof(struct fs_name) + strlen(e->name) + 8) &
			      ~(size_t)7;
		struct fs_name *record = (void *)((char *)to + put);
		check(size <= len - put, "a list with too little room");
		*record = (struct fs_name){ .size = (uint16_t)size,
			.type = tells ? types[e->node->kind] : DT_UNKNOWN };
		memcpy(record->name, e->name, strlen(e->name) + 1);
		put += size;
	}
	return (ssize_t)put;
}

/* No link of this tree leads out of its directory. */
static int sim_look(
	struct fs *fs, int dir, const char *path, struct facts *facts)
{
	struct sim_fs *f = sim_of(fs);
	const char *slash = strrchr(path, '/');
	struct node *n;
	int res = trouble(f, "look", path);

	if (res == 0)
		res = tree_find(sim_fs_node(f, dir),
			slash != NULL ? slash + 1 : path, false, &n);
	if (res == 0)
		facts_fill(n, facts);
	return res;
}

static int sim_watch(struct fs *fs, const char *name)
{
	struct sim_fs *f = sim_of(fs);
	struct node *n;

	check(fs->can_watch, "a watch where there are none");
	int res = trouble(f, "watch", name);
	if (res < 0)
		return res == -EIO ? -ENOSPC : res;
	res = tree_find(f->tree->roots[f->root], name, true, &n);
	if (res < 0)
		return res;
	if (n->kind != NODE_DIRECTORY)
		return -ENOTDIR;
	if (n->is_shut)
		return -EACCES;
	if (n->watch == 0) {
		if (f->watch_count == SIM_FS_WATCHES)
			return -ENOSPC;
		f->watched[f->watch_count++] = n;
		n->watch = (int)f->watch_count;
	}
	return n->watch;
}

static void sim_unwatch(struct fs *fs, int watch)
{
	struct sim_fs *f = sim_of(fs);

	check(watch > 0 && (unsigned)watch <= f->watch_count,
		"watch %d was never given", watch);
	if (f->watched[watch - 1] == NULL)
		return; /* its directory went before */
	f->watched[watch - 1]->watch = 0;
	f->watched[watch - 1] = NULL;
}

static int sim_next_change(struct fs *fs, struct change *out)
{
	struct sim_fs *f = sim_of(fs);

	world_disturb(f->world);
	if (f->change_count == 0)
		return 0;
	*out = f->changes[f->change_first];
	f->change_first = (f->change_first + 1) % SIM_FS_CHANGES;
	f->change_count--;
	return 1;
}

static void change_queue(struct sim_fs *f, const struct change *change)
{
	unsigned at = (f->change_first + f->change_count) % SIM_FS_CHANGES;

	if (f->change_count > f->change_max)
		return; /* lost, and said so */
	f->changes[at] = *change;
	if (f->change_count++ == f->change_max) {
		trace("fs: changes are lost");
		f->changes[at] = (struct change){ .watch = -1,
			.is_lost = true };
	}
}

void sim_fs_notice(struct sim_fs *f, const struct notice *n)
{
	struct change change = { .is_root = n->is_root, .is_tree = n->is_tree };

	if (f->fs.watch_fd < 0)
		return;
	if (!n->is_root && n->dir->watch == 0)
		return;
	change.watch = n->is_root ? 0 : n->dir->watch;
	snprintf(change.name, sizeof change.name, "%s", n->name);
	trace("fs: change %d '%s'%s%s", change.watch, change.name,
		change.is_root ? " root" : "", change.is_tree ? " tree" : "");
	change_queue(f, &change);
	/* Of a directory that is gone there is nothing more to hear. */
	if (n->is_gone && n->dir->watch != 0) {
		f->watched[n->dir->watch - 1] = NULL;
		n->dir->watch = 0;
	}
}

static int sim_refresh_root(struct fs *fs)
{
	struct sim_fs *f = sim_of(fs);

	world_disturb(f->world);
	if (f->root == f->tree->current)
		return 0;
	f->root = f->tree->current;
	trace("fs: the server takes root %u", f->root);
	return 1;
}

static int64_t sim_now_ns(struct fs *fs)
{
	return world_wall_ns(sim_of(fs)->world);
}

unsigned sim_fs_open_count(const struct sim_fs *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SIM_FS_FDS; i++)
		count += f->fds[i] != NULL;
	return count;
}

unsigned sim_fs_watch_count(const struct sim_fs *f)
{
	unsigned count = 0;

	for (unsigned i = 0; i < f->watch_count; i++)
		count += f->watched[i] != NULL;
	return count;
}

void sim_fs_init(struct sim_fs *f, struct tree *t, enum sim_fs_mode mode)
{
	static const struct fs_ops ops = {
		.open = sim_open,
		.stat = sim_stat,
		.read = sim_read,
		.close = sim_close,
		.list = sim_list,
		.look = sim_look,
		.watch = sim_watch,
		.unwatch = sim_unwatch,
		.next_change = sim_next_change,
		.refresh_root = sim_refresh_root,
	};
	struct dice *d = &t->world->dice;

	memset(f, 0, sizeof *f);
	f->fs = (struct fs){
		.ops = &ops,
		.watch_fd = mode == SIM_FS_BLIND ? -1 : WATCH_FD,
		.can_watch = mode == SIM_FS_WATCHED,
		.root_dev = DEVICE,
		.now_ns = sim_now_ns,
	};
	f->world = t->world;
	f->tree = t;
	f->root = t->current;
	f->fd_max = dice_percent(d, 20) ? (unsigned)dice_between(d, 4, 12)
					: SIM_FS_FDS;
	f->change_max = dice_percent(d, 20) ? (unsigned)dice_size(d, 8)
					    : SIM_FS_CHANGES - 1;
}

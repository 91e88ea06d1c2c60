/*
 * The door to the kernel's files (kernel_fs.h). Every name is resolved by
 * openat2(2) beneath a descriptor of the root; nothing here trusts a path.
 * The facts that decisions need come from statx(2) of what was opened, never
 * from a second look at the name.
 */
#include "io/kernel_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/root_path.h"

#define WATCH_MASK \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | \
		IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | \
		IN_ONLYDIR)

struct kernel_fs {
	struct fs fs;
	struct root_path path;
	int name_watches[ROOT_NAMES_MAX]; /* of the directories of its names */
	int root, target_parent; /* O_PATH; the latter for walls, or -1 */
	uint64_t ino;            /* of the root; its device is fs.root_dev */
	size_t events_len, events_at;
	char events[4096] __attribute__((aligned(8)));
};

static struct kernel_fs *kernel_of(struct fs *fs)
{
	return container_of(fs, struct kernel_fs, fs);
}

/* A ".." in a link, resolved while anything anywhere is being renamed, is
 * EAGAIN: the kernel cannot tell whether it led out (openat2(2)). A rename
 * takes a microsecond; so many in a row are not met by chance. */
#define OPEN_TRIES 64

static int sys_openat2(
	int dir, const char *name, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		.resolve = resolve };
	long fd;

	for (unsigned i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, dir, name, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

static int64_t stamp_ns(const struct statx_timestamp *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

static int facts_read(int fd, struct facts *out)
{
	struct statx s;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &s) < 0)
		return -errno;
	*out = (struct facts){
		.dev = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor,
		.ino = s.stx_ino,
		.size = s.stx_size,
		.mtime_ns = stamp_ns(&s.stx_mtime),
		.ctime_ns = stamp_ns(&s.stx_ctime),
		.type = s.stx_mode & S_IFMT,
		.links = s.stx_nlink,
	};
	return 0;
}

static int kernel_open(
	struct fs *fs, const char *name, unsigned flags, struct facts *facts)
{
	uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

	if ((flags & FS_NO_SYMLINKS) != 0)
		resolve |= RESOLVE_NO_SYMLINKS;
	/* O_NONBLOCK: a FIFO must not hold us up before we know it is one. */
	int fd = sys_openat2(kernel_of(fs)->root, name,
		O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve);
	if (fd < 0)
		return fd;
	int res = facts_read(fd, facts);
	if (res < 0) {
		close(fd);
		return res;
	}
	return fd;
}

static int kernel_stat(struct fs *fs, int fd, struct facts *facts)
{
	(void)fs;
	return facts_read(fd, facts);
}

static ssize_t kernel_read(
	struct fs *fs, int fd, void *to, size_t len, uint64_t offset)
{
	(void)fs;
	ssize_t got = pread(fd, to, len, (off_t)offset);
	return got < 0 ? -errno : got;
}

static void kernel_close(struct fs *fs, int fd)
{
	(void)fs;
	close(fd);
}

static ssize_t kernel_list(struct fs *fs, int fd, void *to, size_t len)
{
	(void)fs;
	long got = syscall(SYS_getdents64, fd, to, len);
	return got < 0 ? -errno : got;
}

/* O_PATH opens what it names, not what is in it: a FIFO does not wait. */
static int path_open(int dir, const char *path)
{
	return sys_openat2(
		dir, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

/* Is it `dir` that holds the last segment of `path` below the root? */
static bool is_parent(const struct kernel_fs *k, const char *path, int dir)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	struct facts here, there;

	if (slash != NULL)
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path),
			path);
	int fd = path_open(k->root, parent);
	if (fd < 0)
		return false;
	bool are_known = facts_read(fd, &there) == 0 &&
			 facts_read(dir, &here) == 0;
	close(fd);
	return are_known && here.dev == there.dev && here.ino == there.ino;
}

static int kernel_look(
	struct fs *fs, int dir, const char *path, struct facts *facts)
{
	const struct kernel_fs *k = kernel_of(fs);
	const char *slash = strrchr(path, '/');
	int fd = path_open(dir, slash != NULL ? slash + 1 : path);

	/* It leads out of the directory, but maybe not out of the root. */
	if (fd == -EXDEV) {
		fd = path_open(k->root, path);
		if (!is_parent(k, path, dir)) {
			if (fd >= 0)
				close(fd);
			return -ESTALE;
		}
	}
	if (fd < 0)
		return fd;
	int res = facts_read(fd, facts);
	close(fd);
	return res;
}

/* inotify takes names only: that of an open descriptor leads to exactly the
 * directory that openat2 found, and works behind walls. */
static int watch_fd_add(struct fs *fs, int dir, uint32_t mask)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
	int number = inotify_add_watch(fs->watch_fd, path, mask);
	return number < 0 ? -errno : number;
}

static int kernel_watch(struct fs *fs, const char *name)
{
	int dir = sys_openat2(kernel_of(fs)->root, *name != '\0' ? name : ".",
		O_PATH | O_DIRECTORY,
		RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);

	if (dir < 0)
		return dir;
	int number = watch_fd_add(fs, dir, WATCH_MASK);
	close(dir);
	return number;
}

static void kernel_unwatch(struct fs *fs, int watch)
{
	inotify_rm_watch(fs->watch_fd, watch);
}

/* Of the directories that hold names of the root only those names matter. */
static bool is_about_root(
	const struct kernel_fs *k, const struct inotify_event *event)
{
	for (unsigned i = 0; event->len > 0 && i < k->path.count; i++) {
		if (event->wd == k->name_watches[i] &&
			strcmp(event->name, k->path.names[i].name) == 0)
			return true;
	}
	return false;
}

static void change_read(const struct kernel_fs *k,
	const struct inotify_event *event, struct change *out)
{
	bool is_dir = (event->mask & IN_ISDIR) != 0;
	bool is_self = event->len == 0;

	*out = (struct change){
		.watch = event->wd,
		.is_lost = (event->mask & IN_Q_OVERFLOW) != 0,
		.is_root = is_about_root(k, event),
		/* A new directory has nothing in it that could be known. */
		.is_tree = is_self ||
			   (is_dir && (event->mask & (IN_CREATE)) == 0),
	};
	if (event->len > 0)
		snprintf(out->name, sizeof out->name, "%s", event->name);
}

static int kernel_next_change(struct fs *fs, struct change *out)
{
	struct kernel_fs *k = kernel_of(fs);

	for (;;) {
		if (k->events_at == k->events_len) {
			if (fs->watch_fd < 0)
				return 0;
			ssize_t got = read(
				fs->watch_fd, k->events, sizeof k->events);
			if (got <= 0)
				return 0;
			k->events_len = (size_t)got;
			k->events_at = 0;
		}
		const struct inotify_event *event =
			(const void *)(k->events + k->events_at);
		k->events_at += sizeof *event + event->len;
		if ((event->mask & IN_IGNORED) != 0)
			continue; /* we let go of it, or told before */
		change_read(k, event, out);
		return 1;
	}
}

static int64_t kernel_now_ns(struct fs *fs)
{
	struct timespec t;

	(void)fs;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Changes that other hosts make are not reported here (inotify(7)). */
static bool is_local(int fd)
{
	struct statfs s;

	if (fstatfs(fd, &s) < 0)
		return false;
	switch ((uint64_t)s.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case 0xFF534D42: /* CIFS */
	case 0xFE534D42: /* SMB2 */
	case V9FS_MAGIC:
	case 0x65735546: /* FUSE */
	case 0x00C36400: /* Ceph */
	case 0x0BD00BD0: /* Lustre */
	case AFS_FS_MAGIC:
	case CODA_SUPER_MAGIC:
		return false;
	default:
		return true;
	}
}

/* Takes `fd` as the root. */
static int root_set(struct kernel_fs *k, int fd)
{
	struct facts facts;
	int res = facts_read(fd, &facts);

	if (res < 0) {
		close(fd);
		return res;
	}
	if (k->root >= 0)
		close(k->root);
	k->root = fd;
	k->ino = facts.ino;
	k->fs.root_dev = facts.dev;
	k->fs.can_watch = k->fs.watch_fd >= 0 && is_local(fd);
	return 0;
}

/* The directory that the root's name leads to by now, for O_PATH; walls that
 * shut it out are -EACCES. */
static int root_reopen(const struct kernel_fs *k)
{
	int fd = sys_openat2(AT_FDCWD, k->path.whole, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	/* O_PATH says nothing of walls; to open it for reading does. */
	int probe = sys_openat2(fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (probe < 0) {
		close(fd);
		return probe;
	}
	close(probe);
	return fd;
}

static int kernel_refresh_root(struct fs *fs)
{
	struct kernel_fs *k = kernel_of(fs);
	struct statx s;

	if (statx(AT_FDCWD, k->path.whole, 0, STATX_INO, &s) < 0)
		return 0; /* it is away: it may come back */
	uint64_t dev = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
	if (s.stx_ino == k->ino && dev == fs->root_dev)
		return 0;
	int fd = root_reopen(k);
	/* Gone again meanwhile, or no directory: then it leads nowhere. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	if (fd < 0)
		return fd;
	int res = root_set(k, fd);
	return res < 0 ? res : 1;
}

static const struct fs_ops kernel_ops = {
	.open = kernel_open,
	.stat = kernel_stat,
	.read = kernel_read,
	.close = kernel_close,
	.list = kernel_list,
	.look = kernel_look,
	.watch = kernel_watch,
	.unwatch = kernel_unwatch,
	.next_change = kernel_next_change,
	.refresh_root = kernel_refresh_root,
};

/* Without inotify or /proc there are no watches, and every request looks. */
static void watches_open(struct kernel_fs *k)
{
	k->fs.watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (unsigned i = 0; k->fs.watch_fd >= 0 && i < k->path.count; i++)
		k->name_watches[i] = watch_fd_add(&k->fs, k->path.names[i].dir,
			IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
}

int kernel_fs_open(const char *path, bool watches, struct fs **out)
{
	struct kernel_fs *k = calloc(1, sizeof *k);

	if (k == NULL)
		return -ENOMEM;
	k->fs = (struct fs){
		.ops = &kernel_ops, .now_ns = kernel_now_ns, .watch_fd = -1
	};
	k->root = k->target_parent = -1;
	int res = root_path_open(&k->path, path);
	if (res == 0) {
		if (watches)
			watches_open(k);
		res = sys_openat2(
			AT_FDCWD, k->path.whole, O_PATH | O_DIRECTORY, 0);
	}
	if (res >= 0)
		res = root_set(k, res);
	if (res < 0) {
		kernel_fs_close(&k->fs);
		return res;
	}
	if (root_path_is_link(&k->path))
		k->target_parent = sys_openat2(
			k->root, "..", O_PATH | O_DIRECTORY, 0);
	*out = &k->fs;
	return 0;
}

void kernel_fs_close(struct fs *fs)
{
	struct kernel_fs *k = kernel_of(fs);
	int fds[] = { k->root, k->target_parent, fs->watch_fd };

	for (size_t i = 0; i < array_count(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	root_path_close(&k->path);
	free(k);
}

unsigned kernel_fs_readable(struct fs *fs, int out[KERNEL_FS_READABLE_MAX])
{
	struct kernel_fs *k = kernel_of(fs);
	unsigned count = 0;

	out[count++] = k->root;
	if (k->target_parent >= 0) {
		out[count++] = k->target_parent;
		out[count++] = k->path.names[0].dir;
	}
	return count;
}

/*
 * The file system as hstatic needs it: one root, names below it. The real one
 * is kernel_fs; the tests bring one in memory, with faults.
 */
#pragma once

#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

/* What statx(2) tells, as far as it matters. Two that are equal are of the
 * same content, but for writes within the tick of the clock. */
struct facts {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns; /* since 1970 */
	uint32_t type;              /* S_IFREG, S_IFDIR, ... */
	uint32_t links;
};

/* Are they of the same content, as far as facts can tell? */
static inline bool facts_equal(const struct facts *a, const struct facts *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

enum fs_open_flags {
	FS_NO_SYMLINKS = 1 /* -ELOOP when one is on the way */
};

/* A change in a watched directory. */
struct change {
	int watch;
	bool is_lost; /* anything may have changed */
	bool is_root; /* the name of the root itself is concerned */
	bool is_tree; /* a directory was moved or removed, or shut */
	char name[256];
};

/*
 * A record of getdents64(2): a name in a directory, with its NUL, and what it
 * is: DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN, ... The next record begins `size`
 * bytes after this one.
 */
struct fs_name {
	uint64_t ino;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

struct fs;

struct fs_ops {
	/* Opens `name` below the root for reading, without blocking; *facts
	 * filled in. A descriptor or -errno. Directories open, too. */
	int (*open)(struct fs *, const char *name, unsigned flags,
		struct facts *facts);
	int (*stat)(struct fs *, int fd, struct facts *facts);
	/* As pread(2): the number of bytes, 0 at the end, -errno. */
	ssize_t (*read)(
		struct fs *, int fd, void *to, size_t len, uint64_t offset);
	void (*close)(struct fs *, int fd);
	/* The next names in the open directory, "." and ".." among them, as
	 * many as fit: struct fs_name, packed, in no order. The number of
	 * bytes, 0 at the end, -errno. */
	ssize_t (*list)(struct fs *, int fd, void *to, size_t len);
	/* The facts of the last segment of `path` in the open directory `dir`,
	 * which was opened as what comes before that segment, or as the root.
	 * Needs no right to read it. A link that leads out of `dir` is followed
	 * as by open, as long as `path` still leads through `dir`; -ESTALE when
	 * it does not. 0 or -errno. */
	int (*look)(
		struct fs *, int dir, const char *path, struct facts *facts);
	/* Watches the directory `name` ("" is the root) for changes of what
	 * is in it. A number that changes carry, or -errno; the same number
	 * for a directory that is watched already. */
	int (*watch)(struct fs *, const char *name);
	void (*unwatch)(struct fs *, int watch);
	/* The next change: 1, or 0 when there is none. */
	int (*next_change)(struct fs *, struct change *out);
	/* Looks whether the root's name leads elsewhere by now. 1: it did, and
	 * the root has been switched; 0: no, or nowhere; -EACCES: walls shut
	 * it out; -errno: it did, but cannot be opened for now. */
	int (*refresh_root)(struct fs *);
};

struct fs {
	const struct fs_ops *ops;
	int watch_fd;      /* readable when there are changes; or -1 */
	bool can_watch;    /* false: nothing can be watched */
	uint64_t root_dev; /* what is on another device cannot be watched */
	/* Nanoseconds since 1970, of the clock that stamps files. */
	int64_t (*now_ns)(struct fs *);
};

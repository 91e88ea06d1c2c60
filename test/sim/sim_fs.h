/*
 * The tree as the server gets it: struct fs_ops over tree.h, with descriptors,
 * with watches and their queue as inotify has them, and with faults. Between
 * any two of its operations the files may change.
 */
#pragma once

#include "io/fs.h"
#include "tree.h"

#define SIM_FS_FDS     128
#define SIM_FS_FIRST   5000 /* the first descriptor: no socket has it */
#define SIM_FS_CHANGES 256
#define SIM_FS_WATCHES 512

struct sim_fs {
	struct fs fs;
	struct world *world;
	struct tree *tree;
	unsigned root; /* as far as the server has been told */
	unsigned fd_max;
	struct node *fds[SIM_FS_FDS];
	bool is_listed[SIM_FS_FDS];
	/* A watch is a place in this table and one more; never used again. */
	unsigned watch_count;
	struct node *watched[SIM_FS_WATCHES];
	unsigned change_first, change_count, change_max;
	struct change changes[SIM_FS_CHANGES];
};

/* Which of the kernel's promises this run has. */
enum sim_fs_mode {
	SIM_FS_WATCHED,   /* inotify works */
	SIM_FS_ROOT_ONLY, /* a network's: only the root's name is told of */
	SIM_FS_BLIND      /* no inotify at all */
};

void sim_fs_init(struct sim_fs *f, struct tree *t, enum sim_fs_mode mode);

/* For tree.on_notice: queues a change. */
void sim_fs_notice(struct sim_fs *f, const struct notice *n);

/* As a sendfile reads: what is in the open file now. As fs_ops.read, but
 * for the faults, which are the caller's. */
ssize_t sim_fs_copy(
	struct sim_fs *f, int fd, char *to, size_t len, uint64_t offset);

/* The inode of an open descriptor. */
struct node *sim_fs_node(struct sim_fs *f, int fd);

/* How many descriptors are open, and how many directories watched. */
unsigned sim_fs_open_count(const struct sim_fs *f);
unsigned sim_fs_watch_count(const struct sim_fs *f);

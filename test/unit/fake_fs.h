/*
 * A file system in memory, with faults (io/fs.h): a few nodes by name, a
 * queue of changes, a clock that the test sets, and hooks in the middle of a
 * reading. Counts what is open and watched, so that a leak is seen.
 */
#pragma once

#include "io/fs.h"

#define FAKE_NODES   16
#define FAKE_WATCHES 8

struct fake_node {
	const char *name; /* NULL: a free place */
	struct facts facts;
	char fill; /* every byte of it */
	bool is_behind_link;
	int open_error, stat_error, read_error; /* errno, or 0 */
	uint64_t read_max;                      /* bytes of one read; 0: any */
	bool is_restless; /* its ctime moves with each reading */
	/* In lists: DT_REG and so on, and an errno of look. */
	uint8_t list_type;
	int look_error;
	/* Of a directory: an errno once so much has been listed, and how many
	 * names n0000000, n0000001, ... follow those of the nodes. */
	int list_error;
	unsigned list_error_at, numbered, listed;
	uint8_t numbered_type;
	bool is_backwards; /* the largest number first */
};

struct fake_fs {
	struct fs fs;
	struct fake_node nodes[FAKE_NODES];
	const char *watched[FAKE_WATCHES]; /* by number - 1; NULL: free */
	unsigned watch_count;
	struct change changes[8];
	unsigned change_count, change_next;
	unsigned opens, reads, looks; /* calls, since the test last looked */
	int open_count;               /* descriptors */
	int root_res;                 /* what refresh_root says */
	bool looks_are_blind;         /* each fails, EIO */
	int64_t now_ns;
	/* Once, at the next watch, before it takes effect. */
	void (*on_watch)(struct fake_fs *);
};

void fake_fs_init(struct fake_fs *f);

/* A regular file of `size` bytes `fill`, last changed long ago. */
struct fake_node *fake_add(
	struct fake_fs *f, const char *name, uint64_t size, char fill);

/* Makes another content of it, at the clock's time, and tells the watch. */
void fake_change(struct fake_fs *f, struct fake_node *node, char fill);

/* Tells the watch of the directory that `name` is in, if there is one. */
void fake_tell(struct fake_fs *f, const char *name);

struct fake_node *fake_add_directory(struct fake_fs *f, const char *name);

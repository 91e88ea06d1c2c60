/*
 * Directories and files in memory, two roots of them, as Linux keeps them:
 * names lead to inodes, an open inode outlives its name, each edit stamps what
 * it touches and tells the directory's watcher. Knows no descriptors: sim_fs.c
 * does. An edit has two ends: first the files are different, then, perhaps
 * later, the notice is queued and the writer's call returns.
 */
#pragma once

#include "base/attr.h"
#include "content.h"

#define TREE_ROOTS       2
#define TREE_ENTRIES_MAX 24
#define TREE_NOTICES_MAX 8
#define TREE_LOG_MAX     64

enum node_kind { NODE_FILE, NODE_DIRECTORY, NODE_SYMLINK };

/* What an inode's bytes and mtime were, from which epoch on. */
struct writing {
	const struct content *content;
	int64_t mtime_ns;
	uint64_t since;
};

struct node {
	enum node_kind kind;
	uint64_t ino;
	unsigned links;
	int64_t mtime_ns, ctime_ns;
	bool is_shut; /* nobody may read it, or go through it */
	/* Of a file: its bytes, and those it had before. */
	const struct content *content;
	unsigned writing_count;
	struct writing writings[TREE_LOG_MAX];
	const char *target; /* of a symbolic link */
	/* Of a directory. */
	int watch; /* 0: none */
	unsigned entry_count;
	struct tree_entry {
		const char *name;
		struct node *node;
	} entries[TREE_ENTRIES_MAX];
};

/* For whoever watches `dir`. */
struct notice {
	struct node *dir;
	char name[32];
	bool is_tree, is_root, is_gone;
};

struct tree {
	struct world *world;
	struct node *roots[TREE_ROOTS];
	unsigned current; /* the root that the root's name leads to */
	uint64_t last_ino;
	unsigned notice_count;
	struct notice notices[TREE_NOTICES_MAX];
	/* After the files are different; after the call has returned. */
	void (*on_edit)(void *owner);
	void (*on_notice)(void *owner, const struct notice *);
	void (*on_return)(void *owner);
	void *owner;
};

void tree_init(struct tree *t, struct world *w);

/*
 * What `path` below `root` is: 0 and *out, or -errno as openat2(2). Links on
 * the way are followed, or -ELOOP.
 */
must_check int tree_find(struct node *root, const char *path, bool no_symlinks,
	struct node **out);

/* The entry of that name, or NULL. */
struct tree_entry *tree_entry_find(struct node *dir, const char *name);

struct node *tree_file_new(struct tree *t, const struct content *content);
struct node *tree_directory_new(struct tree *t);
struct node *tree_symlink_new(struct tree *t, const char *target);

/* The edits. Each ends the one before (tree_return). `name` lasts. */

/* Gives the file `name` of `dir` other bytes, in place. */
void tree_write(struct tree *t, struct node *dir, const char *name,
	struct node *file, const struct content *content);
/* Sets its mtime, in place. */
void tree_touch(
	struct tree *t, struct node *dir, const char *name, int64_t mtime_ns);
void tree_shut(
	struct tree *t, struct node *dir, const char *name, bool is_shut);
/* Makes or replaces `name`, as rename(2) and link(2) do. */
void tree_put(
	struct tree *t, struct node *dir, const char *name, struct node *node);
void tree_remove(struct tree *t, struct node *dir, const char *name);
/* Moves it within `dir`, replacing a file there. */
void tree_move(
	struct tree *t, struct node *dir, const char *from, const char *to);
void tree_switch_root(struct tree *t);

/* The edit that is under way, if any, returns to its caller. */
void tree_return(struct tree *t);

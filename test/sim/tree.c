/*
 * Names, inodes and edits (tree.h). What each edit tells its watchers is what
 * inotify(7) does: the directory hears of its entries under the name that was
 * used, a directory also of itself.
 */
#include "tree.h"

#include <errno.h>
#include <stdio.h>

/* Links followed on one way. */
#define LINKS_MAX 4

void tree_init(struct tree *t, struct world *w)
{
	*t = (struct tree){ .world = w, .last_ino = 100 };
	for (unsigned i = 0; i < TREE_ROOTS; i++) {
		t->roots[i] = tree_directory_new(t);
		t->roots[i]->links = 1; /* its name, outside the tree */
	}
}

struct tree_entry *tree_entry_find(struct node *dir, const char *name)
{
	for (unsigned i = 0; i < dir->entry_count; i++) {
		if (strcmp(dir->entries[i].name, name) == 0)
			return &dir->entries[i];
	}
	return NULL;
}

/* The next component of *path, in `name`; false at the end. */
static bool component_take(const char **path, char name[64])
{
	size_t len = strcspn(*path, "/");

	if (**path == '\0' || len >= 64)
		return false;
	memcpy(name, *path, len);
	name[len] = '\0';
	*path += len;
	*path += strspn(*path, "/");
	return true;
}

int tree_find(struct node *root, const char *path, bool no_symlinks,
	struct node **out)
{
	struct node *at = root;
	char name[64], rest[256];
	unsigned links = 0;

	while (component_take(&path, name)) {
		if (at->kind != NODE_DIRECTORY)
			return -ENOTDIR;
		if (at->is_shut)
			return -EACCES;
		struct tree_entry *e = tree_entry_find(at, name);
		if (e == NULL)
			return -ENOENT;
		if (e->node->kind != NODE_SYMLINK) {
			at = e->node;
			continue;
		}
		if (no_symlinks || ++links > LINKS_MAX)
			return -ELOOP;
		snprintf(rest, sizeof rest, "%s/%s", e->node->target, path);
		return tree_find(at, rest, false, out);
	}
	*out = at;
	return 0;
}

static struct node *node_new(struct tree *t, enum node_kind kind)
{
	struct node *n = world_take(t->world, sizeof *n);

	n->kind = kind;
	n->ino = ++t->last_ino;
	n->mtime_ns = n->ctime_ns = world_stamp_ns(t->world);
	return n;
}

static void content_set(
	struct tree *t, struct node *file, const struct content *content)
{
	file->content = content;
	if (file->writing_count == TREE_LOG_MAX) {
		file->writing_count--;
		memmove(file->writings, file->writings + 1,
			sizeof file->writings[0] * file->writing_count);
	}
	file->writings[file->writing_count++] =
		(struct writing){ .content = content,
			.mtime_ns = file->mtime_ns,
			.since = t->world->epoch };
}

struct node *tree_file_new(struct tree *t, const struct content *content)
{
	struct node *n = node_new(t, NODE_FILE);

	content_set(t, n, content);
	return n;
}

struct node *tree_directory_new(struct tree *t)
{
	return node_new(t, NODE_DIRECTORY);
}

struct node *tree_symlink_new(struct tree *t, const char *target)
{
	struct node *n = node_new(t, NODE_SYMLINK);

	n->target = target;
	return n;
}

static void notice_add(
	struct tree *t, struct node *dir, const char *name, bool is_tree)
{
	struct notice *n = &t->notices[t->notice_count++];

	check(t->notice_count <= TREE_NOTICES_MAX, "tester: too many notices");
	*n = (struct notice){ .dir = dir, .is_tree = is_tree };
	if (name != NULL)
		snprintf(n->name, sizeof n->name, "%s", name);
}

/* A directory hears what happens to itself, if it is watched. */
static void notice_self(struct tree *t, struct node *node)
{
	if (node->kind == NODE_DIRECTORY)
		notice_add(t, node, NULL, true);
}

static void edit_begin(struct tree *t)
{
	tree_return(t);
	t->world->epoch++;
}

static void edit_end(struct tree *t)
{
	t->on_edit(t->owner);
	if (dice_percent(&t->world->dice, 70))
		tree_return(t);
}

void tree_return(struct tree *t)
{
	if (t->notice_count == 0)
		return;
	t->world->epoch++;
	for (unsigned i = 0; i < t->notice_count; i++)
		t->on_notice(t->owner, &t->notices[i]);
	t->notice_count = 0;
	t->on_return(t->owner);
}

void tree_write(struct tree *t, struct node *dir, const char *name,
	struct node *file, const struct content *content)
{
	edit_begin(t);
	file->mtime_ns = file->ctime_ns = world_stamp_ns(t->world);
	content_set(t, file, content);
	notice_add(t, dir, name, false);
	edit_end(t);
}

void tree_touch(
	struct tree *t, struct node *dir, const char *name, int64_t mtime_ns)
{
	struct node *n = tree_entry_find(dir, name)->node;

	edit_begin(t);
	n->mtime_ns = mtime_ns;
	n->ctime_ns = world_stamp_ns(t->world);
	if (n->kind == NODE_FILE)
		content_set(t, n, n->content);
	notice_add(t, dir, name, n->kind == NODE_DIRECTORY);
	notice_self(t, n);
	edit_end(t);
}

void tree_shut(struct tree *t, struct node *dir, const char *name, bool is_shut)
{
	struct node *n = tree_entry_find(dir, name)->node;

	edit_begin(t);
	n->is_shut = is_shut;
	n->ctime_ns = world_stamp_ns(t->world);
	notice_add(t, dir, name, n->kind == NODE_DIRECTORY);
	notice_self(t, n);
	edit_end(t);
}

/* One name less leads to it. */
static void node_unlink(struct tree *t, struct node *n)
{
	n->links--;
	n->ctime_ns = world_stamp_ns(t->world);
	if (n->kind == NODE_DIRECTORY) {
		notice_self(t, n);
		t->notices[t->notice_count - 1].is_gone = true;
	}
}

static void entry_set(
	struct tree *t, struct node *dir, const char *name, struct node *node)
{
	struct tree_entry *e = tree_entry_find(dir, name);

	if (e == NULL) {
		check(dir->entry_count < TREE_ENTRIES_MAX,
			"tester: a directory is full");
		e = &dir->entries[dir->entry_count++];
		e->name = name;
	} else {
		node_unlink(t, e->node);
	}
	e->node = node;
	node->links++;
}

static void entry_remove(struct node *dir, struct tree_entry *e)
{
	*e = dir->entries[--dir->entry_count];
}

void tree_put(
	struct tree *t, struct node *dir, const char *name, struct node *node)
{
	edit_begin(t);
	/* A directory that is made is no news about anything in it. */
	notice_add(t, dir, name, false);
	entry_set(t, dir, name, node);
	node->ctime_ns = world_stamp_ns(t->world);
	edit_end(t);
}

void tree_remove(struct tree *t, struct node *dir, const char *name)
{
	struct tree_entry *e = tree_entry_find(dir, name);

	edit_begin(t);
	notice_add(t, dir, name, e->node->kind == NODE_DIRECTORY);
	node_unlink(t, e->node);
	entry_remove(dir, e);
	edit_end(t);
}

void tree_move(
	struct tree *t, struct node *dir, const char *from, const char *to)
{
	struct tree_entry *e = tree_entry_find(dir, from);
	struct node *n = e->node;
	bool is_tree = n->kind == NODE_DIRECTORY;

	edit_begin(t);
	entry_remove(dir, e);
	n->links--;
	notice_add(t, dir, from, is_tree);
	notice_add(t, dir, to, is_tree);
	notice_self(t, n);
	entry_set(t, dir, to, n);
	n->ctime_ns = world_stamp_ns(t->world);
	edit_end(t);
}

void tree_switch_root(struct tree *t)
{
	edit_begin(t);
	t->current = (t->current + 1) % TREE_ROOTS;
	notice_add(t, NULL, NULL, false);
	t->notices[t->notice_count - 1].is_root = true;
	edit_end(t);
}

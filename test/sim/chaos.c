/*
 * The edits (chaos.h): a name is drawn, then what happens to it.
 */
#include "chaos.h"

#include "history.h"
#include "sheet.h"

/* How often a restless file is written: of ten thousand occasions. */
#define RESTLESS_RATE 4000

#define DAY_NS INT64_C(86400000000000)

/* A name, where it stands, and what it leads to, or NULL. */
struct spot {
	const char *name, *base;
	struct node *dir, *node;
};

static bool spot_find(struct node *root, const char *name, struct spot *out)
{
	char above[64] = "";
	const char *slash = strrchr(name, '/');

	if (slash != NULL)
		memcpy(above, name, (size_t)(slash - name));
	*out = (struct spot){ .name = name,
		.base = slash != NULL ? slash + 1 : name };
	if (tree_find(root, above, true, &out->dir) < 0 ||
		out->dir->kind != NODE_DIRECTORY)
		return false;
	struct tree_entry *e = tree_entry_find(out->dir, out->base);
	out->node = e != NULL ? e->node : NULL;
	return true;
}

static bool is_directory_name(const char *base)
{
	return strchr(base, '.') == NULL;
}

/* Around the limits of what is kept in memory and what is read for its tag,
 * and everything below. */
static uint64_t size_draw(struct dice *d, const char *base)
{
	const uint64_t kept = UINT64_C(32) << 10, read = UINT64_C(1) << 20;

	if (strcmp(base, "big.iso") == 0)
		return read - 4 + dice_below(d, dice_percent(d, 50) ? 9 : read);
	if (strcmp(base, "c.bin") == 0)
		return dice_percent(d, 30) ? kept - 4 + dice_below(d, 9)
					   : dice_between(d, kept, 4 * kept);
	if (dice_percent(d, 5))
		return 0;
	return dice_size(d, dice_percent(d, 90) ? 2000 : 2 * kept);
}

/* Of `size` bytes, or of as many as the rules take. */
static const struct content *content_draw(
	struct chaos *c, const char *base, uint64_t size)
{
	if (sheet_is_name(base))
		return sheet_draw(c->world, base,
			(unsigned)dice_between(&c->world->dice, 1, 5));
	return content_new(c->world, size);
}

static void file_create(struct chaos *c, const struct spot *s)
{
	struct node *n = tree_file_new(c->tree,
		content_draw(c, s->base, size_draw(&c->world->dice, s->base)));

	if (dice_percent(&c->world->dice, 30))
		n->mtime_ns -= (int64_t)dice_below(
			&c->world->dice, (uint64_t)DAY_NS);
	tree_put(c->tree, s->dir, s->base, n);
}

/* Mostly the same length in the same tick: only a watch, or a second look, can
 * tell the two apart. */
static void restless_step(struct chaos *c)
{
	struct dice *d = &c->world->dice;
	struct node *n = c->restless;
	struct tree_entry *e = tree_entry_find(c->dir, c->name);

	if (e != NULL && e->node == n)
		tree_write(c->tree, c->dir, c->name, n,
			content_draw(c, c->name,
				dice_percent(d, 70) ? n->content->size
						    : size_draw(d, c->name)));
	if (e == NULL || e->node != n || dice_percent(d, 15))
		c->restless = NULL;
}

static void file_write(struct chaos *c, const struct spot *s)
{
	if (dice_percent(&c->world->dice, 50)) {
		c->dir = s->dir;
		c->name = s->base;
		c->restless = s->node;
	}
	uint64_t size = dice_percent(&c->world->dice, 50)
				? s->node->content->size
				: size_draw(&c->world->dice, s->base);

	tree_write(c->tree, s->dir, s->base, s->node,
		content_draw(c, s->base, size));
}

/* Opens with O_TRUNC, or not, and goes on in writer_step. */
static void file_rewrite(struct chaos *c, const struct spot *s)
{
	struct dice *d = &c->world->dice;
	struct writer *w = &c->writers[dice_below(d, CHAOS_WRITERS)];

	if (w->file != NULL)
		return;
	*w = (struct writer){ .dir = s->dir,
		.file = s->node,
		.name = s->base,
		.end = size_draw(d, s->base) };
	if (dice_percent(d, 50))
		tree_write(c->tree, s->dir, s->base, s->node,
			content_cut(c->world, s->node->content, 0));
}

/* Where `file` is now: it may have been renamed while it is written. */
static const char *writer_name(const struct writer *w)
{
	struct tree_entry *e = tree_entry_find(w->dir, w->name);

	if (e != NULL && e->node == w->file)
		return w->name;
	for (unsigned i = 0; i < w->dir->entry_count; i++) {
		if (w->dir->entries[i].node == w->file)
			return w->dir->entries[i].name;
	}
	return w->name;
}

static void writer_step(struct chaos *c, struct writer *w)
{
	const struct content *old = w->file->content;
	uint64_t left = w->end - w->at;

	/* Somebody else made it shorter: what is missing is written first. */
	if (w->at > old->size)
		w->at = old->size;
	if (left == 0) {
		w->file = NULL;
		return;
	}
	uint64_t step = dice_between(&c->world->dice, 1 + left / 4, left);
	tree_write(c->tree, w->dir, writer_name(w), w->file,
		content_write(c->world, old, w->at, step));
	w->at += step;
	if (w->at >= w->end)
		w->file = NULL;
}

static void file_cut(struct chaos *c, const struct spot *s)
{
	const struct content *old = s->node->content;

	if (old->size > 0)
		tree_write(c->tree, s->dir, s->base, s->node,
			content_cut(c->world, old,
				dice_below(&c->world->dice, old->size)));
}

static void file_append(struct chaos *c, const struct spot *s)
{
	const struct content *old = s->node->content;
	uint64_t more = dice_size(&c->world->dice, 5000);

	tree_write(c->tree, s->dir, s->base, s->node,
		content_write(c->world, old, old->size, more));
}

static void file_touch(struct chaos *c, const struct spot *s)
{
	int64_t mtime = world_stamp_ns(c->world);

	if (dice_percent(&c->world->dice, 50))
		mtime -= (int64_t)dice_below(
			&c->world->dice, (uint64_t)DAY_NS * 2);
	tree_touch(c->tree, s->dir, s->base, mtime);
}

static void file_remove(struct chaos *c, const struct spot *s)
{
	tree_remove(c->tree, s->dir, s->base);
}

static void node_shut(struct chaos *c, const struct spot *s)
{
	tree_shut(c->tree, s->dir, s->base, !s->node->is_shut);
}

/* Over another file of the same directory, or to where there was none. */
static void file_move(struct chaos *c, const struct spot *s)
{
	static const char *const others[] = { "a.txt", "b.html", "index.html",
		"a.txt.gz", "b.html.br", "x.txt", "x.txt.zst", "y.js" };
	const char *to =
		others[dice_below(&c->world->dice, array_count(others))];
	struct tree_entry *e = tree_entry_find(s->dir, to);

	/* rename(2) of two names of one inode does nothing. */
	if (e == NULL || e->node != s->node)
		tree_move(c->tree, s->dir, s->base, to);
}

static void edit_file(struct chaos *c, const struct spot *s)
{
	static void (*const edits[])(struct chaos *, const struct spot *) = {
		file_create, file_create, file_create, /* replaces it */
		file_write, file_write, file_rewrite, file_rewrite, file_cut,
		file_append, file_touch, file_remove, file_move, node_shut
	};

	if (s->node == NULL)
		file_create(c, s);
	else if (s->node->is_shut)
		node_shut(c, s);
	else
		edits[dice_below(&c->world->dice, array_count(edits))](c, s);
}

/* Opens with O_TRUNC, and writes a little later. */
static void rules_empty(struct chaos *c, const struct spot *s)
{
	tree_write(c->tree, s->dir, s->base, s->node,
		sheet_draw(c->world, s->base, 0));
	c->dir = s->dir;
	c->name = s->base;
	c->restless = s->node;
}

static void edit_rules(struct chaos *c, const struct spot *s)
{
	static void (*const edits[])(struct chaos *, const struct spot *) = {
		file_create, file_create, file_create, file_write, file_write,
		rules_empty, file_touch, file_remove, node_shut
	};

	if (!c->has_rules)
		return;
	if (s->node == NULL)
		file_create(c, s);
	else if (s->node->is_shut)
		node_shut(c, s);
	else
		edits[dice_below(&c->world->dice, array_count(edits))](c, s);
}

/* rm -r, one name each time. */
static void directory_remove(struct chaos *c, const struct spot *s)
{
	struct node *n = s->node;

	if (n->entry_count == 0) {
		tree_remove(c->tree, s->dir, s->base);
		return;
	}
	const struct tree_entry *e =
		&n->entries[dice_below(&c->world->dice, n->entry_count)];
	if (e->node->kind == NODE_FILE)
		tree_remove(c->tree, n, e->name);
}

static void edit_directory(struct chaos *c, const struct spot *s)
{
	bool is_docs = strcmp(s->base, "docs") == 0;
	const char *other = is_docs ? "moved" : "docs";
	uint64_t what = dice_below(&c->world->dice, 10);

	if (s->node == NULL)
		tree_put(c->tree, s->dir, s->base, tree_directory_new(c->tree));
	else if (s->node->is_shut || what < 2)
		node_shut(c, s);
	else if (what < 5)
		directory_remove(c, s);
	else if (strcmp(s->base, "deep") != 0 &&
		 tree_entry_find(s->dir, other) == NULL)
		tree_move(c->tree, s->dir, s->base, other);
}

static void edit_symlink(struct chaos *c, const struct spot *s)
{
	static const char *const targets[] = { "a.txt", "docs/x.txt", "none" };
	uint64_t i = dice_below(&c->world->dice, array_count(targets));

	tree_put(c->tree, s->dir, s->base,
		tree_symlink_new(c->tree, targets[i]));
}

/* A name of what the server is reading: there the races are. */
static bool touched_find(struct chaos *c, struct spot *out)
{
	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		for (unsigned i = 0; i < NAMES_COUNT; i++) {
			if (spot_find(c->tree->roots[r], known_names[i], out) &&
				out->node == c->world->touched &&
				out->node != NULL)
				return true;
		}
	}
	return false;
}

static const char *edit_name(struct chaos *c)
{
	struct dice *d = &c->world->dice;

	if (c->has_rules && dice_percent(d, 20))
		return dice_percent(d, 50) ? "_redirects" : "_headers";
	return name_draw(c->world);
}

static void edit(struct chaos *c)
{
	struct dice *d = &c->world->dice;
	struct writer *w = &c->writers[dice_below(d, CHAOS_WRITERS)];
	unsigned root = c->tree->current;
	struct spot s;

	if (c->restless != NULL) {
		restless_step(c);
		return;
	}
	if (w->file != NULL && dice_percent(d, 60)) {
		writer_step(c, w);
		return;
	}
	if (dice_percent(d, 4)) {
		tree_switch_root(c->tree);
		return;
	}
	if (dice_percent(d, 15))
		root = (root + 1) % TREE_ROOTS;
	bool is_touched = dice_percent(d, 40) && touched_find(c, &s);
	if (!is_touched && !spot_find(c->tree->roots[root], edit_name(c), &s))
		return;
	if (strcmp(s.base, "link.txt") == 0)
		edit_symlink(c, &s);
	else if (strcmp(s.base, "alias") == 0)
		return;
	else if (sheet_is_name(s.name))
		edit_rules(c, &s);
	else if (is_directory_name(s.base))
		edit_directory(c, &s);
	else
		edit_file(c, &s);
}

void chaos_disturb(void *chaos)
{
	struct chaos *c = chaos;

	unsigned rate = c->restless != NULL ? RESTLESS_RATE : c->rate;

	if (c->is_busy || !dice_rarely(&c->world->dice, rate))
		return;
	c->is_busy = true;
	edit(c);
	c->is_busy = false;
}

void chaos_finish(struct chaos *c)
{
	c->restless = NULL;
	for (unsigned i = 0; i < CHAOS_WRITERS; i++) {
		while (c->writers[i].file != NULL)
			writer_step(c, &c->writers[i]);
	}
	tree_return(c->tree);
}

static void rules_plant(struct chaos *c, const struct spot *s)
{
	if (c->has_rules && dice_percent(&c->world->dice, 70))
		file_create(c, s);
}

static void name_plant(struct chaos *c, struct node *root, const char *name)
{
	struct spot s;

	if (!spot_find(root, name, &s))
		return;
	if (strcmp(name, "link.txt") == 0)
		edit_symlink(c, &s);
	else if (strcmp(name, "alias") == 0)
		tree_put(c->tree, s.dir, s.base,
			tree_symlink_new(c->tree, "docs"));
	else if (strcmp(name, "moved") == 0)
		return;
	else if (sheet_is_name(name))
		rules_plant(c, &s);
	else if (is_directory_name(s.base))
		edit_directory(c, &s);
	else if (dice_percent(&c->world->dice, 80))
		file_create(c, &s);
}

void chaos_plant(struct chaos *c, struct tree *t, bool has_rules)
{
	*c = (struct chaos){
		.world = t->world, .tree = t, .has_rules = has_rules
	};
	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		struct spot s;
		for (unsigned i = 0; i < NAMES_COUNT; i++)
			name_plant(c, t->roots[r], known_names[i]);
		/* Two names of one file. */
		if (spot_find(t->roots[r], "a.txt", &s) && s.node != NULL)
			tree_put(t, s.dir, "hard.txt", s.node);
		tree_return(t);
	}
}

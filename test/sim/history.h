/*
 * What each name led to, and when: the checker's memory of the tree. A state
 * lasts until the call that ended it has returned; until then the one after it
 * may be seen, or it, as with any two processes. Must not know what the server
 * makes of it.
 */
#pragma once

#include "tree.h"

/* The names that there can be, also under the names of directories that are
 * moved about; any other leads to nothing. */
#define NAMES(X) \
	X("_redirects") \
	X("_headers") \
	X("app.3f9a1c07.js") \
	X("index.html") \
	X("404.html") \
	X("a.txt") \
	X("a.txt.gz") \
	X("b.html") \
	X("b.html.br") \
	X("b.html.gz") \
	X("c.bin") \
	X("big.iso") \
	X("hard.txt") \
	X("link.txt") \
	X("docs.html") \
	X("docs") \
	X("docs/index.html") \
	X("docs/x.txt") \
	X("docs/x.txt.zst") \
	X("docs/deep") \
	X("docs/deep/index.html") \
	X("docs/deep/y.js") \
	X("moved") \
	X("moved/index.html") \
	X("moved/x.txt") \
	X("moved/x.txt.zst") \
	X("moved/deep") \
	X("moved/deep/index.html") \
	X("moved/deep/y.js") \
	X("alias") \
	X("alias/index.html") \
	X("alias/x.txt") \
	X("alias/x.txt.zst") \
	X("alias/deep") \
	X("alias/deep/index.html") \
	X("alias/deep/y.js")

#define NAME_ONE(name) +1
#define NAMES_COUNT    (0 NAMES(NAME_ONE))

extern const char *const known_names[NAMES_COUNT];

/* One of them, mostly one of the run's few favourites, if it has any. */
const char *name_draw(struct world *w);

enum past_kind { PAST_ABSENT, PAST_FILE, PAST_DIRECTORY, PAST_SHUT };

struct past {
	enum past_kind kind;
	unsigned root;           /* that it is below */
	const struct node *node; /* of a file */
	const struct content *content;
	int64_t mtime_ns;
	uint64_t since, until; /* epochs, both included */
	bool is_leaving;       /* its end has begun, not returned */
};

struct pasts {
	unsigned count, size;
	struct past *at;
};

struct root_past {
	unsigned root;
	uint64_t since, until;
	uint64_t until_ms; /* on the clock, when it was replaced */
};

struct history {
	struct tree *tree;
	struct pasts of[TREE_ROOTS][NAMES_COUNT];
	unsigned root_count, root_size;
	struct root_past *roots;
};

void history_init(struct history *h, struct tree *t);
void history_done(struct history *h);

/* Looks at the tree after an edit, and after its return. */
void history_note(struct history *h);
void history_settle(struct history *h);

/* The epoch from which on a root must be seen whose switch nobody tells of,
 * `late_ms` after it. */
uint64_t history_root_from(
	const struct history *h, uint64_t now_ms, uint64_t late_ms);

/*
 * Walks over what `name` may have been in the window: start with *cursor = 0;
 * NULL at the end. A name that is not in NAMES was always absent.
 */
const struct past *history_next(const struct history *h, const char *name,
	const struct window *window, unsigned *cursor);

/* Which roots may have been served in the window, as bits; *turns: how often
 * one was taken up, the first included. */
unsigned history_roots(
	const struct history *h, const struct window *window, unsigned *turns);

/* Which kinds it may have been: bits 1 << enum past_kind. */
unsigned history_kinds(
	const struct history *h, const char *name, const struct window *window);

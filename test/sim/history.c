/*
 * The memory of the tree (history.h): after every edit all names are looked
 * up in both roots, which are few.
 */
#include "history.h"

#include <errno.h>
#include <stdio.h>

#include "heap.h"

#define NAME_STRING(name) name,
const char *const known_names[NAMES_COUNT] = { NAMES(NAME_STRING) };

/* A file, its siblings and its neighbours: names that stand together. */
#define FAVOURITES 4

const char *name_draw(struct world *w)
{
	if (w->favourite > 0 && dice_percent(&w->dice, 75))
		return known_names[(w->favourite +
					   dice_below(&w->dice, FAVOURITES)) %
				   NAMES_COUNT];
	return known_names[dice_below(&w->dice, NAMES_COUNT)];
}

/* The cursor counts states of the first root, then those of the second. */
#define CURSOR_ROOT (1u << 20)

static const struct past past_absent = { .kind = PAST_ABSENT };
static const struct past past_shut = { .kind = PAST_SHUT };

static struct past past_look(struct node *root, const char *name)
{
	struct past p = { .until = UINT64_MAX };
	struct node *n;
	int res = tree_find(root, name, false, &n);

	if (res == -EACCES)
		p.kind = PAST_SHUT;
	else if (res == 0 && n->is_shut)
		p = (struct past){ .kind = PAST_SHUT,
			.node = n->kind == NODE_FILE ? n : NULL,
			.until = UINT64_MAX };
	else if (res < 0)
		p.kind = PAST_ABSENT;
	else if (n->kind == NODE_DIRECTORY)
		p.kind = PAST_DIRECTORY;
	else
		p = (struct past){ .kind = PAST_FILE,
			.node = n,
			.content = n->content,
			.mtime_ns = n->mtime_ns,
			.until = UINT64_MAX };
	return p;
}

static bool past_is(const struct past *a, const struct past *b)
{
	return a->kind == b->kind && a->node == b->node &&
	       a->content == b->content && a->mtime_ns == b->mtime_ns;
}

static void past_note(
	struct pasts *pasts, const struct past *now, uint64_t epoch)
{
	struct past *last = pasts->count > 0 ? &pasts->at[pasts->count - 1]
					     : NULL;

	if (last != NULL && past_is(last, now))
		return;
	if (last != NULL)
		last->is_leaving = true;
	if (pasts->count == pasts->size) {
		pasts->size = 2 * pasts->size + 8;
		pasts->at = heap_own(
			pasts->at, pasts->size * sizeof *pasts->at);
	}
	pasts->at[pasts->count] = *now;
	pasts->at[pasts->count++].since = epoch;
}

static void root_note(struct history *h)
{
	const struct world *w = h->tree->world;

	if (h->root_count > 0) {
		struct root_past *last = &h->roots[h->root_count - 1];
		if (last->root == h->tree->current)
			return;
		last->until_ms = w->now_ms;
	}
	if (h->root_count == h->root_size) {
		h->root_size = 2 * h->root_size + 4;
		h->roots = heap_own(h->roots, h->root_size * sizeof *h->roots);
	}
	h->roots[h->root_count++] = (struct root_past){
		.root = h->tree->current,
		.since = w->epoch,
		.until = UINT64_MAX,
	};
}

void history_note(struct history *h)
{
	root_note(h);
	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		for (unsigned i = 0; i < NAMES_COUNT; i++) {
			struct past now = past_look(
				h->tree->roots[r], known_names[i]);
			now.root = r;
			past_note(&h->of[r][i], &now, h->tree->world->epoch);
		}
	}
}

static void pasts_settle(struct pasts *p, uint64_t epoch)
{
	for (unsigned i = p->count; i > 0; i--) {
		struct past *past = &p->at[i - 1];
		if (past->is_leaving && past->until == UINT64_MAX)
			past->until = epoch - 1;
		else if (past->until != UINT64_MAX)
			break;
	}
}

void history_settle(struct history *h)
{
	uint64_t epoch = h->tree->world->epoch;

	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		for (unsigned i = 0; i < NAMES_COUNT; i++)
			pasts_settle(&h->of[r][i], epoch);
	}
	for (unsigned i = 0; i + 1 < h->root_count; i++) {
		if (h->roots[i].until == UINT64_MAX)
			h->roots[i].until = epoch - 1;
	}
}

void history_init(struct history *h, struct tree *t)
{
	*h = (struct history){ .tree = t };
	history_note(h);
}

void history_done(struct history *h)
{
	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		for (unsigned i = 0; i < NAMES_COUNT; i++)
			heap_disown(h->of[r][i].at);
	}
	heap_disown(h->roots);
}

uint64_t history_root_from(
	const struct history *h, uint64_t now_ms, uint64_t late_ms)
{
	for (unsigned i = 0; i + 1 < h->root_count; i++) {
		const struct root_past *r = &h->roots[i];
		if (r->until_ms + late_ms > now_ms)
			return r->since;
	}
	return h->tree->world->epoch;
}

unsigned history_roots(
	const struct history *h, const struct window *window, unsigned *turns)
{
	unsigned roots = 0;

	*turns = 0;
	for (unsigned i = 0; i < h->root_count; i++) {
		const struct root_past *r = &h->roots[i];
		if (r->since > window->until || r->until < window->root_from)
			continue;
		roots |= 1u << r->root;
		++*turns;
	}
	return roots;
}

static bool root_was_current(
	const struct history *h, unsigned root, const struct window *window)
{
	unsigned turns;

	return (history_roots(h, window, &turns) & 1u << root) != 0;
}

static const struct past *pasts_next(
	const struct pasts *p, const struct window *window, unsigned *index)
{
	while (*index < p->count) {
		const struct past *past = &p->at[(*index)++];
		if (past->since <= window->until && past->until >= window->from)
			return past;
	}
	return NULL;
}

static unsigned name_index(const char *name)
{
	unsigned i = 0;

	while (i < NAMES_COUNT && strcmp(known_names[i], name) != 0)
		i++;
	return i;
}

static const struct past *known_next(const struct history *h, unsigned n,
	const struct window *window, unsigned *cursor)
{
	for (unsigned r = *cursor / CURSOR_ROOT; r < TREE_ROOTS; r++) {
		unsigned index = *cursor % CURSOR_ROOT;
		const struct past *past = root_was_current(h, r, window)
						  ? pasts_next(&h->of[r][n],
							    window, &index)
						  : NULL;
		*cursor = r * CURSOR_ROOT + index;
		if (past != NULL)
			return past;
		*cursor = (r + 1) * CURSOR_ROOT;
	}
	return NULL;
}

/* The nearest directory above `name` that is known, or NAMES_COUNT. */
static unsigned known_above(const char *name)
{
	char above[512];
	unsigned n = NAMES_COUNT;

	snprintf(above, sizeof above, "%s", name);
	while (n == NAMES_COUNT) {
		char *slash = strrchr(above, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		n = name_index(above);
	}
	return n;
}

const struct past *history_next(const struct history *h, const char *name,
	const struct window *window, unsigned *cursor)
{
	unsigned n = name_index(name);

	if (n < NAMES_COUNT)
		return known_next(h, n, window, cursor);
	n = known_above(name);
	if (n == NAMES_COUNT)
		return (*cursor)++ == 0 ? &past_absent : NULL;
	/* Nothing is there, but who is shut out cannot tell. */
	const struct past *above = known_next(h, n, window, cursor);
	if (above == NULL)
		return NULL;
	bool is_shut = above->kind == PAST_SHUT && above->node == NULL;
	return is_shut ? &past_shut : &past_absent;
}

unsigned history_kinds(
	const struct history *h, const char *name, const struct window *window)
{
	const struct past *past;
	unsigned cursor = 0, kinds = 0;

	while ((past = history_next(h, name, window, &cursor)) != NULL)
		kinds |= 1u << past->kind;
	return kinds;
}

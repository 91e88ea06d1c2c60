/*
 * The candidates (in_force.h): more of them where more may have happened, but
 * where nothing did there is exactly one.
 */
#include "in_force.h"

/* A file that is written so often while it is read is not read for now. */
#define RESTLESS 4

static void candidate_add(struct sheets *s, const struct sheet *sheet)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->at[i] == sheet)
			return;
	}
	check(s->count < IN_FORCE_MAX, "tester: too many rules");
	s->at[s->count++] = sheet;
}

/* What the server makes of a file in this state; false: nothing new. */
static bool is_taken(const struct past *p, const struct sheet **out)
{
	*out = p->kind == PAST_FILE ? p->content->sheet : NULL;
	return p->kind != PAST_SHUT && (*out == NULL || !sheet_is_broken(*out));
}

/* The latest time before the window at which there was one answer. */
static const struct window *look_find(
	const struct in_force *f, const struct window *w)
{
	const struct window *found = NULL;
	unsigned kept = f->count < IN_FORCE_LOOKS ? f->count : IN_FORCE_LOOKS;

	for (unsigned i = 0; i < kept; i++) {
		const struct window *look = &f->looks[i];
		/* Within an epoch nobody knows which came first. */
		if (look->until < w->from &&
			(found == NULL || look->until > found->until))
			found = look;
	}
	return found;
}

/*
 * What was in force before the window, of a root that is served in it. With
 * each root it begins anew, with nothing; then the sound lines of a broken
 * file count.
 */
static void kept_add(const struct in_force *f, const struct history *h,
	const struct window *w, struct sheets *out)
{
	const struct window *look = look_find(f, w);
	struct window since = { .until = w->until };
	const struct sheet *sheet;
	const struct past *p;
	unsigned at = 0, turns, roots = history_roots(h, w, &turns);

	if (look != NULL) {
		since.from = look->from;
		since.root_from = look->root_from;
	}
	history_roots(h, &since, &turns);
	bool has_begun = look != NULL && turns == 1;
	if (!has_begun)
		candidate_add(out, NULL);
	while ((p = history_next(h, f->name, &since, &at)) != NULL) {
		bool is_known = is_taken(p, &sheet) || !has_begun;
		if (is_known && (roots & 1u << p->root) != 0)
			candidate_add(out, sheet);
	}
}

void in_force_find(const struct in_force *f, const struct history *h,
	const struct window *w, struct sheets *out)
{
	bool is_kept = world_had_fault(h->tree->world, 0, w);
	const struct sheet *sheet;
	const struct past *p;
	unsigned at = 0, seen = 0;

	out->count = 0;
	while ((p = history_next(h, f->name, w, &at)) != NULL) {
		seen++;
		if (is_taken(p, &sheet))
			candidate_add(out, sheet);
		else
			is_kept = true;
	}
	if (is_kept || seen > RESTLESS)
		kept_add(f, h, w, out);
}

void in_force_looked(
	struct in_force *f, const struct history *h, const struct window *w)
{
	const struct sheet *sheet;
	const struct past *p;
	unsigned at = 0;

	if (world_had_fault(h->tree->world, 0, w))
		return;
	p = history_next(h, f->name, w, &at);
	if (p != NULL && is_taken(p, &sheet) &&
		history_next(h, f->name, w, &at) == NULL)
		f->looks[f->count++ % IN_FORCE_LOOKS] = *w;
}

/*
 * The ways (outlook.h). Each name is tried on its own: what the one was and
 * what the other was need not have been at the same moment.
 */
#include "outlook.h"

#include <stdio.h>

#define HAS(kinds, kind) (((kinds)&1u << (kind)) != 0)

struct walk {
	struct outlook *outlook;
	const struct view *view;
	const struct sheet *rules;
	const struct sheet_line *rule; /* the first for it, if it may apply */
	const char *splat;
	bool is_rewritten;
	bool is_error;                /* by a rule, to a page about a 404 */
	char asked[ASK_PATH_MAX + 2]; /* with its first slash */
};

static struct way *way_add(
	const struct walk *w, enum way_kind kind, const char *name)
{
	struct outlook *o = w->outlook;
	struct way *way = &o->ways[o->count++];

	check(o->count <= OUTLOOK_WAYS_MAX, "tester: too many ways");
	*way = (struct way){ .kind = kind, .is_stand_in = w->is_rewritten };
	snprintf(way->name, sizeof way->name, "%s", name);
	return way;
}

static unsigned kinds_of(const struct walk *w, const char *name)
{
	return history_kinds(w->view->history, name, w->view->window);
}

static void walk_page(const struct walk *w, const char *name, bool varies)
{
	struct way *way = way_add(w, WAY_PAGE, name);

	way->is_stand_in = true;
	way->varies_accept = varies;
}

static void walk_open(const struct walk *w, const char *name);

static void walk_rule(const struct walk *from, const struct sheet_line *rule,
	const char *splat)
{
	struct walk w = *from;
	char to[SHEET_TEXT_MAX];

	sheet_target(w.rules, rule, splat, to);
	w.is_rewritten = true;
	w.rule = NULL;
	w.is_error = rule->status == 404;
	if (rule->status == 404 || rule->status == 200) {
		walk_open(&w, to + 1);
	} else {
		struct way *way = way_add(&w, WAY_MOVED, "");
		way->status = rule->status;
		snprintf(way->location, sizeof way->location, "%s", to);
	}
}

/* True when a rule takes the place of what was found. */
static bool walk_forced(const struct walk *w)
{
	const struct sheet_line *rule;
	const char *splat;

	if (w->rule == NULL)
		return false;
	rule = sheet_rule(w->rules, w->asked, true, &splat);
	if (rule != NULL)
		walk_rule(w, rule, splat);
	return rule != NULL;
}

static void walk_found(const struct walk *w, const char *name)
{
	if (w->is_error) {
		walk_page(w, name, false);
		walk_page(w, "404.html", false); /* it could not be read */
	} else if (!walk_forced(w)) {
		way_add(w, WAY_FILE, name);
	}
}

/* A page about a 404 that may not be read is as good as none. */
static void walk_shut(const struct walk *w)
{
	if (w->is_error)
		walk_page(w, "404.html", false);
	else
		way_add(w, WAY_SHUT, "");
}

/* What stands in for nothing at all. */
static void walk_fallback(const struct walk *w, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash != NULL ? slash + 1 : name;
	bool is_route = w->view->wishes->is_spa && strchr(last, '.') == NULL;

	if (!is_route || !w->view->ask->is_navigation) {
		walk_page(w, "404.html", is_route);
		return;
	}
	unsigned kinds = kinds_of(w, "index.html");
	if (HAS(kinds, PAST_FILE)) {
		struct way *way = way_add(w, WAY_FILE, "index.html");
		way->is_stand_in = way->varies_accept = true;
	}
	if (HAS(kinds, PAST_SHUT))
		way_add(w, WAY_SHUT, "")->varies_accept = true;
	if (HAS(kinds, PAST_ABSENT) || HAS(kinds, PAST_DIRECTORY))
		walk_page(w, "404.html", true);
}

static void walk_absent(const struct walk *w, const char *name)
{
	if (w->rule != NULL)
		walk_rule(w, w->rule, w->splat);
	else if (w->is_rewritten)
		walk_page(w, "404.html", false);
	else
		walk_fallback(w, name);
}

/* Tries `name`; true when the next may be tried, too. */
static bool walk_try(const struct walk *w, const char *name)
{
	unsigned kinds = kinds_of(w, name);

	if (HAS(kinds, PAST_FILE))
		walk_found(w, name);
	if (HAS(kinds, PAST_SHUT))
		walk_shut(w);
	return HAS(kinds, PAST_ABSENT) || HAS(kinds, PAST_DIRECTORY);
}

static void walk_listing(const struct walk *w, const char *name)
{
	size_t len = strlen(name);
	unsigned kinds = 1u << PAST_DIRECTORY;
	char dir[ASK_PATH_MAX + 40];

	snprintf(dir, sizeof dir, "%.*s", len > 0 ? (int)len - 1 : 0, name);
	if (len > 0)
		kinds = kinds_of(w, dir);
	if (HAS(kinds, PAST_DIRECTORY) && !walk_forced(w)) {
		way_add(w, WAY_LISTING, name)->varies_accept = true;
		/* It has gone by the time that its names are read. */
		if (kinds != 1u << PAST_DIRECTORY)
			walk_page(w, "404.html", true);
	}
	if (HAS(kinds, PAST_SHUT))
		way_add(w, WAY_SHUT, "");
	if (HAS(kinds, PAST_ABSENT) || HAS(kinds, PAST_FILE))
		walk_absent(w, name);
}

static void walk_directory(const struct walk *w, const char *name)
{
	char index[ASK_PATH_MAX + 40];

	snprintf(index, sizeof index, "%sindex.html", name);
	if (!walk_try(w, index))
		return;
	if (w->view->wishes->has_listings && !w->is_rewritten)
		walk_listing(w, name);
	else
		walk_absent(w, name);
}

/* PRODUCT, Lookup: the file, NAME.html, the directory and its index. */
static void walk_open(const struct walk *w, const char *name)
{
	size_t len = strlen(name);
	char other[ASK_PATH_MAX + 40];

	if (len == 0 || name[len - 1] == '/') {
		walk_directory(w, name);
		return;
	}
	unsigned kinds = kinds_of(w, name);
	snprintf(other, sizeof other, "%s.html", name);
	if (!walk_try(w, name) || !walk_try(w, other))
		return;
	if (HAS(kinds, PAST_ABSENT))
		walk_absent(w, name);
	if (!HAS(kinds, PAST_DIRECTORY) || walk_forced(w))
		return;
	snprintf(other, sizeof other, "%s/", name);
	if (w->is_rewritten)
		walk_open(w, other);
	else
		way_add(w, WAY_SLASH, other);
}

void outlook_make(
	struct outlook *o, const struct view *v, const struct sheet *rules)
{
	const char *path = v->ask->path;
	struct walk w = { .outlook = o, .view = v, .rules = rules };

	o->count = 0;
	if (sheet_is_name(path)) {
		walk_page(&w, "404.html", false);
		return;
	}
	snprintf(w.asked, sizeof w.asked, "/%s", path);
	w.rule = sheet_rule(rules, w.asked, false, &w.splat);
	if (w.rule != NULL && w.rule->is_forced)
		walk_rule(&w, w.rule, w.splat);
	else
		walk_open(&w, path);
}

/*
 * The order of names (lookup.h), as a state machine without I/O.
 */
#include "http/lookup.h"

#include "http/path.h"

#define ERROR_PAGE SPAN("404.html")

static void name_set(struct lookup *l, size_t base_len, struct span suffix)
{
	if (base_len + suffix.len >= sizeof l->name) {
		l->len = 0;
		return;
	}
	memcpy(l->name + base_len, suffix.at, suffix.len);
	l->len = base_len + suffix.len;
	l->name[l->len] = '\0';
}

static void lookup_end(
	struct lookup *l, enum resource_kind kind, enum reason reason)
{
	l->state = LOOKUP_ENDED;
	l->kind = kind;
	trail_note(&l->trail, reason);
}

/* Nothing to serve: the site's own page about it, if there is one. */
static void lookup_absent(struct lookup *l)
{
	trail_note(&l->trail, REASON_FILE_ABSENT);
	l->state = LOOKUP_ERROR_PAGE;
	l->kind = RESOURCE_ABSENT;
	name_set(l, 0, ERROR_PAGE);
}

static void lookup_open(struct lookup *l)
{
	bool is_directory = l->len == 0 || l->name[l->len - 1] == '/';

	l->base_len = l->len;
	l->state = is_directory ? LOOKUP_INDEX : LOOKUP_EXACT;
	name_set(l, l->base_len, is_directory ? SPAN("index.html") : SPAN(""));
	if (l->len == 0)
		lookup_absent(l); /* longer than any name can be */
}

void lookup_start(struct lookup *l, const struct request *q)
{
	/* The name is overwritten as far as it is used. */
	memset(l, 0, offsetof(struct lookup, name));
	if (q->path.len >= sizeof l->name) {
		lookup_absent(l);
		return;
	}
	struct text name = text_in(l->name, sizeof l->name);
	switch (path_resolve(q->path, &name, &l->trail)) {
	case PATH_BAD:
		l->state = LOOKUP_ENDED;
		l->kind = RESOURCE_UNNAMED;
		return;
	case PATH_HIDDEN:
		lookup_absent(l);
		return;
	case PATH_OK:
		break;
	}
	l->len = name.len;
	lookup_open(l);
}

/* A failure that is not absence ends the search: the next name might be
 * served in place of one that the client is not told about. */
static bool is_failure(enum resource_kind found)
{
	return found == RESOURCE_FORBIDDEN || found == RESOURCE_BUSY ||
	       found == RESOURCE_BROKEN;
}

static void lookup_fail(struct lookup *l, enum resource_kind found)
{
	lookup_end(l, found,
		found == RESOURCE_FORBIDDEN ? REASON_FILE_FORBIDDEN
		: found == RESOURCE_BUSY    ? REASON_FILE_BUSY
					    : REASON_FILE_BROKEN);
}

static void lookup_next_html(struct lookup *l)
{
	l->state = LOOKUP_HTML;
	name_set(l, l->base_len, SPAN(".html"));
	if (l->len == 0)
		lookup_absent(l);
}

static void lookup_after_html(struct lookup *l)
{
	if (!l->has_directory) {
		lookup_absent(l);
		return;
	}
	name_set(l, l->base_len, SPAN(""));
	lookup_end(l, RESOURCE_DIRECTORY, REASON_FILE_DIRECTORY);
}

void lookup_next(struct lookup *l, enum resource_kind found)
{
	static const enum reason found_as[] = {
		[LOOKUP_EXACT] = REASON_FILE_EXACT,
		[LOOKUP_HTML] = REASON_FILE_HTML,
		[LOOKUP_INDEX] = REASON_FILE_INDEX,
	};

	if (l->state == LOOKUP_ERROR_PAGE) {
		l->state = LOOKUP_ENDED;
		if (found == RESOURCE_FILE)
			trail_note(&l->trail, REASON_FILE_ERROR_PAGE);
	} else if (found == RESOURCE_FILE) {
		lookup_end(l, RESOURCE_FILE, found_as[l->state]);
	} else if (is_failure(found)) {
		lookup_fail(l, found);
	} else if (l->state == LOOKUP_EXACT) {
		l->has_directory = found == RESOURCE_DIRECTORY;
		lookup_next_html(l);
	} else if (l->state == LOOKUP_HTML) {
		lookup_after_html(l);
	} else {
		lookup_absent(l);
	}
}

/*
 * What a path may have led to while it was asked for: PRODUCT's order of names
 * and rules, over everything that the names were in the meantime. A second
 * opinion on http/lookup.c that shares nothing with it.
 */
#pragma once

#include "ask.h"
#include "history.h"
#include "sheet.h"

#define OUTLOOK_WAYS_MAX 24

enum way_kind {
	WAY_FILE,
	WAY_PAGE,    /* 404, with the page of that name or ours */
	WAY_MOVED,   /* by a rule */
	WAY_SLASH,   /* to the directory that it is */
	WAY_LISTING, /* of the directory */
	WAY_SHUT
};

struct way {
	enum way_kind kind;
	bool is_stand_in;   /* it is not what was asked for */
	bool varies_accept; /* it was decided by the Accept field */
	unsigned status;    /* of WAY_MOVED */
	char name[ASK_PATH_MAX + 40];
	char location[SHEET_TEXT_MAX];
};

struct outlook {
	unsigned count;
	struct way ways[OUTLOOK_WAYS_MAX];
};

/* What the site was told to do. */
struct wishes {
	bool is_spa, has_listings, allows_origins;
};

/* What was asked, of which tree, when. */
struct view {
	const struct history *history;
	const struct window *window;
	const struct ask *ask;
	const struct wishes *wishes;
};

/* `rules`: those of _redirects, or NULL. */
void outlook_make(
	struct outlook *o, const struct view *v, const struct sheet *rules);

/*
 * Which names to try for a target, in which order: the file, NAME.html, the
 * directory and its index.html, and 404.html in place of nothing. The caller
 * opens the names; this decides what each outcome means (hstatic(1)). Pure.
 */
#pragma once

#include "base/text.h"
#include "http/reason.h"
#include "http/request.h"
#include "http/resource.h"

/* Longest name: PATH_MAX of Linux, with the suffix that we may add. */
#define LOOKUP_NAME_MAX 4096

enum lookup_state {
	LOOKUP_EXACT,
	LOOKUP_HTML,
	LOOKUP_INDEX,
	LOOKUP_ERROR_PAGE,
	LOOKUP_ENDED
};

struct lookup {
	enum lookup_state state;
	enum resource_kind kind; /* the outcome, once LOOKUP_ENDED */
	bool has_directory;      /* the exact name is a directory */
	size_t base_len;         /* of the name without what we added */
	struct trail trail;
	size_t len;
	char name[LOOKUP_NAME_MAX]; /* NUL-terminated */
};

/*
 * Begins with the path of `q`. When l->state is LOOKUP_ENDED nothing need be
 * opened; otherwise open l->name and tell lookup_next.
 */
void lookup_start(struct lookup *l, const struct request *q);

/* What became of l->name. Moves on to the next name, or ends. */
void lookup_next(struct lookup *l, enum resource_kind found);

static inline struct span lookup_name(const struct lookup *l)
{
	return (struct span){ l->name, l->len };
}

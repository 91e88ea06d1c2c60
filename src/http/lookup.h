/*
 * Which names to try for a target, in which order: the file, NAME.html, the
 * directory and its index.html, its listing, and in place of nothing the page
 * of a single-page application or 404.html. The caller opens the names; this
 * decides what each outcome means (hstatic(1)). Pure.
 */
#pragma once

#include "base/text.h"
#include "http/pattern.h"
#include "http/policy.h"
#include "http/reason.h"
#include "http/request.h"
#include "http/resource.h"

/* Longest Location that a rule of the site may make: clients and proxies take
 * no longer field. */
#define LOOKUP_LOCATION_MAX 8192

/* Longest name: PATH_MAX of Linux, with the suffix that we may add. */
#define LOOKUP_NAME_MAX 4096

enum lookup_state {
	LOOKUP_EXACT,
	LOOKUP_HTML,
	LOOKUP_INDEX,
	LOOKUP_LISTING,
	LOOKUP_FALLBACK,
	LOOKUP_ERROR_PAGE,
	LOOKUP_ENDED
};

struct lookup {
	enum lookup_state state;
	enum resource_kind kind; /* the outcome, once LOOKUP_ENDED */
	bool has_directory;      /* the exact name is a directory */
	bool is_navigation;      /* a browser's, to what could be a page */
	bool is_rewritten;       /* a rule has led to the name */
	bool is_error_rule;      /* it is the name of a page about a 404 */
	bool is_stand_in;   /* the name is served in place of what was asked */
	bool varies_accept; /* another Accept might have led elsewhere */
	const struct policy *policy; /* borrowed */
	/* The first rule of _redirects for it, which may apply yet, or NULL. */
	const struct redirect *rule;
	struct captures captures; /* in `asked` */
	unsigned status;          /* of RESOURCE_MOVED */
	struct span query;        /* of the request: only for lookup_start */
	size_t base_len;          /* of the name without what we added */
	struct trail trail;
	size_t len;
	size_t asked_len, location_len;
	/* From here on written before it is read, and not cleared. */
	char name[LOOKUP_NAME_MAX];         /* NUL-terminated */
	char asked[1 + LOOKUP_NAME_MAX];    /* the path, where rules care */
	char location[LOOKUP_LOCATION_MAX]; /* of RESOURCE_MOVED */
};

/*
 * Begins with the path of `q`, for a site of this policy. When l->state is
 * LOOKUP_ENDED nothing need be opened; otherwise open l->name and tell
 * lookup_next.
 */
void lookup_start(
	struct lookup *l, const struct request *q, const struct policy *policy);

/* What became of l->name. Moves on to the next name, or ends. True when what
 * was found is what will be served. */
must_check bool lookup_next(struct lookup *l, enum resource_kind found);

static inline struct span lookup_name(const struct lookup *l)
{
	return (struct span){ l->name, l->len };
}

static inline struct span lookup_asked(const struct lookup *l)
{
	return (struct span){ l->asked, l->asked_len };
}

static inline struct span lookup_location(const struct lookup *l)
{
	return (struct span){ l->location, l->location_len };
}

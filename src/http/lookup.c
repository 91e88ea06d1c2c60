/*
 * The order of names (lookup.h), as a state machine without I/O.
 */
#include "http/lookup.h"

#include "http/accept.h"
#include "http/path.h"
#include "http/redirects.h"

#define ERROR_PAGE SPAN("404.html")
#define FALLBACK   SPAN("index.html")

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

/* The site's own page about what is not there, if it has one. */
static void lookup_error_page(struct lookup *l)
{
	l->state = LOOKUP_ERROR_PAGE;
	l->kind = RESOURCE_ABSENT;
	l->is_stand_in = true;
	l->is_error_rule = false;
	name_set(l, 0, ERROR_PAGE);
}

/* Is `name` one that only a page could have: no extension? */
static bool is_page_like(struct span name)
{
	size_t slash = span_find_last(name, '/');
	struct span last = slash < name.len ? span_skip(name, slash + 1) : name;

	return span_find(last, '.') == last.len;
}

/* A single-page application has a page for each of its own routes; a script or
 * an image that is missing stays so (hstatic(1)). */
static void lookup_fallback(struct lookup *l)
{
	bool is_route = l->policy->is_spa &&
			is_page_like((struct span){ l->name, l->base_len });
	l->varies_accept = is_route;
	if (!is_route || !l->is_navigation) {
		lookup_error_page(l);
		return;
	}
	l->state = LOOKUP_FALLBACK;
	l->is_stand_in = true;
	name_set(l, 0, FALLBACK);
}

/* A name that leads nowhere whatever the site holds. */
static void lookup_hidden(struct lookup *l)
{
	trail_note(&l->trail, REASON_FILE_ABSENT);
	lookup_error_page(l);
}

static void lookup_open(struct lookup *l);

/* Location is made now, while there is a way to say that it cannot be. */
static void rule_move(struct lookup *l, const struct redirect *rule,
	const struct captures *captures, struct span query)
{
	struct text location = text_in(l->location, sizeof l->location);

	if (!redirect_location(rule, captures, query, &location)) {
		lookup_end(l, RESOURCE_OVERLONG, REASON_RULE_TOO_LONG);
		return;
	}
	l->location_len = location.len;
	l->status = rule->status;
	l->state = LOOKUP_ENDED;
	l->kind = RESOURCE_MOVED;
}

/* Another name is looked for, and only one: rules do not lead to rules. */
static void rule_rewrite(struct lookup *l, const struct redirect *rule,
	const struct captures *captures)
{
	struct text name = text_in(l->name, sizeof l->name);

	l->rule = NULL;
	l->is_rewritten = true;
	l->is_error_rule = rule->status == 404;
	if (!redirect_name(rule, captures, &name) ||
		name.len == sizeof l->name) {
		lookup_hidden(l);
		return;
	}
	name_set(l, name.len, SPAN(""));
	l->has_directory = false;
	lookup_open(l);
}

static void rule_apply(struct lookup *l, const struct redirect *rule,
	const struct captures *captures)
{
	trail_add(&l->trail,
		rule->is_forced ? REASON_RULE_FORCED : REASON_RULE_APPLIES,
		rule->line, rule->status);
	if (redirect_is_elsewhere(rule))
		rule_move(l, rule, captures, l->query);
	else
		rule_rewrite(l, rule, captures);
}

/* Something is there. True when a rule comes before it all the same. */
static bool rule_is_forced(struct lookup *l)
{
	struct captures captures;

	if (l->rule == NULL)
		return false;
	const struct redirect *rule = redirects_find(
		l->policy->redirects, lookup_asked(l), true, &captures);
	if (rule == NULL)
		return false;
	rule_apply(l, rule, &captures);
	return true;
}

static void lookup_absent(struct lookup *l)
{
	trail_note(&l->trail, REASON_FILE_ABSENT);
	if (l->rule != NULL)
		rule_apply(l, l->rule, &l->captures);
	else if (l->is_rewritten)
		lookup_error_page(l);
	else
		lookup_fallback(l);
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

/* What the rules of the site go by. */
static void asked_keep(struct lookup *l, struct span name)
{
	l->asked[0] = '/';
	memcpy(l->asked + 1, name.at, name.len);
	l->asked_len = 1 + name.len;
}

static void lookup_begin(
	struct lookup *l, const struct request *q, struct span name)
{
	const struct policy *policy = l->policy;

	if (rules_is_file(name)) {
		trail_note(&l->trail, REASON_FILE_RULES);
		lookup_error_page(l);
		return;
	}
	l->is_navigation = policy->is_spa && accept_names(q, SPAN("text/html"));
	if (policy->redirects != NULL || policy->headers != NULL)
		asked_keep(l, name);
	if (policy->redirects != NULL)
		l->rule = redirects_find(policy->redirects, lookup_asked(l),
			false, &l->captures);
	if (l->rule != NULL && l->rule->is_forced)
		rule_apply(l, l->rule, &l->captures);
	else
		lookup_open(l);
}

void lookup_start(
	struct lookup *l, const struct request *q, const struct policy *policy)
{
	/* The texts are overwritten as far as they are used. */
	memset(l, 0, offsetof(struct lookup, name));
	l->policy = policy;
	l->query = q->query;
	if (q->path.len >= sizeof l->name) {
		lookup_hidden(l);
		return;
	}
	struct text name = text_in(l->name, sizeof l->name);
	switch (path_resolve(q->path, &name, &l->trail)) {
	case PATH_BAD:
		l->state = LOOKUP_ENDED;
		l->kind = RESOURCE_UNNAMED;
		break;
	case PATH_HIDDEN:
		lookup_hidden(l);
		break;
	case PATH_OK:
		l->len = name.len;
		lookup_begin(l, q, text_span(&name));
		break;
	}
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
	if (rule_is_forced(l))
		return;
	/* A rewrite does not tell where it leads: no redirect to its slash. */
	name_set(l, l->base_len, l->is_rewritten ? SPAN("/") : SPAN(""));
	if (l->is_rewritten)
		lookup_open(l);
	else
		lookup_end(l, RESOURCE_DIRECTORY, REASON_FILE_DIRECTORY);
}

/* A directory without an index: what is in it, if the site shows that. Behind
 * a rewrite the links of a listing would lead astray: they are relative to a
 * path that the client did not ask for. */
static void lookup_after_index(struct lookup *l)
{
	if (!l->policy->has_listings || l->is_rewritten) {
		lookup_absent(l);
		return;
	}
	l->state = LOOKUP_LISTING;
	name_set(l, l->base_len, l->base_len == 0 ? SPAN(".") : SPAN(""));
}

static void lookup_after_listing(struct lookup *l, enum resource_kind found)
{
	if (found == RESOURCE_DIRECTORY && !rule_is_forced(l)) {
		l->varies_accept = true;
		name_set(l, l->base_len, SPAN(""));
		lookup_end(l, RESOURCE_LISTING, REASON_FILE_LISTING);
	} else if (found != RESOURCE_DIRECTORY) {
		lookup_absent(l);
	}
}

static bool lookup_after_error_page(struct lookup *l, enum resource_kind found)
{
	l->state = LOOKUP_ENDED;
	if (found != RESOURCE_FILE)
		return false;
	trail_note(&l->trail, REASON_FILE_ERROR_PAGE);
	return true;
}

static bool lookup_after_file(struct lookup *l)
{
	static const enum reason found_as[] = {
		[LOOKUP_EXACT] = REASON_FILE_EXACT,
		[LOOKUP_HTML] = REASON_FILE_HTML,
		[LOOKUP_INDEX] = REASON_FILE_INDEX,
		[LOOKUP_LISTING] = REASON_FILE_EXACT, /* it ends in a slash */
		[LOOKUP_FALLBACK] = REASON_FILE_FALLBACK,
	};

	if (rule_is_forced(l))
		return false;
	l->is_stand_in |= l->is_rewritten;
	if (l->is_error_rule)
		lookup_end(l, RESOURCE_ABSENT, REASON_FILE_REWRITTEN);
	else
		lookup_end(l, RESOURCE_FILE, found_as[l->state]);
	return true;
}

bool lookup_next(struct lookup *l, enum resource_kind found)
{
	if (l->state == LOOKUP_ERROR_PAGE)
		return lookup_after_error_page(l, found);
	if (found == RESOURCE_FILE)
		return lookup_after_file(l);
	if (is_failure(found) && l->is_error_rule) {
		lookup_absent(l); /* it is 404 all the same */
	} else if (is_failure(found)) {
		lookup_fail(l, found);
	} else if (l->state == LOOKUP_EXACT) {
		l->has_directory = found == RESOURCE_DIRECTORY;
		lookup_next_html(l);
	} else if (l->state == LOOKUP_HTML) {
		lookup_after_html(l);
	} else if (l->state == LOOKUP_INDEX) {
		lookup_after_index(l);
	} else if (l->state == LOOKUP_LISTING) {
		lookup_after_listing(l, found);
	} else {
		lookup_error_page(l);
	}
	return false;
}

/*
 * The verdict on a response (judge.h): its status against what the tree and
 * the faults allow; its body in judge_body.c.
 */
#include "judge.h"

#include <stdio.h>

#include "base/text.h"
#include "http/date.h"
#include "judge_body.h"
#include "judge_fields.h"

/* A file that becomes another so often while it is asked for may be too much
 * for the server: it can read it that often, and no version twice. */
#define RESTLESS 4

static struct window window_of(
	const struct sock *s, const struct ask *a, const struct reply *r)
{
	struct window w = a->window;

	w.until = marks_find(&s->sent, r->first)->epoch;
	return w;
}

static enum coding coding_of(const struct reply *r)
{
	struct span value = reply_field(r, "Content-Encoding");

	if (value.at == NULL)
		return CODING_IDENTITY;
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++) {
		if (span_equal(value, coding_name(c)))
			return c;
	}
	fail("Content-Encoding '%.*s'", (int)value.len, value.at);
}

static const char *suffix_of(enum coding c)
{
	static const char *const suffixes[CODING_COUNT] = {
		[CODING_IDENTITY] = "",
		[CODING_GZIP] = ".gz",
		[CODING_BR] = ".br",
		[CODING_ZSTD] = ".zst",
	};

	return suffixes[c];
}

/* The state itself, or what the open file became when it was not under its
 * name any more: who has opened a file reads it wherever it is. */
static bool past_explains(const struct context *c, const struct past *file,
	const struct past *variant)
{
	const struct node *n = variant->node;

	if (body_explains(c, file, variant))
		return true;
	for (unsigned i = 0; i < n->writing_count; i++) {
		struct past p = *variant;
		if (!writing_is_in(n, i, c->window.from, c->window.until))
			continue;
		p.content = n->writings[i].content;
		p.mtime_ns = n->writings[i].mtime_ns;
		if (body_explains(c, file == variant ? &p : file, &p))
			return true;
	}
	return false;
}

/* Does any state of `name`, coded by the server, explain it? */
static bool name_coded_explains(const struct judge *j, const struct context *c,
	const char *name, enum coding coding)
{
	unsigned at = 0;
	const struct past *file;

	while ((file = history_next(j->history, name, &c->window, &at))) {
		if (file->kind == PAST_FILE &&
			body_explains_coded(c, file, coding))
			return true;
	}
	return false;
}

/* Does any state of `name`, and of the sibling that is sent, explain it? */
static bool file_explains(const struct judge *j, const struct context *c,
	const char *name, enum coding coding)
{
	char sibling[ASK_PATH_MAX + 48];
	unsigned at = 0, sibling_at;
	const struct past *file, *variant;

	if (coding != CODING_IDENTITY &&
		name_coded_explains(j, c, name, coding))
		return true;
	snprintf(sibling, sizeof sibling, "%s%s", name, suffix_of(coding));
	while ((file = history_next(j->history, name, &c->window, &at))) {
		if (file->kind != PAST_FILE)
			continue;
		if (coding == CODING_IDENTITY && past_explains(c, file, file))
			return true;
		sibling_at = 0;
		while (coding != CODING_IDENTITY &&
			(variant = history_next(j->history, sibling, &c->window,
				 &sibling_at))) {
			if (variant->kind == PAST_FILE &&
				past_explains(c, file, variant))
				return true;
		}
	}
	return false;
}

/* The only state in the window, or NULL when there are several. */
static const struct past *past_only(
	const struct judge *j, const char *name, const struct window *w)
{
	unsigned at = 0;
	const struct past *only = history_next(j->history, name, w, &at);

	return history_next(j->history, name, w, &at) == NULL ? only : NULL;
}

/* Where nothing moved, the coding that was asked for must have been used. */
static void coding_check(const struct judge *j, const struct context *c,
	const char *name, enum coding used)
{
	char sibling[ASK_PATH_MAX + 48];
	enum coding accepts = c->ask->accepts;
	const struct past *file = past_only(j, name, &c->window), *variant;

	check(used == CODING_IDENTITY || used == accepts,
		"a coding that was not asked for");
	if (accepts == CODING_COUNT || accepts == CODING_IDENTITY ||
		file == NULL || world_had_fault(j->world, 0, &c->window))
		return;
	snprintf(sibling, sizeof sibling, "%s%s", name, suffix_of(accepts));
	variant = past_only(j, sibling, &c->window);
	if (variant == NULL || variant->kind == PAST_SHUT)
		return;
	bool is_fit = variant->kind == PAST_FILE &&
		      variant->mtime_ns >= file->mtime_ns;
	/* What is not there may have been made. */
	if (!is_fit && used == accepts &&
		name_coded_explains(j, c, name, accepts))
		return;
	check(is_fit == (used == accepts), "%s is %s although it is %s",
		sibling, used == accepts ? "sent" : "not sent",
		is_fit ? "there" : "older, or not there");
}

/* Where the bytes come from that should not have been sent. */
static void origin_tell(const struct judge *j, struct span tag)
{
	for (unsigned r = 0; r < TREE_ROOTS; r++) {
		for (unsigned i = 0; i < NAMES_COUNT; i++) {
			const struct pasts *p = &j->history->of[r][i];
			for (unsigned k = 0; k < p->count; k++) {
				const struct past *past = &p->at[k];
				if (past->kind != PAST_FILE ||
					!span_equal(content_etag(past->content),
						tag))
					continue;
				trace("that is %s of root %u, %llu to %llu",
					known_names[i], r,
					(unsigned long long)past->since,
					(unsigned long long)past->until);
			}
		}
	}
	for (unsigned i = 0; i < j->history->root_count; i++)
		trace("root %u, %llu to %llu", j->history->roots[i].root,
			(unsigned long long)j->history->roots[i].since,
			(unsigned long long)j->history->roots[i].until);
}

/* What one of the names in question was in the meantime. */
static void name_tell(const struct judge *j, const struct context *c,
	const char *name, struct text *said)
{
	const struct past *p;
	unsigned at = 0;
	char line[200];

	while ((p = history_next(j->history, name, &c->window, &at)) != NULL) {
		bool is_sheet = p->content != NULL && p->content->text != NULL;
		snprintf(line, sizeof line,
			"\n  %s: kind %d, %llu bytes, %s, %llu to %llu", name,
			(int)p->kind,
			p->content ? (unsigned long long)p->content->size : 0,
			p->content ? content_etag(p->content).at : "",
			(unsigned long long)p->since,
			(unsigned long long)p->until);
		text_add(said, span_of(line));
		if (is_sheet)
			text_add(said, (struct span){ p->content->text,
					       (size_t)p->content->size });
	}
}

/* `o` is the last that was tried. */
static void fail_unexplained(
	const struct judge *j, const struct context *c, const struct outlook *o)
{
	const struct reply *r = c->reply;
	struct span tag = reply_field(r, "ETag");
	char storage[6000];
	struct text said = text_in(storage, sizeof storage);

	name_tell(j, c, "_redirects", &said);
	name_tell(j, c, "_headers", &said);
	for (unsigned i = 0; i < o->count; i++)
		name_tell(j, c, o->ways[i].name, &said);
	for (unsigned i = 0; i < r->field_count; i++) {
		text_add_literal(&said, "\n  ");
		text_add(&said, r->fields[i].name);
		text_add_literal(&said, ": ");
		text_add(&said, r->fields[i].value);
	}
	if (trace_is_on)
		origin_tell(j, tag);
	fail("/%s was answered %u, %zu of %llu bytes, ETag %.*s; arrived at "
	     "epoch %llu, answered at %llu; no state explains it:%.*s",
		c->ask->path, r->status, r->body.len,
		(unsigned long long)r->length, (int)tag.len, tag.at,
		(unsigned long long)c->window.from,
		(unsigned long long)c->window.until, (int)said.len, said.at);
}

static bool content_explained(
	const struct judge *j, const struct context *c, const char *name)
{
	enum coding accepts = c->ask->accepts;
	bool has_entity = c->reply->status == 200 || c->reply->status == 206;

	if (file_explains(j, c, name, coding_of(c->reply)))
		return true;
	/* 304, 412 and 416 do not say which variant they are about. */
	return !has_entity && accepts < CODING_COUNT &&
	       file_explains(j, c, name, accepts);
}

/* The site's own page, or ours. */
static bool page_explained(
	const struct judge *j, const struct context *c, const char *name)
{
	static const struct span page = { "<!doctype html>", 15 };
	struct context plain = *c;
	struct ask a = { .path = "404.html", .accepts = CODING_COUNT };

	if (c->reply->status != 404)
		return false;
	if (c->ask->is_head || span_starts(c->reply->body, page) ||
		span_starts(page, c->reply->body))
		return true;
	plain.ask = &a;
	return file_explains(j, &plain, name, coding_of(c->reply));
}

/* RFC 9110 10.2.2; the query goes along. */
static bool location_is(const struct reply *r, const char *want)
{
	struct span location = reply_field(r, "Location");

	return location.at != NULL && span_starts(location, span_of(want)) &&
	       (location.len == strlen(want) ||
		       location.at[strlen(want)] == '?');
}

static bool slash_is(const struct reply *r, const char *name)
{
	char want[ASK_PATH_MAX + 44];

	snprintf(want, sizeof want, "/%s", name);
	return r->status == 301 && location_is(r, want);
}

static bool way_explains(
	const struct judge *j, const struct context *c, const struct way *way)
{
	const struct reply *r = c->reply;

	switch (way->kind) {
	case WAY_FILE:
		return (r->status == 200 || r->status == 206 ||
			       r->status == 304 || r->status == 412 ||
			       r->status == 416) &&
		       content_explained(j, c, way->name);
	case WAY_PAGE:
		return page_explained(j, c, way->name);
	case WAY_MOVED:
		return r->status == way->status &&
		       location_is(r, way->location);
	case WAY_SLASH:
		return slash_is(r, way->name);
	case WAY_LISTING:
		return false;
	case WAY_SHUT:
		return r->status == 403;
	}
	fail("tester: a way of no kind");
}

/* How many states a name had in the window, and its inodes wherever they were
 * by then. */
static unsigned changes_count(
	const struct judge *j, const struct context *c, const char *name)
{
	const struct window *w = &c->window;
	const struct past *p;
	unsigned count = 0, at = 0;

	while ((p = history_next(j->history, name, w, &at)) != NULL) {
		count++;
		for (unsigned i = 0;
			p->kind == PAST_FILE && i < p->node->writing_count; i++)
			count += writing_is_in(p->node, i, w->from, w->until);
	}
	return count;
}

/* Did a file that was asked for, or a sibling of it, never hold still? */
static bool was_restless(
	const struct judge *j, const struct context *c, const struct outlook *o)
{
	char name[ASK_PATH_MAX + 48];

	for (unsigned i = 0; i < o->count; i++) {
		for (enum coding k = 0; k < CODING_COUNT; k++) {
			snprintf(name, sizeof name, "%s%s", o->ways[i].name,
				suffix_of(k));
			if (changes_count(j, c, name) > RESTLESS)
				return true;
		}
	}
	return false;
}

static bool has_excuse(
	const struct judge *j, const struct context *c, unsigned status)
{
	if (status == 503 && (c->sock->excuses & EXCUSE_MEMORY) != 0)
		return true;
	return world_had_fault(j->world, status, &c->window);
}

/* What has nothing to do with where the path led. */
static bool is_excused(
	const struct judge *j, const struct context *c, const struct outlook *o)
{
	switch (c->reply->status) {
	case 403:
	case 500:
		return has_excuse(j, c, c->reply->status);
	case 503:
		return has_excuse(j, c, 503) || was_restless(j, c, o);
	default:
		return false;
	}
}

static bool outlook_explains(const struct judge *j, const struct context *c,
	const struct view *v, const struct outlook *o)
{
	bool has_entity = c->reply->status == 200 || c->reply->status == 206;

	for (unsigned i = 0; i < o->count; i++) {
		const struct way *way = &o->ways[i];
		if (!way_explains(j, c, way) ||
			!fields_explained(v, j->headers, c->reply, way))
			continue;
		if (way->kind == WAY_FILE && has_entity)
			coding_check(j, c, way->name, coding_of(c->reply));
		return true;
	}
	return is_excused(j, c, o) &&
	       fields_explained(v, j->headers, c->reply, NULL);
}

static void judge_file(const struct judge *j, const struct context *c)
{
	const struct view view = { .history = j->history,
		.window = &c->window,
		.ask = c->ask,
		.wishes = &j->server->wishes };
	struct sheets rules;
	struct outlook o = { 0 };

	in_force_find(j->redirects, j->history, &c->window, &rules);
	for (unsigned i = 0; i < rules.count; i++) {
		outlook_make(&o, &view, rules.at[i]);
		if (!outlook_explains(j, c, &view, &o))
			continue;
		in_force_looked(j->redirects, j->history, &c->window);
		in_force_looked(j->headers, j->history, &c->window);
		return;
	}
	fail_unexplained(j, c, &o);
}

/* 408 needs a client that took its time. */
static bool is_late(const struct judge *j, const struct context *c)
{
	const struct wire_timeouts *t = &j->server->respond.wire.timeouts;
	uint64_t least = min_u64(t->head_ms, t->body_ms);

	if (c->sock->in_total <= c->ask->start)
		return false;
	uint64_t first = marks_find(&c->sock->received, c->ask->start)->ms;
	uint64_t sent = marks_find(&c->sock->sent, c->reply->first)->ms;
	return sent - first >= least;
}

/* Refusals of what the connection is at, whatever was asked: they end it. */
static bool is_refusal(const struct judge *j, const struct context *c)
{
	unsigned status = c->reply->status;

	if (!c->reply->is_last)
		return false;
	return (status == 408 && is_late(j, c)) ||
	       (status == 503 && (c->sock->excuses & EXCUSE_MEMORY) != 0);
}

static void judge_common(const struct judge *j, const struct context *c)
{
	const struct reply *r = c->reply;

	check(span_equal(reply_field(r, "Server"), SPAN("hstatic")),
		"no Server");
	check(!c->ask->is_last || r->is_last,
		"%u does not say that the connection ends", r->status);
	check(c->ask->is_last || !r->is_last || j->server->is_draining ||
			is_refusal(j, c),
		"%u ends the connection without need", r->status);
}

void judge_reply(const struct judge *j, const struct sock *s,
	const struct ask *a, const struct reply *r)
{
	struct context c = { .sock = s,
		.ask = a,
		.reply = r,
		.window = window_of(s, a, r),
		.end = r->end > r->first
			       ? marks_find(&s->sent, r->end - 1)->epoch
			       : 0 };
	struct span date = reply_field(r, "Date");

	check(date_parse(date, 0, &c.date), "Date '%.*s'", (int)date.len,
		date.at);
	judge_common(j, &c);
	if (is_refusal(j, &c))
		return;
	switch (a->kind) {
	case ASK_FILE:
		check(a->has_arrived, "%u before the request", r->status);
		judge_file(j, &c);
		break;
	case ASK_FIXED:
		check(r->status == a->status, "%u in place of %u", r->status,
			a->status);
		break;
	case ASK_CUT:
		check(r->status == 400, "%u for half a request", r->status);
		break;
	case ASK_JUNK:
		check(r->status >= 400, "%u for junk", r->status);
		break;
	}
}

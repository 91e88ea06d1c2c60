/*
 * Drawing requests (ask.h): the good ones here, the others in ask_strange.c.
 */
#include "ask.h"

#include <stdio.h>

#include "ask_strange.h"
#include "history.h"

static void head_add(struct asker *a, const char *text)
{
	buffer_add(&a->head, text, strlen(text));
}

#define head_printf(a, ...) \
	do { \
		char line[256]; \
		snprintf(line, sizeof line, __VA_ARGS__); \
		head_add((a), line); \
	} while (0)

void asker_remember(struct asker *a, struct span etag, struct span date)
{
	struct ask_memory *m = &a->memory;
	unsigned i = m->count++ % array_count(m->etags);

	snprintf(m->etags[i], sizeof m->etags[i], "%.*s", (int)etag.len,
		etag.at);
	snprintf(m->dates[i], sizeof m->dates[i], "%.*s", (int)date.len,
		date.at);
}

/* The same name written differently (RFC 3986 6.2.2). */
static void target_add(struct asker *a, const char *path)
{
	struct dice *d = &a->world->dice;

	head_add(a, dice_percent(d, 3) ? "http://sim.test:80/" : "/");
	if (dice_percent(d, 4))
		head_add(a, "docs/../");
	if (dice_percent(d, 4))
		head_add(a, "./");
	if (path[0] != '\0' && path[0] != '/' && dice_percent(d, 5)) {
		head_printf(a, "%%%02x%s", (unsigned char)path[0], path + 1);
	} else {
		head_add(a, path);
	}
	if (dice_percent(d, 5))
		head_add(a, "?v=1&{x}");
	else if (dice_percent(d, 1))
		for (unsigned i = 0; i < a->limits.line_max / 64; i++)
			head_add(a, i == 0 ? "?" : "01234567890123456789");
}

/* A known name, a directory with or without its slash, one without .html, or
 * one that leads nowhere. */
static void path_draw(struct asker *a, char path[ASK_PATH_MAX])
{
	struct dice *d = &a->world->dice;
	const char *name = name_draw(a->world);
	static const char *const others[] = { "", "docs/", "moved/", "alias/",
		"b", "docs/index", "docs/deep/", "none.txt", "docs/none",
		"a.txt/", "index", "old", "route", "docs/route", "view/",
		"view/x.txt", "view", "app/main.js" };

	/* Most of the time it is not there. */
	if (strncmp(name, "moved", 5) == 0 && dice_percent(d, 70))
		name = name_draw(a->world);
	if (dice_percent(d, 20))
		name = others[dice_below(d, array_count(others))];
	snprintf(path, ASK_PATH_MAX, "%s", name);
}

static struct ask_range range_draw(struct dice *d, uint64_t from)
{
	struct ask_range r = { .has_first = dice_percent(d, 85) };
	uint64_t span = dice_size(d, dice_percent(d, 80) ? 4000 : 2000000);

	r.has_last = !r.has_first || dice_percent(d, 85);
	r.first = from + dice_below(d, 1 + span / 2);
	r.last = r.has_first ? r.first + span : span;
	return r;
}

static void range_add(struct asker *a, struct ask *ask)
{
	struct dice *d = &a->world->dice;
	uint64_t from = 0;

	ask->range_count = dice_percent(d, 60) ? 1
					       : (unsigned)dice_between(
							 d, 2, ASK_RANGES_MAX);
	if (dice_percent(d, 70) && ask->range_count > 4)
		ask->range_count = 3;
	head_add(a, "Range: bytes=");
	for (unsigned i = 0; i < ask->range_count; i++) {
		struct ask_range r = range_draw(d, from);
		/* Mostly one after the other, now and then overlapping. */
		if (dice_percent(d, 90) && r.has_last && r.has_first)
			from = r.last + 1;
		ask->ranges[i] = r;
		head_add(a, i > 0 ? "," : "");
		if (r.has_first)
			head_printf(a, "%llu", (unsigned long long)r.first);
		head_add(a, "-");
		if (r.has_last)
			head_printf(a, "%llu", (unsigned long long)r.last);
	}
	head_add(a, "\r\n");
}

static void cond_add(struct asker *a, struct ask *ask)
{
	static const char *const fields[] = {
		[COND_IF_MATCH] = "If-Match",
		[COND_IF_NONE_MATCH] = "If-None-Match",
		[COND_IF_MODIFIED] = "If-Modified-Since",
		[COND_IF_UNMODIFIED] = "If-Unmodified-Since",
		[COND_IF_RANGE] = "If-Range",
	};
	struct dice *d = &a->world->dice;
	const struct ask_memory *m = &a->memory;
	uint64_t i = dice_below(d, array_count(m->etags));

	if (i >= m->count)
		return;
	ask->cond = (enum ask_cond)dice_between(d, 1, COND_KINDS - 1);
	bool is_date = ask->cond == COND_IF_MODIFIED ||
		       ask->cond == COND_IF_UNMODIFIED;
	snprintf(ask->value, sizeof ask->value, "%s",
		is_date ? m->dates[i] : m->etags[i]);
	head_printf(a, "%s: %s\r\n", fields[ask->cond], ask->value);
}

static void coding_add(struct asker *a, struct ask *ask)
{
	static const enum coding codings[] = { CODING_GZIP, CODING_BR,
		CODING_ZSTD, CODING_IDENTITY };
	static const char *const texts[] = { "gzip", "br", "zstd", "identity" };
	uint64_t i = dice_below(&a->world->dice, array_count(codings));

	ask->accepts = codings[i];
	head_printf(a, "Accept-Encoding: %s\r\n", texts[i]);
}

/* A body that nobody wants, whole and well framed; perhaps held back. */
static void body_add(struct asker *a, struct ask *ask)
{
	struct dice *d = &a->world->dice;
	uint64_t size = dice_size(d, a->limits.body_max);
	static const char filler[256] = "abc";

	ask->has_body = true;
	ask->expects = dice_percent(d, 40);
	if (ask->expects)
		head_add(a, "Expect: 100-continue\r\n");
	bool is_chunked = dice_percent(d, 50);
	if (is_chunked)
		head_add(a, "Transfer-Encoding: chunked\r\n");
	else
		head_printf(a, "Content-Length: %llu\r\n",
			(unsigned long long)size);
	while (size > 0) {
		size_t step = (size_t)dice_size(d, min_u64(size, 256));
		char line[32];
		int len = snprintf(line, sizeof line, "%zx%s\r\n", step,
			dice_percent(d, 20) ? ";x=\"y\"" : "");
		if (is_chunked)
			buffer_add(&a->body, line, (size_t)len);
		buffer_add(&a->body, filler, step);
		if (is_chunked)
			buffer_add(&a->body, "\r\n", 2);
		size -= step;
	}
	if (is_chunked)
		buffer_add(&a->body, "0\r\n\r\n", 5);
}

/* Whether the connection persists (RFC 9112 9.3). */
static void persistence_add(struct asker *a, struct ask *ask)
{
	if (ask->is_1_0 && !ask->is_last)
		head_add(a, "Connection: keep-alive\r\n");
	else if (!ask->is_1_0 && ask->is_last)
		head_add(a, "Connection: close\r\n");
	ask->is_end = ask->is_last;
}

/* As browsers ask for a page, and for what is in it. */
static void accept_add(struct asker *a, struct ask *ask)
{
	uint64_t what = dice_below(&a->world->dice, 10);

	ask->is_navigation = what < 3;
	if (what < 3)
		head_add(a, "Accept: application/json;q=0.5, "
			    "text/html, */*;q=0.8\r\n");
	else if (what < 5)
		head_add(a, "Accept: */*\r\n");
}

static void file_draw(struct asker *a, struct ask *ask, bool can_end)
{
	struct dice *d = &a->world->dice;

	ask->is_1_0 = dice_percent(d, 8);
	ask->kind = ASK_FILE;
	ask->is_head = dice_percent(d, 12);
	ask->is_last = can_end && dice_percent(d, 10);
	path_draw(a, ask->path);
	head_add(a, ask->is_head ? "HEAD " : "GET ");
	target_add(a, ask->path);
	head_printf(a, " HTTP/1.%u\r\nHost: sim.test\r\n", ask->is_1_0 ? 0 : 1);
	accept_add(a, ask);
	if (dice_percent(d, 30))
		range_add(a, ask);
	if (dice_percent(d, 25))
		cond_add(a, ask);
	if (dice_percent(d, 40))
		coding_add(a, ask);
	persistence_add(a, ask);
	if (!ask->is_1_0 && dice_percent(d, 6))
		body_add(a, ask);
	head_add(a, "\r\n");
}

static void ask_begin(struct asker *a, struct ask *ask)
{
	*ask = (struct ask){ .accepts = CODING_COUNT };
	a->head.len = a->body.len = 0;
}

void ask_draw(struct asker *a, struct ask *out, bool can_end)
{
	ask_begin(a, out);
	if (dice_percent(&a->world->dice, a->strange))
		ask_strange(a, out, can_end);
	else
		file_draw(a, out, can_end);
}

void ask_plain(struct asker *a, struct ask *out, const char *path)
{
	ask_begin(a, out);
	snprintf(out->path, sizeof out->path, "%s", path);
	head_printf(a, "GET /%s HTTP/1.1\r\nHost: sim.test\r\n\r\n", path);
}

/*
 * A listing's order (listing.h), and all of its JSON (RFC 8259):
 * {"path": "/a/", "entries": [{"name", "type", "size", "modified"}, ...]},
 * a line for each entry; size and modified are null where there is none.
 */
#include "http/listing.h"

#include "http/date.h"
#include "http/listing_html.h"
#include "http/quote.h"

/* More ancestors than fit on a screen are of no use: the nearest are shown. */
#define STEPS_MAX 32

/* NAME_MAX of Linux: no segment of what exists is longer. */
#define SEGMENT_MAX 255

struct span listing_type(enum listing_format format)
{
	return format == LISTING_JSON ? SPAN("application/json")
				      : SPAN("text/html; charset=utf-8");
}

/* Of the first segment of `path`, its slash included. */
static size_t segment_length(struct span path)
{
	size_t slash = span_find(path, '/');

	return slash < path.len ? slash + 1 : slash;
}

static struct span segment_take(struct listing *l)
{
	struct span segment = span_first(l->path, segment_length(l->path));

	l->path = span_skip(l->path, segment.len);
	l->depth--;
	if (span_ends(segment, SPAN("/")))
		segment.len--;
	return span_first(segment, SEGMENT_MAX);
}

/* Its last segment tells one tab of a browser from the next. */
static struct span title_of(const struct listing *l)
{
	struct listing rest = *l;
	struct span segment = SPAN("");

	while (rest.path.len > 0)
		segment = segment_take(&rest);
	return segment;
}

void listing_start(
	struct listing *l, enum listing_format format, struct span path)
{
	*l = (struct listing){
		.format = format, .path = path, .is_root = path.len == 0
	};
	for (struct span rest = path; rest.len > 0; l->depth++)
		rest = span_skip(rest, segment_length(rest));
}

static void html_path(struct listing *l, struct text *out)
{
	if (l->depth > STEPS_MAX)
		listing_html_gap(out);
	while (l->depth > STEPS_MAX)
		segment_take(l);
	struct span segment = segment_take(l);
	listing_html_step(out, l->depth, segment);
}

static void html_head(struct listing *l, struct text *out)
{
	switch (l->step) {
	case LISTING_OPEN:
		listing_html_open(out, title_of(l));
		break;
	case LISTING_HOME:
		listing_html_step(out, l->depth, SPAN("Home"));
		break;
	case LISTING_PATH:
		html_path(l, out);
		break;
	case LISTING_TABLE:
		listing_html_table(out, !l->is_root);
		break;
	}
}

static void json_head(struct listing *l, struct text *out)
{
	switch (l->step) {
	case LISTING_OPEN:
		text_add_literal(out, "{\"path\": \"/");
		break;
	case LISTING_HOME:
		break;
	case LISTING_PATH:
		quote_json(segment_take(l), out);
		text_add_char(out, '/');
		break;
	case LISTING_TABLE:
		text_add_literal(out, "\", \"entries\": [");
		break;
	}
}

static enum listing_step step_after(const struct listing *l)
{
	if (l->step == LISTING_OPEN)
		return LISTING_HOME;
	return l->path.len > 0 ? LISTING_PATH : LISTING_TABLE;
}

bool listing_head(struct listing *l, struct text *out)
{
	bool has_more = l->step != LISTING_TABLE;

	if (l->format == LISTING_JSON)
		json_head(l, out);
	else
		html_head(l, out);
	l->step = step_after(l);
	return has_more;
}

static void json_row(struct text *out, const struct directory_entry *e)
{
	text_add_literal(out, "\n{\"name\": \"");
	quote_json(e->name, out);
	text_add(out, e->is_directory ? SPAN("\", \"type\": \"directory\"")
				      : SPAN("\", \"type\": \"file\""));
	text_add_literal(out, ", \"size\": ");
	if (e->is_known && !e->is_directory)
		text_add_u64(out, e->size);
	else
		text_add_literal(out, "null");
	text_add_literal(out, ", \"modified\": ");
	if (e->is_known) {
		text_add_char(out, '"');
		date_add_rfc3339(out, e->mtime);
		text_add_literal(out, "\"}");
	} else {
		text_add_literal(out, "null}");
	}
}

void listing_entry(
	struct listing *l, const struct directory_entry *e, struct text *out)
{
	if (l->format == LISTING_HTML) {
		listing_html_row(out, e);
	} else {
		if (l->files + l->directories > 0)
			text_add_char(out, ',');
		json_row(out, e);
	}
	if (e->is_directory)
		l->directories++;
	else
		l->files++;
}

void listing_end(const struct listing *l, struct text *out)
{
	if (l->format == LISTING_HTML)
		listing_html_end(out, l->files, l->directories);
	else
		text_add_literal(out, "\n]}\n");
}

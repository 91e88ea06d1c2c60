/*
 * Reading _headers (headers.h): paths at the start of a line, their fields
 * indented below. What a name and a value may be is RFC 9110 5.1 and 5.5;
 * which fields are the server's own follows from who knows them: framing,
 * validators and dates cannot be known by who writes a file beforehand.
 */
#include "http/headers.h"

#include <assert.h>

#include "http/field.h"

#define FINE SPAN("")

/* Fields that only the server can know (RFC 9110 6.6.1, 7.6.1, 8.4, 8.6, 8.8,
 * 10.2.1, 10.2.2, 14.3, 14.4; RFC 9111 5.1; RFC 9112 6.1). */
static const struct span server_fields[] = {
	{ "Accept-Ranges", 13 },
	{ "Age", 3 },
	{ "Allow", 5 },
	{ "Connection", 10 },
	{ "Content-Encoding", 16 },
	{ "Content-Length", 14 },
	{ "Content-Range", 13 },
	{ "Date", 4 },
	{ "ETag", 4 },
	{ "Host", 4 },
	{ "Keep-Alive", 10 },
	{ "Last-Modified", 13 },
	{ "Location", 8 },
	{ "Proxy-Connection", 16 },
	{ "TE", 2 },
	{ "Trailer", 7 },
	{ "Transfer-Encoding", 17 },
	{ "Upgrade", 7 },
};

struct parser {
	struct headers *h;
	struct text *storage;
	struct rules_reader reader;
	struct header_rule *rule; /* that the fields belong to; may be NULL */
	bool has_path;            /* was there one, honoured or not? */
	bool was_full[2], was_full_of_lines;
};

static bool is_server_field(struct span name)
{
	for (size_t i = 0; i < array_count(server_fields); i++) {
		if (span_equal_nocase(name, server_fields[i]))
			return true;
	}
	return false;
}

static bool ends_nocase(struct span s, struct span suffix)
{
	return s.len >= suffix.len &&
	       span_equal_nocase(span_skip(s, s.len - suffix.len), suffix);
}

/* Is the field about this content or how long to keep it (RFC 9111 5, RFC
 * 9213)? A policy for the whole site, as Content-Security-Policy, is not. */
static bool is_of_file(struct span name)
{
	struct span content = SPAN("Content-");

	if (span_equal_nocase(name, SPAN("Content-Security-Policy")) ||
		span_equal_nocase(
			name, SPAN("Content-Security-Policy-Report-Only")))
		return false;
	return span_equal_nocase(span_first(name, content.len), content) ||
	       ends_nocase(name, SPAN("Cache-Control")) ||
	       span_equal_nocase(name, SPAN("Surrogate-Control")) ||
	       span_equal_nocase(name, SPAN("Expires")) ||
	       span_equal_nocase(name, SPAN("Pragma"));
}

static struct span name_judge(const struct header_line *line)
{
	if (!field_is_token(line->name))
		return SPAN("not a field: write Name: value, the name of "
			    "letters, digits and hyphens");
	if (is_server_field(line->name))
		return SPAN("is the server's own to say: leave it out");
	if (line->is_removal && span_equal_nocase(line->name, SPAN("Vary")))
		return SPAN("caches need what the server says there: it can "
			    "be added to, not removed");
	if (!line->is_removal &&
		span_equal_nocase(line->name, SPAN("Basic-Auth")))
		return SPAN("there are no passwords here, and this would be "
			    "sent to everybody: remove it");
	return FINE;
}

/* "Name: value" or "! Name", without the white space around it. */
static struct span line_judge(struct span words, struct header_line *out)
{
	size_t colon = span_find(words, ':');
	struct span problem;

	*out = (struct header_line){ .is_removal = words.at[0] == '!' };
	if (out->is_removal)
		out->name = span_trim(span_skip(words, 1));
	else
		out->name = span_first(words, colon);
	problem = name_judge(out);
	if (problem.len > 0)
		return problem;
	out->is_of_file = is_of_file(out->name);
	if (out->is_removal)
		return FINE;
	if (colon == words.len)
		return SPAN("a field is written Name: value");
	out->value = span_trim(span_skip(words, colon + 1));
	if (out->value.len == 0)
		return SPAN("has no value: ! before a name removes the field");
	return FINE;
}

static void field_parse(struct parser *p, struct span words)
{
	struct header_line line;
	struct span problem;

	if (p->rule == NULL) {
		/* The fields of a path that is left out go with it. */
		if (!p->has_path)
			rules_refuse(&p->reader, words,
				SPAN("stands below no path: write one before "
				     "it, at the start of a line"));
		return;
	}
	problem = line_judge(words, &line);
	if (problem.len > 0) {
		rules_refuse(&p->reader, line.name.len > 0 ? line.name : words,
			problem);
	} else if (p->h->line_count < HEADERS_LINES_MAX) {
		p->h->lines[p->h->line_count++] = line;
		p->rule->count++;
	} else if (!p->was_full_of_lines) {
		p->was_full_of_lines = true;
		rules_refuse(&p->reader, SPAN(""),
			SPAN("more than 4096 fields: this one and those after "
			     "it are ignored"));
	}
}

/* Says so once for each kind. */
static void refuse_full(struct parser *p, bool is_dynamic)
{
	if (p->was_full[is_dynamic])
		return;
	p->was_full[is_dynamic] = true;
	rules_refuse(&p->reader, SPAN(""),
		is_dynamic ? SPAN("more than 100 paths with placeholders or "
				  "*: this one and those after it are ignored")
			   : SPAN("more than 2000 paths without "
				  "placeholders: this one and those after it "
				  "are ignored"));
}

/* A path that forgot that it is one, or a field that is not indented. */
static struct span path_judge(struct span words, size_t length)
{
	struct span rest = span_trim(span_skip(words, length));

	if (words.at[0] != '/' && memmem(words.at, length, "://", 3) == NULL)
		return SPAN("not a path, which begins with /: fields are "
			    "indented below one");
	if (rest.len > 0 && rest.at[0] != '#')
		return SPAN("nothing can follow a path but a comment: fields "
			    "are indented below it (%20 for a space)");
	return FINE;
}

static void path_parse(struct parser *p, struct span words)
{
	size_t length = 0, before = p->storage->len;
	struct pattern pattern;

	while (length < words.len && words.at[length] != ' ' &&
		words.at[length] != '\t')
		length++;
	struct span path = span_first(words, length);
	struct span problem = path_judge(words, length);
	if (problem.len == 0)
		problem = pattern_parse(path, p->storage, &pattern);
	p->has_path = true;
	p->rule = NULL;
	if (problem.len > 0) {
		rules_refuse(&p->reader, path, problem);
	} else if (!pattern_set_has_room(&p->h->patterns, &pattern)) {
		refuse_full(p, pattern.is_dynamic);
	} else {
		p->rule = &p->h->rules[pattern_set_add(
			&p->h->patterns, &pattern)];
		*p->rule = (struct header_rule){ .line = p->reader.line,
			.first = (uint16_t)p->h->line_count };
		return;
	}
	p->storage->len = before;
}

unsigned headers_parse(struct headers *h, struct span text,
	struct text *storage, struct rules_report *report)
{
	struct parser p = {
		.h = h, .storage = storage, .reader = rules_read(text, report)
	};
	unsigned before = report->errors;
	struct span line;

	assert(storage->size - storage->len >= text.len);
	pattern_set_init(&h->patterns);
	h->line_count = 0;
	while (rules_take_line(&p.reader, &line)) {
		if (line.at[0] == ' ' || line.at[0] == '\t')
			field_parse(&p, span_trim(line));
		else
			path_parse(&p, line);
	}
	return report->errors - before;
}

struct header_match headers_match(
	const struct headers *h, struct span path, bool is_stand_in)
{
	struct header_match match = { .is_stand_in = is_stand_in };
	struct pattern_search search = pattern_search_start(&h->patterns, path);
	struct captures captures;
	unsigned i;

	while (!match.is_cut && pattern_search_next(&search, &i, &captures)) {
		if (is_stand_in && !pattern_is_everything(&h->patterns.at[i]))
			continue;
		match.is_cut = match.count == HEADERS_MATCH_MAX;
		if (!match.is_cut)
			match.rules[match.count++] = (uint16_t)i;
	}
	return match;
}

/*
 * Judging targets and putting captures into them (target.h; RFC 3986 3, 4.2).
 * Literal parts are written as they stand in the file, but for bytes that no
 * URI may have; captured ones are data, and escaped as such.
 */
#include "http/target.h"

#include "http/authority.h"
#include "http/escape.h"
#include "http/path.h"
#include "http/rules.h"

/* PATH_MAX of Linux, twice: the escapes that path_resolve takes away. */
#define NAME_RAW_MAX 8192

#define FINE SPAN("")

/* A target in its parts: "https://host", "/path", "?query", "#fragment". */
struct target {
	struct span origin, path, query, fragment;
};

static size_t scheme_length(struct span to)
{
	static const struct span schemes[] = { { "http://", 7 },
		{ "https://", 8 } };

	for (size_t i = 0; i < array_count(schemes); i++) {
		size_t length = schemes[i].len;
		if (span_equal_nocase(span_first(to, length), schemes[i]))
			return length;
	}
	return 0;
}

/* Where the first of the three delimiters stands, or s.len. */
static size_t find_any(struct span s, const char delimiters[3])
{
	size_t first = s.len;

	for (int i = 0; i < 3; i++)
		first = span_find(span_first(s, first), delimiters[i]);
	return first;
}

static struct span take(struct span *s, size_t length)
{
	struct span taken = span_first(*s, length);

	*s = span_skip(*s, length);
	return taken;
}

static struct target target_split(struct span to)
{
	size_t scheme = scheme_length(to);
	struct target t = { .origin = SPAN("") };

	if (scheme > 0)
		t.origin = take(
			&to, scheme + find_any(span_skip(to, scheme), "/?#"));
	t.path = take(&to, find_any(to, "??#"));
	t.query = take(&to, span_find(to, '#'));
	t.fragment = to;
	return t;
}

static struct span origin_judge(struct span origin, unsigned status)
{
	struct span host = span_skip(origin, scheme_length(origin));

	if (!authority_is_valid(host))
		return SPAN("no valid host: write https://host/path, "
			    "placeholders only in the path");
	if (status == 200)
		return SPAN("200 would be a proxy, which this server is not: "
			    "redirect with 301 or 302");
	if (status == 404)
		return SPAN("404 shows a page of this site: write its path");
	return FINE;
}

static struct span path_judge(const struct target *t, unsigned status)
{
	if (!span_starts(t->path, SPAN("/")) ||
		span_starts(t->path, SPAN("//")))
		return SPAN("a target begins with one /, or with http:// or "
			    "https://");
	if (status < 300 || status >= 400) {
		if (t->query.len > 0 || t->fragment.len > 0)
			return SPAN("200 and 404 name a file: write it "
				    "without ? and #");
	}
	return FINE;
}

static struct span characters_judge(struct span to)
{
	for (size_t i = 0; i < to.len; i++) {
		if (to.at[i] == '%' && escape_value(span_skip(to, i)) < 0)
			return SPAN("a % is followed by two hexadecimal "
				    "digits: write %25 for the sign itself");
		if (to.at[i] == '*')
			return SPAN("what * stood for is put in as :splat "
				    "(%2A for the character)");
	}
	if (!rules_is_utf8(to))
		return SPAN("not UTF-8: save the file as UTF-8, or write the "
			    "bytes as %XX");
	return FINE;
}

static struct span placeholders_judge(
	struct span rest, const struct captures *captures)
{
	struct span literal, name;

	while (placeholder_take(&rest, &literal, &name)) {
		if (name.len > 0 && captures_find(captures, name) == NULL)
			return SPAN("has a placeholder that the path before "
				    "it has not (%3A for a colon)");
	}
	return FINE;
}

struct span target_judge(
	struct span to, unsigned status, const struct pattern *from)
{
	struct target t = target_split(to);
	struct captures captures;
	char storage[NAME_RAW_MAX];
	struct text name = text_in(storage, sizeof storage);
	struct span problem = t.origin.len > 0 ? origin_judge(t.origin, status)
					       : path_judge(&t, status);

	if (problem.len == 0)
		problem = characters_judge(to);
	pattern_captures(from, &captures);
	if (problem.len == 0)
		problem = placeholders_judge(
			span_skip(to, t.origin.len), &captures);
	if (problem.len > 0 || (status >= 300 && status < 400))
		return problem;
	return target_name(to, &captures, &name)
		       ? FINE
		       : SPAN("is never served: dot files and the rule files "
			      "are hidden");
}

/* Appends `part`, what was captured escaped to `keep`. */
static void part_add(struct text *out, struct span part,
	const struct captures *captures, enum escape_set keep)
{
	struct span literal, name;

	while (placeholder_take(&part, &literal, &name)) {
		const struct capture *c = captures_find(captures, name);
		escape_add(out, literal, ESCAPE_URI);
		if (c != NULL)
			escape_add(out, c->value, keep);
	}
}

/* A second slash would begin an authority (RFC 3986 4.2). */
static void path_add(
	struct text *out, struct span path, const struct captures *captures)
{
	size_t from = out->len, extra = 0;

	part_add(out, path, captures, ESCAPE_PATH);
	while (from + extra + 1 < out->len && out->at[from + extra + 1] == '/')
		extra++;
	memmove(out->at + from, out->at + from + extra,
		out->len - from - extra);
	out->len -= extra;
}

bool target_location(struct span to, const struct captures *captures,
	struct span query, struct text *out)
{
	struct target t = target_split(to);
	struct text made = *out;

	text_add(&made, t.origin);
	if (t.path.len > 0)
		path_add(&made, t.path, captures);
	else
		text_add_char(&made, '/');
	if (t.query.len > 0)
		part_add(&made, t.query, captures, ESCAPE_STRICT);
	else if (span_starts(query, SPAN("?")))
		escape_add(&made, query, ESCAPE_URI);
	part_add(&made, t.fragment, captures, ESCAPE_STRICT);
	if (made.is_full)
		return false;
	*out = made;
	return true;
}

bool target_name(
	struct span to, const struct captures *captures, struct text *out)
{
	char storage[NAME_RAW_MAX];
	struct text raw = text_in(storage, sizeof storage);
	struct span rest = target_split(to).path, literal, name;
	struct trail trail = { 0 };
	struct text made = *out;

	while (placeholder_take(&rest, &literal, &name)) {
		const struct capture *c = captures_find(captures, name);
		text_add(&raw, literal);
		if (c != NULL)
			escape_add(&raw, c->value, ESCAPE_NAME);
	}
	if (raw.is_full || made.is_full || raw.len > made.size - made.len)
		return false;
	if (path_resolve(text_span(&raw), &made, &trail) != PATH_OK ||
		rules_is_file(span_skip(text_span(&made), out->len)))
		return false;
	*out = made;
	return true;
}

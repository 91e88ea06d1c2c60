/*
 * Reading and matching patterns (pattern.h; RFC 3986 2.1 for the escapes).
 * Both walk segment by segment, once, so that a match costs no more than the
 * shorter of path and pattern.
 */
#include "http/pattern.h"

#include "http/escape.h"
#include "http/rules.h"

#define SPLAT SPAN("splat")
#define FINE  SPAN("")

/* How long the name at the start of `s` is: a letter, then letters, digits
 * and underscores; 0 if there is none. */
static size_t name_length(struct span s)
{
	size_t length = 0;

	if (s.len == 0 || !ascii_is_alpha(s.at[0]))
		return 0;
	while (length < s.len &&
		(ascii_is_alpha(s.at[length]) || ascii_is_digit(s.at[length]) ||
			s.at[length] == '_'))
		length++;
	return length;
}

bool placeholder_take(
	struct span *rest, struct span *literal, struct span *name)
{
	struct span all = *rest;

	for (size_t i = 0; i < all.len; i++) {
		if (all.at[i] != ':')
			continue;
		struct span after = span_skip(all, i + 1);
		size_t length = name_length(after);
		if (length == 0)
			continue;
		*literal = span_first(all, i);
		*name = span_first(after, length);
		*rest = span_skip(after, length);
		return true;
	}
	*literal = all;
	*name = SPAN("");
	*rest = span_skip(all, all.len);
	return all.len > 0;
}

/* Takes the first segment off *s, which begins with a slash. */
static struct span take_segment(struct span *s)
{
	struct span rest = span_skip(*s, 1);
	size_t length = span_find(rest, '/');

	*s = span_skip(rest, length);
	return span_first(rest, length);
}

static bool is_placeholder(struct span segment)
{
	return segment.len > 0 && segment.at[0] == PATTERN_MARK;
}

void pattern_captures(const struct pattern *p, struct captures *out)
{
	struct span rest = p->text;

	out->count = 0;
	while (rest.len > 0) {
		struct span segment = take_segment(&rest);
		if (is_placeholder(segment) && out->count < CAPTURES_MAX)
			out->at[out->count++] = (struct capture){
				span_skip(segment, 1), segment
			};
	}
	if (p->has_splat && out->count < CAPTURES_MAX)
		out->at[out->count++] = (struct capture){ SPLAT,
			SPAN("\x01splat") };
}

const struct capture *captures_find(
	const struct captures *captures, struct span name)
{
	for (unsigned i = 0; i < captures->count; i++) {
		if (span_equal(captures->at[i].name, name))
			return &captures->at[i];
	}
	return NULL;
}

/* Appends a literal segment, decoded. */
static struct span literal_parse(struct span raw, struct text *storage)
{
	if (span_find(raw, '*') < raw.len)
		return SPAN("* stands for the rest of a path: write it once, "
			    "at the end, as /*");
	for (size_t i = 0; i < raw.len; i++) {
		int c = (unsigned char)raw.at[i];
		if (c == '%') {
			c = escape_value(span_skip(raw, i));
			i += 2;
		}
		if (c < 0)
			return SPAN("a % is followed by two hexadecimal "
				    "digits: write %25 for the sign itself");
		if (c < ' ' || c == 0x7f)
			return SPAN("control characters cannot be matched: "
				    "rename the file");
		text_add_char(storage, (char)c);
	}
	return FINE;
}

static struct span segment_parse(
	struct span raw, struct text *storage, struct pattern *p)
{
	struct span rest = raw, literal, name;

	text_add_char(storage, '/');
	if (!placeholder_take(&rest, &literal, &name) || name.len == 0)
		return literal_parse(raw, storage);
	if (literal.len > 0 || rest.len > 0)
		return SPAN("a placeholder is a whole segment, as in "
			    "/:name/: write %3A for a colon");
	p->is_dynamic = true;
	text_add_char(storage, PATTERN_MARK);
	text_add(storage, name);
	return FINE;
}

static struct span segments_parse(
	struct span rest, struct text *storage, struct pattern *p)
{
	while (rest.len > 0) {
		struct span segment = take_segment(&rest), problem;
		if (segment.len == 0 && rest.len == 0)
			break; /* the final slash */
		if (span_equal(segment, SPAN("*")) && rest.len == 0) {
			p->has_splat = p->is_dynamic = true;
			break;
		}
		problem = segment_parse(segment, storage, p);
		if (problem.len > 0)
			return problem;
	}
	return FINE;
}

/* Placeholders: how many, and each name once? */
static struct span names_judge(const struct pattern *p)
{
	unsigned count = p->has_splat ? 1 : 0;
	struct captures names;

	for (size_t i = 0; i < p->text.len; i++)
		count += p->text.at[i] == PATTERN_MARK;
	if (count > CAPTURES_MAX)
		return SPAN("more than 8 placeholders");
	pattern_captures(p, &names);
	for (unsigned i = 0; i < names.count; i++) {
		if (captures_find(&names, names.at[i].name) != &names.at[i])
			return SPAN("a placeholder's name stands for one "
				    "segment: give each its own (* is :splat)");
	}
	return FINE;
}

/* What path_resolve takes away cannot be in any path. */
static bool is_reachable(const struct pattern *p)
{
	struct span rest = p->text;

	while (rest.len > 0) {
		struct span segment = take_segment(&rest);
		if (segment.len == 0 || span_equal(segment, SPAN(".")) ||
			span_equal(segment, SPAN("..")))
			return false;
	}
	return true;
}

/* What can be said without reading the segments. */
static struct span form_judge(struct span raw)
{
	if (!span_starts(raw, SPAN("/")))
		return memmem(raw.at, raw.len, "://", 3) != NULL
			       ? SPAN("hosts are not told apart here: write "
				      "the path alone")
			       : SPAN("a path begins with /");
	if (span_find(raw, '?') < raw.len)
		return SPAN("query parameters cannot be matched: write the "
			    "path alone (%3F for a question mark)");
	if (span_find(raw, '#') < raw.len)
		return SPAN("a fragment never reaches a server: write the "
			    "path alone (%23 for the character)");
	if (!rules_is_utf8(raw))
		return SPAN("not UTF-8: save the file as UTF-8, or write the "
			    "bytes as %XX");
	return FINE;
}

struct span pattern_parse(
	struct span raw, struct text *storage, struct pattern *p)
{
	size_t from = storage->len;
	struct span problem = form_judge(raw);

	*p = (struct pattern){ 0 };
	if (problem.len == 0)
		problem = segments_parse(raw, storage, p);
	if (problem.len > 0)
		return problem;
	p->text = span_skip(text_span(storage), from);
	if (!is_reachable(p))
		return SPAN("can never match: empty segments, . and .. are "
			    "removed from a path before");
	return names_judge(p);
}

bool pattern_is_everything(const struct pattern *p)
{
	return p->has_splat && p->text.len == 0;
}

static void capture_add(
	struct captures *captures, struct span name, struct span value)
{
	/* A pattern has no more (names_judge). */
	if (captures->count < CAPTURES_MAX)
		captures->at[captures->count++] = (struct capture){ name,
			value };
}

bool pattern_match(
	const struct pattern *p, struct span path, struct captures *captures)
{
	struct span text = p->text;

	captures->count = 0;
	if (!span_starts(path, SPAN("/")))
		return false;
	while (text.len > 0) {
		struct span want = take_segment(&text);
		if (path.len == 0)
			return false;
		struct span got = take_segment(&path);
		if (is_placeholder(want) && got.len > 0)
			capture_add(captures, span_skip(want, 1), got);
		else if (!span_equal(want, got))
			return false;
	}
	if (!p->has_splat)
		return path.len <= 1;
	capture_add(captures, SPLAT, path.len > 0 ? span_skip(path, 1) : path);
	return true;
}

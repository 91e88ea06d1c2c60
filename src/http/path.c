/*
 * From the path of a target to a name below the root, and back to a path
 * (RFC 3986 2.1, 3.3, 5.2.4). Decodes first and splits then, so that an
 * escaped slash or dot is worth no more and no less than a plain one. Must not
 * know what is below the root: the kernel decides that. Pure.
 */
#include "http/path.h"

#include <assert.h>

#include "http/escape.h"

#define WELL_KNOWN SPAN(".well-known")

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Writes `raw` with its escapes decoded, once, to out[]; its length in *len. */
static enum path_verdict path_decode(
	struct span raw, char *out, size_t *len, struct trail *trail)
{
	size_t put = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.at[i];
		if (c == '%') {
			int value = escape_value(span_skip(raw, i));
			if (value < 0) {
				trail_note(trail, REASON_PATH_BAD_ESCAPE);
				return PATH_BAD;
			}
			c = (char)value;
			i += 2;
		} else if (is_control(c)) {
			c = '\0';
		}
		if (c == '\0') {
			trail_note(trail, REASON_PATH_CONTROL);
			return PATH_BAD;
		}
		out[put++] = c;
	}
	*len = put;
	return PATH_OK;
}

/* Does `s` have `c` right after a slash? */
static bool has_after_slash(struct span s, char c)
{
	const char pair[] = { '/', c };

	return memmem(s.at, s.len, pair, sizeof pair) != NULL;
}

/*
 * Where the last segment of path[0..len) begins; each has its slash at its
 * end. At the root there is none, and there it stays (RFC 3986 5.2.4, 2C).
 */
static size_t parent_of(const char *path, size_t len)
{
	struct span rest = { path, len > 0 ? len - 1 : 0 };
	size_t slash = span_find_last(rest, '/');

	return slash < rest.len ? slash + 1 : 0;
}

/* Removes "." and ".." from path[0..len) in place; returns what is left. */
static size_t remove_dots(char *path, size_t len)
{
	size_t put = 0;

	for (size_t at = 0; at < len;) {
		struct span rest = { path + at, len - at };
		struct span segment = span_first(rest, span_find(rest, '/'));
		size_t length = segment.len + (segment.len < rest.len ? 1 : 0);
		if (span_equal(segment, SPAN(".."))) {
			put = parent_of(path, put);
		} else if (!span_equal(segment, SPAN("."))) {
			memmove(path + put, segment.at, length);
			put += length;
		}
		at += length;
	}
	return put;
}

/* Drops every slash that ends an empty segment. */
static size_t merge_empty(char *path, size_t len)
{
	size_t put = 0;

	for (size_t at = 0; at < len; at++) {
		bool is_empty = put == 0 || path[put - 1] == '/';
		if (path[at] != '/' || !is_empty)
			path[put++] = path[at];
	}
	return put;
}

/* Has `name` a segment with a leading dot, from `name` on? */
static bool is_hidden(struct span name)
{
	return span_starts(name, SPAN(".")) || has_after_slash(name, '.');
}

/* `name` without its first segment, when that is the one of RFC 8615. */
static struct span skip_well_known(struct span name)
{
	size_t length = span_find(name, '/');

	if (!span_equal(span_first(name, length), WELL_KNOWN))
		return name;
	return length < name.len ? span_skip(name, length + 1) : SPAN("");
}

/* The dotfile rule: it holds for what is left after all the rest. */
static enum path_verdict path_expose(struct span name, struct trail *trail)
{
	struct span rest = skip_well_known(name);

	if (is_hidden(rest)) {
		trail_note(trail, REASON_PATH_HIDDEN);
		return PATH_HIDDEN;
	}
	if (rest.len < name.len)
		trail_note(trail, REASON_PATH_WELL_KNOWN);
	return PATH_OK;
}

/* Turns the decoded path[0..*len), which has lost its first slash, into a
 * name without dot segments and empty ones. */
static void path_normalize(char *path, size_t *len, struct trail *trail)
{
	size_t before = *len;

	if (is_hidden((struct span){ path, *len }))
		*len = remove_dots(path, *len);
	if (*len < before)
		trail_note(trail, REASON_PATH_DOTS);
	before = *len;
	if (before > 0 &&
		(path[0] == '/' ||
			has_after_slash((struct span){ path, before }, '/')))
		*len = merge_empty(path, before);
	if (*len < before)
		trail_note(trail, REASON_PATH_MERGED);
}

enum path_verdict path_resolve(
	struct span raw, struct text *out, struct trail *trail)
{
	unsigned noted = trail->count;
	char *name = out->at + out->len;
	size_t len;

	if (raw.len == 0) {
		trail_note(trail, REASON_PATH_PLAIN);
		return PATH_OK;
	}
	assert(raw.at[0] == '/');
	assert(!out->is_full && raw.len <= out->size - out->len);
	raw = span_skip(raw, 1);
	if (path_decode(raw, name, &len, trail) != PATH_OK)
		return PATH_BAD;
	if (len < raw.len)
		trail_note(trail, REASON_PATH_DECODED);
	path_normalize(name, &len, trail);
	bool is_plain = trail->count == noted;
	enum path_verdict verdict = path_expose(
		(struct span){ name, len }, trail);
	if (verdict != PATH_OK)
		return verdict;
	if (is_plain)
		trail_note(trail, REASON_PATH_PLAIN);
	out->len += len;
	return PATH_OK;
}

void path_encode(struct span name, struct text *out)
{
	/* A second slash would begin an authority (RFC 3986 4.2). */
	while (span_starts(name, SPAN("/")))
		name = span_skip(name, 1);
	text_add_char(out, '/');
	escape_add(out, name, ESCAPE_PATH);
}

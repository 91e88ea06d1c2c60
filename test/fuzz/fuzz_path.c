/*
 * From path to name (RFC 3986 2.1, 5.2.4): whatever is sent, the name stays
 * below the root and hides what begins with a dot; it is what a slow and
 * simple reading gives; and encoded again it means itself.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "http/path.h"

#define SEGMENTS_MAX 4096

/* The decoded path in out[]; false when an escape is none, or is NUL. */
static bool model_decode(struct span raw, char *out, size_t *len)
{
	size_t put = 0;

	for (size_t i = 0; i < raw.len; i++) {
		uint8_t c = (uint8_t)raw.at[i];
		if (c < ' ' || c == 0x7f)
			return false;
		if (c == '%') {
			if (raw.len - i < 3 || ascii_hex(raw.at[i + 1]) < 0 ||
				ascii_hex(raw.at[i + 2]) < 0)
				return false;
			c = (uint8_t)(ascii_hex(raw.at[i + 1]) * 16 +
				      ascii_hex(raw.at[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return false;
		out[put++] = (char)c;
	}
	*len = put;
	return true;
}

/*
 * RFC 3986 5.2.4 as a stack of segments; empty ones are dropped at the end.
 * `path` without its first slash. Returns how many segments are left; *ends:
 * the name has a slash at its end.
 */
static size_t model_resolve(struct span path, struct span *stack, bool *ends)
{
	size_t count = 0, put = 0;

	for (;;) {
		size_t length = span_find(path, '/');
		struct span segment = span_first(path, length);
		bool is_last = length == path.len;
		bool is_dot = span_equal(segment, SPAN("."));
		bool is_up = span_equal(segment, SPAN(".."));
		if (is_up && count > 0)
			count--;
		*ends = is_dot || is_up || segment.len == 0;
		if (!is_dot && !is_up)
			stack[count++] = segment;
		if (is_last)
			break;
		path = span_skip(path, length + 1);
	}
	for (size_t i = 0; i < count; i++) {
		if (stack[i].len > 0)
			stack[put++] = stack[i];
	}
	*ends &= put > 0;
	return put;
}

static size_t model_join(
	const struct span *stack, size_t count, bool ends, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		memcpy(out + len, stack[i].at, stack[i].len);
		len += stack[i].len;
		if (i + 1 < count || ends)
			out[len++] = '/';
	}
	return len;
}

/* The dotfile rule, by segments (RFC 8615 3 for the exception). */
static bool model_is_hidden(const struct span *stack, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool is_allowed = i == 0 &&
				  span_equal(stack[i], SPAN(".well-known"));
		if (stack[i].at[0] == '.' && !is_allowed)
			return true;
	}
	return false;
}

static void check_name(struct span name)
{
	assert(!span_starts(name, SPAN("/")));
	assert(span_find(name, '\0') == name.len);
	while (name.len > 0) {
		size_t length = span_find(name, '/');
		struct span segment = span_first(name, length);
		assert(segment.len > 0);
		assert(segment.at[0] != '.' ||
			span_equal(segment, SPAN(".well-known")));
		name = span_skip(name, length < name.len ? length + 1 : length);
	}
}

/* As a URI the name leads to itself, and begins with one slash. */
static void check_encoded(struct span name)
{
	size_t size = 3 * name.len + 1;
	char *uri = malloc(size), *storage = malloc(size);
	assert(uri != NULL && storage != NULL);
	struct text encoded = text_in(uri, size);
	struct text again = text_in(storage, size);
	struct trail trail = { 0 };

	path_encode(name, &encoded);
	struct span s = text_span(&encoded);
	assert(!encoded.is_full && span_starts(s, SPAN("/")));
	assert(!span_starts(s, SPAN("//")));
	for (size_t i = 0; i < s.len; i++)
		assert((uint8_t)s.at[i] > ' ' && (uint8_t)s.at[i] < 0x7f);
	assert(path_resolve(s, &again, &trail) == PATH_OK);
	assert(span_equal(text_span(&again), name));
	free(uri);
	free(storage);
}

static void check(struct span raw)
{
	static char decoded[SEGMENTS_MAX], joined[SEGMENTS_MAX + 1];
	static struct span stack[SEGMENTS_MAX];
	/* Of its very size, so that one byte too many is seen. */
	char *storage = malloc(raw.len);
	assert(storage != NULL);
	struct text out = text_in(storage, raw.len);
	struct trail trail = { 0 };
	size_t len = 0;
	bool ends = false;

	enum path_verdict verdict = path_resolve(raw, &out, &trail);
	assert(!out.is_full && trail.count > 0);
	if (!model_decode(span_skip(raw, 1), decoded, &len)) {
		assert(verdict == PATH_BAD && out.len == 0);
		free(storage);
		return;
	}
	size_t count = model_resolve(
		(struct span){ decoded, len }, stack, &ends);
	if (model_is_hidden(stack, count)) {
		assert(verdict == PATH_HIDDEN && out.len == 0);
	} else {
		assert(verdict == PATH_OK);
		len = model_join(stack, count, ends, joined);
		assert(span_equal(
			text_span(&out), (struct span){ joined, len }));
		check_name(text_span(&out));
		check_encoded(text_span(&out));
	}
	free(storage);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char raw[SEGMENTS_MAX];

	if (size + 1 > sizeof raw)
		return 0;
	raw[0] = '/';
	memcpy(raw + 1, bytes, size);
	struct span all = { raw, size + 1 };
	check(size > 0 && bytes[0] == '/' ? span_skip(all, 1) : all);
	return 0;
}

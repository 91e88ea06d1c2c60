/*
 * Rows of a listing (RFC 3986 2.3, RFC 8259 7): whatever a name is, a row of
 * the page has our tags and no others, its link decodes to the very bytes, and
 * a row of JSON is an object with our members. The first bytes choose facts.
 */
#include "fuzz.h"

#include "http/listing.h"

static char storage[LISTING_PART_MAX];

static void take(struct span *s, struct span want)
{
	assert(span_starts(*s, want));
	*s = span_skip(*s, want.len);
}

/* The bytes of a link up to its quote, with its escapes decoded. */
static void check_href(struct span *s, struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		assert(s->len > 2);
		int c = (uint8_t)s->at[0];
		size_t length = 1;
		if (c == '%') {
			c = ascii_hex(s->at[1]) << 4 | ascii_hex(s->at[2]);
			length = 3;
		} else {
			assert(ascii_is_alpha((char)c) ||
				ascii_is_digit((char)c) ||
				(c != 0 && strchr("-._~", c) != NULL));
		}
		assert(c == (uint8_t)name.at[i]);
		*s = span_skip(*s, length);
	}
}

/* One character of UTF-8 at the start, by its bits; 0: none. */
static size_t utf8(struct span s)
{
	const uint8_t *at = (const uint8_t *)s.at;
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc0 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
			: at[0] < 0xf8 ? 4
				       : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = length > 1 ? at[0] & (0x7fu >> length) : at[0];

	if (length == 0 || length > s.len)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	return c < least[length] || c > 0x10ffff || (c >> 11) == 0x1b ? 0
								      : length;
}

/* Text of HTML up to the next tag: characters, and references of ours. */
static void check_text(struct span *s)
{
	static const char *const references[] = { "&amp;", "&lt;", "&gt;",
		"&#34;", "&#39;" };

	while (s->len > 0 && s->at[0] != '<') {
		size_t length = utf8(*s);
		assert(length > 0);
		assert(length > 1 || (uint8_t)s->at[0] >= ' ');
		assert(strchr(">\"'\x7f", s->at[0]) == NULL);
		if (s->at[0] == '&') {
			length = 0;
			for (unsigned i = 0; i < 5; i++) {
				if (span_starts(*s, span_of(references[i])))
					length = strlen(references[i]);
			}
			assert(length > 0);
		}
		*s = span_skip(*s, length);
	}
}

static void check_html(const struct directory_entry *e)
{
	struct text t = text_in(storage, sizeof storage);
	struct listing l;

	listing_start(&l, LISTING_HTML, SPAN(""));
	listing_entry(&l, e, &t);
	assert(!t.is_full);
	struct span s = text_span(&t);
	take(&s, SPAN("<tr><td><a class=\""));
	s = span_skip(s, 1);
	take(&s, SPAN("\" href=\"./"));
	check_href(&s, e->name);
	take(&s, e->is_directory ? SPAN("/\">") : SPAN("\">"));
	check_text(&s);
	take(&s, SPAN("</a><td"));
	/* From here on nothing is of the name's making. */
	for (size_t i = 0; i < s.len; i++)
		assert((uint8_t)s.at[i] < 0x7f);
	assert(span_ends(s, SPAN("\n")));
}

/* A string of JSON, its quotes included. */
static void check_string(struct span *s)
{
	take(s, SPAN("\""));
	while (s->len > 0 && s->at[0] != '"') {
		size_t length = utf8(*s);
		assert(length > 0 && (uint8_t)s->at[0] >= ' ');
		if (s->at[0] == '\\') {
			assert(s->len > 6);
			length = s->at[1] == 'u' ? 6 : 2;
			assert(strchr("\"\\u", s->at[1]) != NULL);
			for (size_t i = 2; i < length; i++)
				assert(ascii_hex(s->at[i]) >= 0);
		}
		*s = span_skip(*s, length);
	}
	take(s, SPAN("\""));
}

static void check_json(const struct directory_entry *e)
{
	struct text t = text_in(storage, sizeof storage);
	struct listing l;

	listing_start(&l, LISTING_JSON, SPAN(""));
	listing_entry(&l, e, &t);
	assert(!t.is_full);
	struct span s = text_span(&t);
	take(&s, SPAN("\n{\"name\": "));
	check_string(&s);
	take(&s, SPAN(", \"type\": "));
	check_string(&s);
	take(&s, SPAN(", \"size\": "));
	s = span_skip(s, span_find(s, ','));
	take(&s, SPAN(", \"modified\": "));
	if (e->is_known)
		check_string(&s);
	else
		take(&s, SPAN("null"));
	assert(span_equal(s, SPAN("}")));
}

/* The bytes as a path, too: every part of the head fits. */
static void check_head(enum listing_format format, struct span path)
{
	struct listing l;
	bool has_more = true;

	listing_start(&l, format, path);
	while (has_more) {
		struct text t = text_in(storage, sizeof storage);
		has_more = listing_head(&l, &t);
		assert(!t.is_full);
	}
	assert(l.path.len == 0 && l.depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct directory_entry e = { 0 };

	if (size < 17 || size > 4096)
		return 0;
	e.is_directory = bytes[0] & 1;
	e.is_known = bytes[0] & 2;
	memcpy(&e.size, bytes + 1, sizeof e.size);
	memcpy(&e.mtime, bytes + 9, sizeof e.mtime);
	struct span rest = fuzz_span(bytes + 17, size - 17);
	e.name = span_first(span_first(rest, span_find(rest, '/')), 255);
	if (e.name.len == 0)
		return 0;
	check_html(&e);
	check_json(&e);
	if (memmem(rest.at, rest.len, "//", 2) != NULL)
		return 0;
	check_head(LISTING_HTML, rest);
	check_head(LISTING_JSON, rest);
	return 0;
}

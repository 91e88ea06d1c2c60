/*
 * Writing HPACK without state (hpack.h; RFC 7541 5.1, 5.2, 6). Must not know
 * frames, nor what a field means. Values stay as they are, without Huffman's
 * code: it would save a fifth of a head and hide the Date, which is replaced
 * in place.
 */
#include "wire/hpack.h"

#include "base/attr.h"

/* The names of the static table that an answer may have (RFC 7541 A), by their
 * index there. */
static const struct {
	struct span name;
	uint8_t index;
} statics[] = {
#define NAME(text, index) \
	{ \
		{ text, sizeof(text) - 1 }, index \
	}
	NAME("accept-ranges", 18),
	NAME("access-control-allow-origin", 20),
	NAME("age", 21),
	NAME("allow", 22),
	NAME("cache-control", 24),
	NAME("content-disposition", 25),
	NAME("content-encoding", 26),
	NAME("content-language", 27),
	NAME("content-length", 28),
	NAME("content-location", 29),
	NAME("content-range", 30),
	NAME("content-type", 31),
	NAME("date", 33),
	NAME("etag", 34),
	NAME("expires", 36),
	NAME("last-modified", 44),
	NAME("link", 45),
	NAME("location", 46),
	NAME("refresh", 52),
	NAME("retry-after", 53),
	NAME("server", 54),
	NAME("set-cookie", 55),
	NAME("strict-transport-security", 56),
	NAME("vary", 59),
	NAME("via", 60),
	NAME("www-authenticate", 61),
#undef NAME
};

#define INDEX_STATUS 8 /* ":status: 200", the first of seven */

/* An integer whose first byte has `bits` bits for it, below `pattern`
 * (RFC 7541 5.1). */
static void integer_add(
	struct text *t, uint8_t pattern, unsigned bits, size_t value)
{
	size_t max = ((size_t)1 << bits) - 1;

	if (value < max) {
		text_add_char(t, (char)(pattern | value));
		return;
	}
	text_add_char(t, (char)(pattern | max));
	for (value -= max; value >= 128; value >>= 7)
		text_add_char(t, (char)(128 | (value & 127)));
	text_add_char(t, (char)value);
}

static void string_add(struct text *t, struct span s)
{
	integer_add(t, 0, 7, s.len);
	text_add(t, s);
}

static void name_add(struct text *t, struct span name)
{
	integer_add(t, 0, 7, name.len);
	for (size_t i = 0; i < name.len; i++)
		text_add_char(t, ascii_lower(name.at[i]));
}

static uint8_t static_find(struct span name)
{
	for (size_t i = 0; i < array_count(statics); i++) {
		if (span_equal_nocase(name, statics[i].name))
			return statics[i].index;
	}
	return 0;
}

static void status_add(struct text *t, unsigned status)
{
	static const uint16_t indexed[] = { 200, 204, 206, 304, 400, 404, 500 };

	for (unsigned i = 0; i < array_count(indexed); i++) {
		if (indexed[i] != status)
			continue;
		integer_add(t, 128, 7, INDEX_STATUS + i);
		return;
	}
	integer_add(t, 0, 4, INDEX_STATUS);
	integer_add(t, 0, 7, 3);
	text_add_u64(t, status);
}

void hpack_field_add(struct text *out, struct span name, struct span value)
{
	uint8_t index = static_find(name);

	integer_add(out, 0, 4, index);
	if (index == 0)
		name_add(out, name);
	string_add(out, value);
}

void hpack_head_add(
	struct text *out, unsigned status, const struct field_list *fields)
{
	status_add(out, status);
	for (unsigned i = 0; i < fields->count; i++)
		hpack_field_add(out, fields->at[i].name, fields->at[i].value);
}

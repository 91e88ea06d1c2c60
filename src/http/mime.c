/*
 * The media type of a name, by what follows its last dot (mime.def, which is
 * sorted; RFC 9110 8.3). Must not look at content: a type that depends on the
 * bytes is a type that an uploader chooses. Pure, no allocation.
 */
#include "http/mime.h"

#include "base/attr.h"

struct entry {
	struct span extension; /* in lower case */
	struct span type;
	bool is_compressible;
};

static const struct entry table[] = {
#define MIME(extension, type, is_compressible) \
	{ { extension, sizeof(extension) - 1 }, { type, sizeof(type) - 1 }, \
		is_compressible },
#include "http/mime.def"
#undef MIME
};

/* What follows the last dot of the last segment. A name that only begins
 * with a dot has no extension. */
static struct span extension_of(struct span name)
{
	size_t slash = span_find_last(name, '/');

	if (slash < name.len)
		name = span_skip(name, slash + 1);
	size_t dot = span_find_last(name, '.');
	if (dot == 0 || dot == name.len)
		return SPAN("");
	return span_skip(name, dot + 1);
}

/* Negative, zero or positive, as `s` in lower case stands before, at or
 * after `entry` in the order of bytes. */
static int order(struct span s, struct span entry)
{
	size_t shorter = s.len < entry.len ? s.len : entry.len;

	for (size_t i = 0; i < shorter; i++) {
		unsigned char a = (unsigned char)ascii_lower(s.at[i]);
		unsigned char b = (unsigned char)entry.at[i];
		if (a != b)
			return a < b ? -1 : 1;
	}
	return (s.len > entry.len) - (s.len < entry.len);
}

struct mime mime_find(struct span name)
{
	struct span extension = extension_of(name);
	size_t low = 0, high = array_count(table);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry *e = &table[middle];
		int where = order(extension, e->extension);
		if (where == 0)
			return (struct mime){ e->type, e->is_compressible };
		if (where < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return (struct mime){ SPAN("application/octet-stream"), false };
}

/*
 * Conditions and ranges, once more (expect.h).
 */
#include "expect.h"

#include <stdio.h>

#include "http/date.h"
#include "io/file.h"

/* RFC 9110 14.2 lets a server ignore many ranges; ours ignores more. */
#define PARTS_MAX 16

static int64_t floor_s(int64_t ns)
{
	return (ns - (ns % 1000000000 + 1000000000) % 1000000000) / 1000000000;
}

static void etag_of(const struct past *p, char out[64])
{
	if (p->content->size <= FILES_HASHED_MAX) {
		struct span tag = content_etag(p->content);
		snprintf(out, 64, "%.*s", (int)tag.len, tag.at);
	} else {
		snprintf(out, 64, "\"%llx-%llx\"",
			(unsigned long long)p->content->size,
			(unsigned long long)p->mtime_ns);
	}
}

static int64_t date_of(const char *text)
{
	int64_t seconds = 0;

	check(date_parse(span_of(text), 0, &seconds), "tester: date '%s'",
		text);
	return seconds;
}

/* 0: go on; or 304, 412. */
static unsigned cond_expect(const struct ask *a, const struct expected *e)
{
	bool is_same = strcmp(a->value, e->etag) == 0;

	switch (a->cond) {
	case COND_IF_MATCH:
		return is_same ? 0 : 412;
	case COND_IF_NONE_MATCH:
		return is_same ? 304 : 0;
	case COND_IF_MODIFIED:
		return e->modified > date_of(a->value) ? 0 : 304;
	case COND_IF_UNMODIFIED:
		return e->modified <= date_of(a->value) ? 0 : 412;
	case COND_NONE:
	case COND_IF_RANGE:
	case COND_KINDS:
		break;
	}
	return 0;
}

/* The bytes that a range means of `size`; false when there are none. */
static bool range_expect(
	const struct ask_range *r, uint64_t size, struct part *out)
{
	uint64_t last = r->has_last && r->last < size ? r->last : size - 1;

	if (size == 0 || (r->has_first && r->first >= size) ||
		(!r->has_first && r->last == 0))
		return false;
	if (!r->has_first)
		*out = (struct part){ r->last < size ? size - r->last : 0,
			r->last < size ? r->last : size };
	else
		*out = (struct part){ r->first, last - r->first + 1 };
	return true;
}

static bool parts_overlap(const struct expected *e)
{
	for (unsigned i = 0; i < e->part_count; i++) {
		for (unsigned k = 0; k < i; k++) {
			const struct part *a = &e->parts[i], *b = &e->parts[k];
			if (a->first < b->first + b->length &&
				b->first < a->first + a->length)
				return true;
		}
	}
	return false;
}

static unsigned ranges_expect(const struct ask *a, struct expected *e)
{
	if (a->range_count == 0 || a->is_head || a->range_count > PARTS_MAX)
		return 200;
	if (a->cond == COND_IF_RANGE && strcmp(a->value, e->etag) != 0)
		return 200;
	for (unsigned i = 0; i < a->range_count; i++) {
		struct part *part = &e->parts[e->part_count];
		if (range_expect(&a->ranges[i], e->size, part))
			e->part_count++;
	}
	if (e->part_count == 0)
		return 416;
	return parts_overlap(e) ? 200 : 206;
}

void expect(const struct ask *a, const struct past *file,
	const struct past *variant, int64_t date, struct expected *out)
{
	int64_t modified = floor_s(file->mtime_ns);

	*out = (struct expected){ .size = variant->content->size,
		.modified = modified < date ? modified : date };
	etag_of(variant, out->etag);
	out->status = cond_expect(a, out);
	if (out->status == 0)
		out->status = ranges_expect(a, out);
}

/*
 * Conditional requests: the preconditions (RFC 9110 13.1.1 to 13.1.4) in the
 * order of 13.2.2, If-Range (13.1.5), and entity-tags (8.8.3). Tags are read
 * here and not with field_take_element: a backslash is an ordinary character
 * in them. What is no entity-tag matches nothing; its neighbours in the list
 * still count. Must not know how the validators came to be. Pure.
 */
#include "http/cond.h"

#include "http/date.h"

/* Seconds until Last-Modified is a strong validator. */
#define STRONG_AFTER_S 60

struct tag {
	struct span opaque; /* with its quotes */
	bool is_weak;
};

/* etagc: any visible character but the quote, and obs-text. */
static bool is_etagc(char c)
{
	unsigned char u = (unsigned char)c;

	return u > ' ' && u != '"' && u != 0x7f;
}

/* An entity-tag at the start of *s (RFC 9110 8.8.3). */
static bool tag_take(struct span *s, struct tag *out)
{
	struct span rest = *s;
	size_t len = 1;

	out->is_weak = span_starts(rest, SPAN("W/"));
	if (out->is_weak)
		rest = span_skip(rest, 2);
	if (!span_starts(rest, SPAN("\"")))
		return false;
	while (len < rest.len && is_etagc(rest.at[len]))
		len++;
	if (len == rest.len || rest.at[len] != '"')
		return false;
	out->opaque = span_first(rest, len + 1);
	*s = span_skip(rest, len + 1);
	return true;
}

/* The bytes up to the next comma, those between quotes not counted. */
static size_t element_length(struct span s)
{
	bool is_quoted = false;
	size_t i = 0;

	for (; i < s.len && (is_quoted || s.at[i] != ','); i++) {
		if (s.at[i] == '"')
			is_quoted = !is_quoted;
	}
	return i;
}

/* Takes the next well-formed tag of a list; false at the end. */
static bool list_take_tag(struct span *list, struct tag *out)
{
	while (list->len > 0) {
		size_t len = element_length(*list);
		struct span element = span_trim(span_first(*list, len));
		*list = span_skip(*list, len < list->len ? len + 1 : len);
		if (tag_take(&element, out) && element.len == 0)
			return true;
	}
	return false;
}

/* Strong comparison wants both tags strong; ours always is (8.8.3.2). */
static bool tag_matches(const struct tag *t, struct span etag, bool is_strong)
{
	return span_equal(t->opaque, etag) && !(is_strong && t->is_weak);
}

/* "*" stands for any representation, but only where it stands alone. */
static bool field_is_star(const struct request *q, enum field id)
{
	return request_has_one(q, id) &&
	       span_equal(request_value(q, id), SPAN("*"));
}

static bool field_has_tag(const struct request *q, enum field id,
	struct span etag, bool is_strong)
{
	struct span list;
	struct tag tag;
	unsigned at = 0;

	if (field_is_star(q, id))
		return true;
	while (request_next_line(q, id, &at, &list)) {
		while (list_take_tag(&list, &tag)) {
			if (tag_matches(&tag, etag, is_strong))
				return true;
		}
	}
	return false;
}

/* The date of a field; false when the field is to be ignored. */
static bool field_date(
	const struct request *q, enum field id, int64_t now, int64_t *out)
{
	return request_has_one(q, id) &&
	       date_parse(request_value(q, id), now, out);
}

/* The four preconditions: does the field, which is there, hold? */

static bool if_match(const struct request *q, const struct validators *v,
	struct trail *trail)
{
	bool holds = field_has_tag(q, FIELD_IF_MATCH, v->etag, true);

	trail_note(trail,
		holds ? REASON_COND_IF_MATCH_TRUE : REASON_COND_IF_MATCH_FALSE);
	return holds;
}

static bool if_unmodified_since(const struct request *q,
	const struct validators *v, struct trail *trail)
{
	int64_t date;

	if (!field_date(q, FIELD_IF_UNMODIFIED_SINCE, v->now, &date)) {
		trail_note(trail, REASON_COND_UNMODIFIED_INVALID);
		return true;
	}
	bool holds = v->modified <= date;
	trail_add(trail,
		holds ? REASON_COND_UNMODIFIED_TRUE
		      : REASON_COND_UNMODIFIED_FALSE,
		(uint64_t)v->modified, 0);
	return holds;
}

static bool if_none_match(const struct request *q, const struct validators *v,
	struct trail *trail)
{
	bool holds = !field_has_tag(q, FIELD_IF_NONE_MATCH, v->etag, false);

	trail_note(trail, holds ? REASON_COND_NONE_MATCH_TRUE
				: REASON_COND_NONE_MATCH_FALSE);
	return holds;
}

static bool if_modified_since(const struct request *q,
	const struct validators *v, struct trail *trail)
{
	int64_t date;

	if (!field_date(q, FIELD_IF_MODIFIED_SINCE, v->now, &date)) {
		trail_note(trail, REASON_COND_MODIFIED_INVALID);
		return true;
	}
	bool holds = v->modified > date;
	trail_add(trail,
		holds ? REASON_COND_MODIFIED_TRUE : REASON_COND_MODIFIED_FALSE,
		(uint64_t)v->modified, 0);
	return holds;
}

/* Notes that a date is not looked at beside the tags of the other field. */
static void note_shadowed(const struct request *q, enum field id,
	enum reason why, struct trail *trail)
{
	if (request_has(q, id))
		trail_note(trail, why);
}

enum cond_verdict cond_check(const struct request *q,
	const struct validators *v, struct trail *trail)
{
	if (request_has(q, FIELD_IF_MATCH)) {
		bool holds = if_match(q, v, trail);
		note_shadowed(q, FIELD_IF_UNMODIFIED_SINCE,
			REASON_COND_UNMODIFIED_SHADOWED, trail);
		if (!holds)
			return COND_FAILED;
	} else if (!v->is_undated &&
		   request_has(q, FIELD_IF_UNMODIFIED_SINCE)) {
		if (!if_unmodified_since(q, v, trail))
			return COND_FAILED;
	}

	if (request_has(q, FIELD_IF_NONE_MATCH)) {
		bool holds = if_none_match(q, v, trail);
		note_shadowed(q, FIELD_IF_MODIFIED_SINCE,
			REASON_COND_MODIFIED_SHADOWED, trail);
		if (!holds)
			return COND_NOT_MODIFIED;
	} else if (!v->is_undated && request_has(q, FIELD_IF_MODIFIED_SINCE)) {
		if (!if_modified_since(q, v, trail))
			return COND_NOT_MODIFIED;
	}
	return COND_PASS;
}

bool cond_is_held(const struct request *q, struct span etag)
{
	return request_has(q, FIELD_IF_NONE_MATCH) &&
	       !field_is_star(q, FIELD_IF_NONE_MATCH) &&
	       field_has_tag(q, FIELD_IF_NONE_MATCH, etag, false);
}

/*
 * A date is a strong validator only where the server can know that the file
 * did not change twice in the second that it names (8.8.2.2). The time of a
 * file may come from another clock than `now`, that of a file server, and a
 * build may still be writing: a minute, the margin of RFC 7232 2.2.2, covers
 * both. Until then If-Range by date is answered with the whole.
 */
static bool modified_is_strong(const struct validators *v)
{
	return v->modified <= v->now - STRONG_AFTER_S;
}

static bool if_range(const struct request *q, const struct validators *v)
{
	struct span value = request_value(q, FIELD_IF_RANGE);
	struct tag tag;
	int64_t date;

	if (!request_has_one(q, FIELD_IF_RANGE))
		return false;
	if (date_parse(value, v->now, &date))
		return date == v->modified && modified_is_strong(v);
	return tag_take(&value, &tag) && value.len == 0 &&
	       tag_matches(&tag, v->etag, true);
}

bool cond_range_applies(const struct request *q, const struct validators *v,
	struct trail *trail)
{
	if (!request_has(q, FIELD_IF_RANGE))
		return true;
	bool holds = if_range(q, v);
	trail_note(trail, holds ? REASON_RANGE_IF_TRUE : REASON_RANGE_IF_FALSE);
	return holds;
}

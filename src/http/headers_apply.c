/*
 * Applying rules of _headers to the fields of an answer (headers.h; RFC 9110
 * 5.2, 5.3, 8.3, 12.5.5; RFC 6265 3 for Set-Cookie). Our own fields come
 * first in the list, those of the rules behind them: what a rule says takes
 * the place of ours, and joins what another rule has said.
 */
#include "http/headers.h"

#include "http/escape.h"
#include "http/field.h"

struct edit {
	struct field_list *list;
	struct text *storage;
	const struct captures *captures;
	unsigned own;   /* so many of the list's first fields are ours */
	unsigned added; /* lines of the rules that were heeded */
	size_t bytes;   /* of these lines */
};

/* One value, and never a list (RFC 9110 5.3, 8.3, 10.2; RFC 6266, RFC 6797,
 * RFC 7034; Fetch 3.2; HTML 7): the last line that says it is heard. */
static const struct span singletons[] = {
	{ "Access-Control-Allow-Credentials", 32 },
	{ "Access-Control-Allow-Origin", 27 },
	{ "Access-Control-Max-Age", 22 },
	{ "Content-Disposition", 19 },
	{ "Content-Location", 16 },
	{ "Content-Type", 12 },
	{ "Cross-Origin-Embedder-Policy", 28 },
	{ "Cross-Origin-Embedder-Policy-Report-Only", 40 },
	{ "Cross-Origin-Opener-Policy", 26 },
	{ "Cross-Origin-Opener-Policy-Report-Only", 38 },
	{ "Cross-Origin-Resource-Policy", 28 },
	{ "Expires", 7 },
	{ "Origin-Agent-Cluster", 20 },
	{ "Referrer-Policy", 15 },
	{ "Refresh", 7 },
	{ "Retry-After", 11 },
	{ "Server", 6 },
	{ "SourceMap", 9 },
	{ "Strict-Transport-Security", 25 },
	{ "X-Content-Type-Options", 22 },
	{ "X-DNS-Prefetch-Control", 22 },
	{ "X-Frame-Options", 15 },
	{ "X-Permitted-Cross-Domain-Policies", 33 },
	{ "X-XSS-Protection", 16 },
};

static bool is_singleton(struct span name)
{
	for (size_t i = 0; i < array_count(singletons); i++) {
		if (span_equal_nocase(name, singletons[i]))
			return true;
	}
	return false;
}

/* The first field of that name in [from, to) of the list, or `to`. */
static unsigned field_position(
	const struct edit *e, struct span name, unsigned from, unsigned to)
{
	while (from < to && !span_equal_nocase(e->list->at[from].name, name))
		from++;
	return from;
}

/* The last one from there on, or the end: to it more is added. */
static unsigned field_last(
	const struct edit *e, struct span name, unsigned from)
{
	unsigned count = e->list->count;

	for (unsigned i = count; i > from; i--) {
		if (span_equal_nocase(e->list->at[i - 1].name, name))
			return i - 1;
	}
	return count;
}

static void field_remove(struct edit *e, unsigned i)
{
	struct field_list *list = e->list;

	list->count--;
	memmove(&list->at[i], &list->at[i + 1],
		(list->count - i) * sizeof list->at[0]);
	if (i < e->own)
		e->own--;
}

/* The parts of several ranges are found by our own Content-Type, and their
 * type stands in each of them (RFC 9110 14.6). */
static bool is_framing(struct span value)
{
	return span_starts(value, SPAN("multipart/byteranges"));
}

static void fields_remove(struct edit *e, struct span name)
{
	unsigned i = 0;

	while ((i = field_position(e, name, i, e->list->count)) <
		e->list->count) {
		if (is_framing(e->list->at[i].value))
			i++;
		else
			field_remove(e, i);
	}
}

/*
 * Appends a value of the file, what was captured put in and escaped so that
 * it can end no list, parameter or quoted string. A `:name` that the path has
 * not is what it looks like: values are full of colons.
 */
static void value_add(
	struct text *out, struct span value, const struct captures *captures)
{
	struct span literal, name;

	while (placeholder_take(&value, &literal, &name)) {
		const struct capture *c = captures_find(captures, name);
		text_add(out, literal);
		if (c != NULL) {
			escape_add(out, c->value, ESCAPE_STRICT);
		} else if (name.len > 0) {
			text_add_char(out, ':');
			text_add(out, name);
		}
	}
}

/* Keeps what was appended to *t, if that is all of it; else nothing. */
static bool keep(
	struct edit *e, const struct text *t, size_t from, struct span *made)
{
	if (t->is_full)
		return false;
	*made = span_skip(text_span(t), from);
	*e->storage = *t;
	return true;
}

static bool has_capture(struct span value, const struct captures *captures)
{
	struct span literal, name;

	while (placeholder_take(&value, &literal, &name)) {
		if (captures_find(captures, name) != NULL)
			return true;
	}
	return false;
}

/* The value of one line; false when there is no room for it, or nothing is
 * left of it, as nothing was captured. What has to be made is written behind
 * a comma, so that it is joined already to what ends there (value_join). */
static bool value_make(struct edit *e, struct span value, struct span *made)
{
	struct text t = *e->storage;

	*made = value;
	if (!has_capture(value, e->captures))
		return true;
	text_add_literal(&t, ", ");
	size_t from = t.len;
	value_add(&t, value, e->captures);
	if (!keep(e, &t, from, made))
		return false;
	*made = span_trim(*made);
	return made->len > 0;
}

/* Does the value stand in our storage, rather than in the file? */
static bool is_made(const struct edit *e, struct span value)
{
	uintptr_t at = (uintptr_t)value.at, start = (uintptr_t)e->storage->at;

	return at >= start && at + value.len <= start + e->storage->len &&
	       e->storage->len > 0;
}

static bool list_has(struct span list, struct span element)
{
	struct span found;

	while (field_take_element(&list, &found)) {
		if (span_equal_nocase(found, element))
			return true;
	}
	return false;
}

/* Of Vary: *value with those elements of `more` that it has not yet. */
static bool value_unite(struct edit *e, struct span *value, struct span more)
{
	struct text t = *e->storage;
	struct span element;

	text_add(&t, *value);
	while (field_take_element(&more, &element)) {
		struct span so_far = span_skip(text_span(&t), e->storage->len);
		if (list_has(so_far, element))
			continue;
		text_add_literal(&t, ", ");
		text_add(&t, element);
	}
	return keep(e, &t, e->storage->len, value);
}

/* *value with ", " and `more` behind it. It is copied only where something
 * else stands behind it, so that many lines need no more room than they are
 * long. */
static bool value_join(struct edit *e, struct span *value, struct span more)
{
	struct text t = *e->storage;
	size_t from = t.len;

	if (is_made(e, *value) && is_made(e, more) &&
		value->at + value->len + 2 == more.at) {
		value->len += 2 + more.len;
		return true;
	}
	if (is_made(e, *value) && value->at + value->len == t.at + t.len)
		from -= value->len;
	else
		text_add(&t, *value);
	text_add_literal(&t, ", ");
	text_add(&t, more);
	return keep(e, &t, from, value);
}

static bool field_add(struct edit *e, struct span name, struct span value)
{
	struct field_list *list = e->list;

	if (list->count == list->max)
		return false;
	list->at[list->count++] = (struct answer_field){ name, value };
	return true;
}

/* Adds to a field that is there; where a list cannot be joined for want of
 * room, a line of its own means the same (RFC 9110 5.3). */
static bool field_extend(
	struct edit *e, unsigned i, struct span name, struct span value)
{
	struct span *old = &e->list->at[i].value;

	if (is_singleton(name)) {
		*old = value;
		return true;
	}
	if (span_equal_nocase(name, SPAN("Vary")))
		return value_unite(e, old, value) || field_add(e, name, value);
	return value_join(e, old, value) || field_add(e, name, value);
}

/* Puts the field in; false when there is no room. */
static bool field_put(struct edit *e, struct span name, struct span value)
{
	struct field_list *list = e->list;
	bool is_vary = span_equal_nocase(name, SPAN("Vary"));
	unsigned first = is_vary ? 0 : e->own;
	unsigned said = field_last(e, name, first);

	if (said < list->count && !span_equal_nocase(name, SPAN("Set-Cookie")))
		return field_extend(e, said, name, value);
	unsigned ours = field_position(e, name, 0, e->own);
	if (ours < e->own && is_framing(list->at[ours].value))
		return false;
	if (ours < e->own)
		field_remove(e, ours);
	return field_add(e, name, value);
}

static void line_apply(struct edit *e, const struct header_line *line)
{
	struct span value;

	if (line->is_removal) {
		fields_remove(e, line->name);
		return;
	}
	if (e->added == HEADERS_FIELDS_MAX ||
		!value_make(e, line->value, &value))
		return;
	/* With the colon, the space and the end of the line. */
	size_t bytes = line->name.len + value.len + 4;
	if (bytes > HEADERS_BYTES_MAX - e->bytes)
		return;
	if (field_put(e, line->name, value)) {
		e->added++;
		e->bytes += bytes;
	}
}

void headers_apply(const struct headers *h, const struct header_match *match,
	struct span path, struct field_list *list, struct text *storage)
{
	struct captures captures;
	struct edit e = {
		.list = list,
		.storage = storage,
		.captures = &captures,
		.own = list->count,
	};

	for (unsigned i = 0; i < match->count; i++) {
		const struct header_rule *rule = &h->rules[match->rules[i]];
		const struct pattern *p = &h->patterns.at[match->rules[i]];
		if (!pattern_match(p, path, &captures))
			continue;
		for (unsigned k = 0; k < rule->count; k++) {
			const struct header_line *line =
				&h->lines[rule->first + k];
			if (!match->is_stand_in || !line->is_of_file)
				line_apply(&e, line);
		}
	}
}

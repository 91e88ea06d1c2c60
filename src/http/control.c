/*
 * Methods and targets (control.h). Must not know in which version of HTTP they
 * came, nor what a target leads to. Pure.
 */
#include "http/control.h"

static void refuse(struct request *q, unsigned status, enum reason reason)
{
	if (q->refusal != 0)
		return;
	q->refusal = status;
	q->refusal_reason = reason;
}

/*
 * Characters of a target. The path is held to RFC 3986, but for brackets,
 * which browsers send as they are; in the query they also send the others of
 * the second row (URL Standard, query percent-encode set), and nobody but the
 * client's own cache looks at it.
 */
enum { IN_PATH = 1, IN_QUERY = 2 };

static const uint8_t target_chars[256] = {
#define BOTH(c) [c] = IN_PATH | IN_QUERY
	['a' ... 'z'] = IN_PATH | IN_QUERY,
	['A' ... 'Z'] = IN_PATH | IN_QUERY,
	['0' ... '9'] = IN_PATH | IN_QUERY,
	BOTH('-'),
	BOTH('.'),
	BOTH('_'),
	BOTH('~'),
	BOTH('!'),
	BOTH('$'),
	BOTH('&'),
	BOTH('\''),
	BOTH('('),
	BOTH(')'),
	BOTH('*'),
	BOTH('+'),
	BOTH(','),
	BOTH(';'),
	BOTH('='),
	BOTH(':'),
	BOTH('@'),
	BOTH('/'),
	BOTH('%'),
	BOTH('['),
	BOTH(']'),
	BOTH('?'),
	['{'] = IN_QUERY,
	['}'] = IN_QUERY,
	['|'] = IN_QUERY,
	['\\'] = IN_QUERY,
	['^'] = IN_QUERY,
	['`'] = IN_QUERY,
#undef BOTH
};

static bool is_made_of(struct span s, uint8_t class)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!(target_chars[(uint8_t)s.at[i]] & class))
			return false;
	}
	return true;
}

static enum method method_find(struct span name)
{
	static const struct {
		struct span name;
		enum method method;
	} methods[] = {
#define METHOD(id, text, method) { { text, sizeof(text) - 1 }, method },
#include "http/method.def"
#undef METHOD
	};

	for (size_t i = 0; i < array_count(methods); i++) {
		if (span_equal(name, methods[i].name))
			return methods[i].method;
	}
	return METHOD_UNKNOWN;
}

void control_method(struct span name, struct request *q)
{
	q->method = method_find(name);
	q->is_connect = span_equal(name, SPAN("CONNECT"));
}

static void target_split(struct span s, struct request *q)
{
	size_t mark = span_find(s, '?');

	q->path = span_first(s, mark);
	q->query = span_skip(s, mark);
	if (!is_made_of(q->path, IN_PATH) || !is_made_of(q->query, IN_QUERY))
		refuse(q, 400, REASON_HEAD_TARGET_INVALID);
	if (q->path.len == 0)
		q->path = SPAN("/"); /* RFC 9110 4.2.3: an empty path is "/" */
}

/* `s` begins with "http://" or "https://", which the caller measured. */
static void absolute_read(struct span s, size_t scheme, struct request *q)
{
	struct span rest = span_skip(s, scheme);
	size_t slash = span_find(rest, '/');
	size_t mark = span_find(rest, '?');
	size_t end = slash < mark ? slash : mark;

	q->form = TARGET_ABSOLUTE;
	q->authority = span_first(rest, end);
	target_split(span_skip(rest, end), q);
	/* OPTIONS on a server as a whole, through a proxy (RFC 9112 3.2.4). */
	if (q->method == METHOD_OPTIONS && end == rest.len)
		q->form = TARGET_ASTERISK;
}

void control_target(struct span s, struct request *q)
{
	q->target = s;
	if (s.len > 0 && s.at[0] == '/' && !q->is_connect) {
		q->form = TARGET_ORIGIN;
		target_split(s, q);
	} else if (s.len == 0 || !is_made_of(s, IN_QUERY)) {
		refuse(q, 400, REASON_HEAD_TARGET_INVALID);
	} else if (q->is_connect) {
		q->form = TARGET_AUTHORITY;
		q->authority = s;
	} else if (span_equal(s, SPAN("*")) && q->method == METHOD_OPTIONS) {
		q->form = TARGET_ASTERISK;
	} else if (span_equal_nocase(span_first(s, 7), SPAN("http://"))) {
		absolute_read(s, 7, q);
	} else if (span_equal_nocase(span_first(s, 8), SPAN("https://"))) {
		absolute_read(s, 8, q);
		refuse(q, 421, REASON_HEAD_SCHEME_HTTPS);
	} else {
		refuse(q, 400, REASON_HEAD_TARGET_FORM);
	}
}

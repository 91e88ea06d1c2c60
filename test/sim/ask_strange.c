/*
 * The strange requests (ask_strange.h).
 */
#include "ask_strange.h"

#include <stdio.h>

#define GET  "GET /a.txt HTTP/1.1\r\n"
#define HOST "Host: sim.test\r\n"
#define BODY "POST /a.txt HTTP/1.1\r\n" HOST

/* `closes`: the stream cannot be read on after it. */
static const struct row {
	const char *head, *body;
	unsigned status;
	bool closes;
} rows[] = {
	/* RFC 9110 9.1, 15.5.6, 15.6.2; 9.3.7. */
	{ "POST / HTTP/1.1\r\n" HOST "\r\n", "", 405, false },
	{ BODY "Content-Length: 5\r\n\r\n", "hello", 405, false },
	{ BODY "Transfer-Encoding: chunked\r\n\r\n",
		"5\r\nhello\r\n0\r\nX: y\r\n\r\n", 405, false },
	{ "DELETE /b.html HTTP/1.1\r\n" HOST "\r\n", "", 405, false },
	{ "BREW /pot HTTP/1.1\r\n" HOST "\r\n", "", 501, false },
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "", 204, false },
	{ "OPTIONS /docs HTTP/1.1\r\n" HOST "\r\n", "", 204, false },
	/* The target: RFC 3986 2.1, and what is no name. */
	{ "GET /%00 HTTP/1.1\r\n" HOST "\r\n", "", 400, false },
	{ "GET /a%2 HTTP/1.1\r\n" HOST "\r\n", "", 400, false },
	{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", "", 400, true },
	{ "GET a.txt HTTP/1.1\r\n" HOST "\r\n", "", 400, true },
	/* RFC 9112 3: one space each, nothing else. */
	{ "GET  /a.txt HTTP/1.1\r\n" HOST "\r\n", "", 400, true },
	{ "GET /a.txt\r\n\r\n", "", 400, true },
	{ "GET /a.txt HTTP/1.1 \r\n" HOST "\r\n", "", 400, true },
	{ "GET /a.txt HTTP/2.0\r\n" HOST "\r\n", "", 505, true },
	{ "GET /a.txt http/1.1\r\n" HOST "\r\n", "", 400, true },
	/* RFC 9112 3.2: exactly one Host. */
	{ GET "\r\n", "", 400, true },
	{ GET HOST HOST "\r\n", "", 400, true },
	{ GET "Host: a,b\r\n\r\n", "", 400, true },
	/* RFC 9112 5: field lines. */
	{ GET HOST "X : y\r\n\r\n", "", 400, true },
	{ GET HOST "X: y\r\n z\r\n\r\n", "", 400, true },
	{ GET HOST "X: y\n\r\n", "", 400, true },
	{ GET HOST "X: \x01\r\n\r\n", "", 400, true },
	{ GET HOST "no colon\r\n\r\n", "", 400, true },
	/* RFC 9112 6: how long is the body? */
	{ BODY "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "hello", 400,
		true },
	{ BODY "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"0\r\n\r\n", 400, true },
	{ BODY "Content-Length: +5\r\n\r\n", "hello", 400, true },
	{ BODY "Transfer-Encoding: gzip, chunked\r\n\r\n", "0\r\n\r\n", 501,
		true },
	{ BODY "Transfer-Encoding: chunked, gzip\r\n\r\n", "0\r\n\r\n", 400,
		true },
	{ BODY "Transfer-Encoding: chunked\r\n\r\n", "x\r\n", 400, true },
	{ BODY "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhelloX\n0\r\n\r\n",
		400, true },
	{ BODY "Transfer-Encoding: chunked\r\n\r\n", "ffffffffffffffff1\r\n",
		413, true },
	{ BODY "Content-Length: 99999999999\r\n\r\n", "hello", 413, true },
	{ BODY "Transfer-Encoding: chunked\r\n\r\n", "fffffff\r\n", 413, true },
	/* RFC 9110 10.1.1. */
	{ GET HOST "Expect: a-miracle\r\n\r\n", "", 417, true },
	/* No HTTP at all. */
	{ "\x16\x03\x01\x02\r\n", "", 400, true },
	{ "\r\n\r\n\r\n\r\n\r\n\r\n", "", 400, true },
};

static void text_put(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

static void row_draw(struct asker *a, struct ask *ask)
{
	const struct row *row =
		&rows[dice_below(&a->world->dice, array_count(rows))];

	text_put(&a->head, row->head);
	text_put(&a->body, row->body);
	ask->kind = ASK_FIXED;
	ask->status = row->status;
	ask->is_last = row->closes;
}

static void line_too_long(struct asker *a, struct ask *ask)
{
	text_put(&a->head, "GET /");
	for (size_t i = 0; i < a->limits.line_max; i++)
		text_put(&a->head, "x");
	text_put(&a->head, " HTTP/1.1\r\n" HOST "\r\n");
	ask->status = 414;
}

static void head_too_large(struct asker *a, struct ask *ask)
{
	text_put(&a->head, GET HOST "X: ");
	for (size_t i = 0; i < a->limits.head_max; i++)
		text_put(&a->head, "x");
	text_put(&a->head, "\r\n\r\n");
	ask->status = 431;
}

static void too_many_fields(struct asker *a, struct ask *ask)
{
	text_put(&a->head, GET HOST);
	for (unsigned i = 0; i < a->limits.field_max; i++)
		text_put(&a->head, "X:y\r\n");
	text_put(&a->head, "\r\n");
	ask->status = 431;
}

static void limit_draw(struct asker *a, struct ask *ask)
{
	static void (*const limits[])(struct asker *, struct ask *) = {
		line_too_long, head_too_large, too_many_fields
	};

	limits[dice_below(&a->world->dice, array_count(limits))](a, ask);
	ask->kind = ASK_FIXED;
	ask->is_last = true;
}

/* Some first bytes of a request, and the end of the stream after them. */
static void cut_draw(struct asker *a, struct ask *ask)
{
	static const char whole[] = BODY "Content-Length: 50\r\n\r\nhello";

	buffer_add(&a->head, whole,
		(size_t)dice_between(&a->world->dice, 1, sizeof whole - 1));
	ask->kind = ASK_CUT;
	ask->is_last = ask->is_end = true;
}

static void junk_draw(struct asker *a, struct ask *ask)
{
	uint64_t len = dice_size(&a->world->dice, 60000);

	for (uint64_t i = 0; i < len; i++) {
		char c = (char)dice_below(&a->world->dice, 256);
		buffer_add(&a->head, &c, 1);
	}
	/* Empty lines alone begin nothing, and get no answer. */
	buffer_add(&a->head, "j", 1);
	ask->kind = ASK_JUNK;
	ask->is_last = ask->is_end = true;
}

void ask_strange(struct asker *a, struct ask *out, bool can_end)
{
	uint64_t what = dice_below(&a->world->dice, 100);

	if (what < 10 && can_end)
		cut_draw(a, out);
	else if (what < 15 && can_end)
		junk_draw(a, out);
	else if (what < 30)
		limit_draw(a, out);
	else
		row_draw(a, out);
	out->has_body = a->body.len > 0;
}

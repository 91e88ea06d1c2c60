/*
 * Rendering answers (render.h): the body first, since the head has to say how
 * long it is; both end up in one piece of storage. The head is lines, or a
 * block of HPACK, as the request was.
 */
#include "wire/render.h"

#include "http/lookup.h"
#include "http/status.h"
#include "wire/body.h"
#include "wire/hpack.h"

static void line_add(struct text *t, struct span name, struct span value)
{
	text_add(t, name);
	text_add_literal(t, ": ");
	text_add(t, value);
	text_add_literal(t, "\r\n");
}

/* What the client has to be told about the connection (RFC 9112 9.3). */
static void connection_add(
	struct text *t, const struct plan *p, const struct request *q)
{
	if (p->is_last)
		text_add_literal(t, "Connection: close\r\n");
	else if (q->minor == 0)
		text_add_literal(t, "Connection: keep-alive\r\n");
	if (plan_is_produced(p) && q->minor > 0)
		text_add_literal(t, "Transfer-Encoding: chunked\r\n");
}

static void lines_add(struct text *t, const struct exchange *ex,
	const struct request *q, const struct field_list *fields)
{
	text_add_literal(t, "HTTP/1.1 ");
	text_add_u64(t, ex->plan.status);
	text_add_char(t, ' ');
	text_add(t, status_phrase(ex->plan.status));
	text_add_literal(t, "\r\n");
	for (unsigned i = 0; i < fields->count; i++)
		line_add(t, fields->at[i].name, fields->at[i].value);
	connection_add(t, &ex->plan, q);
	text_add_literal(t, "\r\n");
}

/* Enough for the values of any answer: a Location is the longest, an escaped
 * name and the client's own query. */
#define VALUES_SIZE (3 * LOOKUP_NAME_MAX + HEAD_LINE_LIMIT + 512)

/* Writes body and head into `text`; false when it does not fit. */
static bool answer_compose(
	struct exchange *ex, const struct request *q, struct text text)
{
	char storage[VALUES_SIZE];
	struct text values = text_in(storage, sizeof storage);
	struct answer_field fields[ANSWER_FIELDS_MAX];

	struct answer answer = { .plan = &ex->plan,
		.request = q,
		.resource = ex->resource,
		.length = body_compose(ex, &text) };
	struct field_list list = { .at = fields,
		.count = answer_fields(&answer, &values, fields) };
	size_t from = text.len;
	if (q->is_stream)
		hpack_head_add(&text, ex->plan.status, &list);
	else
		lines_add(&text, ex, q, &list);
	ex->segments[0] = (struct segment){
		.at = text.at + from, .fd = -1, .len = text.len - from
	};
	return !text.is_full && !values.is_full;
}

/* The pieces of a producer take turns at the end of the block; the head, where
 * it is too large for ex->text, stands before them. */
static bool producer_start(
	struct exchange *ex, const struct request *q, char *block, size_t size)
{
	ex->piece = block + size - PRODUCER_BLOCK_SIZE;
	ex->is_chunked = q->minor > 0 && !q->is_stream;
	return body_produce(ex, ex->segment_count) != PRODUCTION_BROKEN;
}

bool render_answer(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	size_t size = WIRE_BUFFER_SIZE(&host->limits);
	bool is_small = answer_compose(
		ex, q, text_in(ex->text, sizeof ex->text));

	if (is_small && ex->producer == NULL)
		return true;
	/* A buffer holds any: the longest Location is a name and less than a
	 * head. */
	ex->extra = pool_take(&host->buffers);
	if (ex->extra == NULL)
		return false;
	size_t head_max = size - PRODUCER_BLOCK_SIZE;
	if (!is_small && !answer_compose(ex, q, text_in(ex->extra, head_max)))
		return false;
	return ex->producer == NULL || producer_start(ex, q, ex->extra, size);
}

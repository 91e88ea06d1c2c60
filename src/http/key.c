/*
 * Keys (key.h). What http/plan.c, http/lookup.c and http/answer.c read of a
 * request is either here or makes the request one without a key; the time is
 * none of it, which is why conditions that compare dates have none.
 */
#include "http/key.h"

/* Those that decide more than a key says. */
static bool has_more(const struct request *q)
{
	return request_has(q, FIELD_RANGE) || request_has(q, FIELD_IF_MATCH) ||
	       request_has(q, FIELD_IF_UNMODIFIED_SINCE) ||
	       (request_has(q, FIELD_IF_MODIFIED_SINCE) &&
		       !request_has(q, FIELD_IF_NONE_MATCH));
}

/* With its length before it: no value can look like the start of another. */
static bool value_add(const struct request *q, enum field id, struct text *out)
{
	struct span value = { NULL, 0 };
	uint16_t size = 0;

	if (request_has(q, id)) {
		if (!request_has_one(q, id))
			return false;
		value = request_value(q, id);
		size = (uint16_t)(value.len + 1);
	}
	text_add(out, (struct span){ (const char *)&size, sizeof size });
	text_add(out, value);
	return true;
}

bool request_key(const struct request *q, struct text *out)
{
	bool is_read = q->method == METHOD_GET || q->method == METHOD_HEAD;
	char kind = (char)((q->is_stream ? 64 : 0) | q->method << 2 |
			   (q->minor == 0 ? 2 : 0) | (q->keeps_alive ? 1 : 0));

	if (!is_read || q->refusal != 0 || q->framing != FRAMING_NONE ||
		q->form != TARGET_ORIGIN || has_more(q))
		return false;
	text_add_char(out, kind);
	if (!value_add(q, FIELD_ACCEPT_ENCODING, out) ||
		!value_add(q, FIELD_IF_NONE_MATCH, out))
		return false;
	text_add(out, q->target);
	return !out->is_full;
}

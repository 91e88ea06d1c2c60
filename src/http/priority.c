/*
 * Reading priorities (priority.h): a dictionary (RFC 8941 3.2) of which two
 * members matter. Must not know what is done about them. Pure.
 */
#include "http/priority.h"

#include "http/field.h"

/* The member without its parameters. */
static struct span item_of(struct span member)
{
	return span_trim(span_first(member, span_find(member, ';')));
}

static void urgency_read(struct span value, struct priority *p)
{
	if (value.len == 1 && value.at[0] >= '0' && value.at[0] <= '7')
		p->urgency = (uint8_t)(value.at[0] - '0');
}

/* A boolean: the key alone is true (RFC 8941 3.2). */
static void incremental_read(struct span item, struct priority *p)
{
	if (item.len == 1 || span_equal(item, SPAN("i=?1")))
		p->is_incremental = true;
	else if (span_equal(item, SPAN("i=?0")))
		p->is_incremental = false;
}

struct priority priority_read(struct span value)
{
	struct priority p = PRIORITY_DEFAULT;
	struct span member;

	/* Of a key that is repeated the last one counts. */
	while (field_take_element(&value, &member)) {
		struct span item = item_of(member);
		if (span_starts(item, SPAN("u=")))
			urgency_read(span_skip(item, 2), &p);
		else if (span_equal(span_first(item, span_find(item, '=')),
				 SPAN("i")))
			incremental_read(item, &p);
	}
	return p;
}

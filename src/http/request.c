/*
 * Looking fields up in a request that has been parsed (request.h): the lines
 * of one name keep the order in which they came (RFC 9110 5.3). Must not know
 * what a field means, nor how the request was read. Pure.
 */
#include "http/request.h"

bool request_next_line(const struct request *q, enum field id, unsigned *at,
	struct span *value)
{
	unsigned i = *at;

	if (!request_has(q, id))
		return false;
	if (i < q->first[id] - 1U)
		i = q->first[id] - 1U;
	for (; i < q->field_count; i++) {
		if (q->fields[i].id == id) {
			*value = q->fields[i].value;
			*at = i + 1;
			return true;
		}
	}
	*at = i;
	return false;
}

struct span request_value(const struct request *q, enum field id)
{
	if (!request_has(q, id))
		return SPAN("");
	return q->fields[q->first[id] - 1].value;
}

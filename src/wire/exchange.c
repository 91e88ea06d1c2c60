/*
 * The storage of exchanges (exchange.h).
 */
#include "wire/exchange.h"

struct exchange *exchange_take(struct wire_host *host)
{
	struct exchange *ex = pool_take(&host->exchanges);

	if (ex == NULL)
		return NULL;
	/* The plan, the segments and the text are written before they are
	 * read. */
	ex->resource = NULL;
	ex->held = NULL;
	ex->stamp = NULL;
	ex->producer = NULL;
	ex->extra = NULL;
	ex->is_chunked = ex->is_unasked = false;
	ex->segment_count = ex->segment_next = 0;
	return ex;
}

struct exchange *exchange_interim(struct wire_host *host)
{
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct exchange *ex = exchange_take(host);

	if (ex != NULL)
		ex->segments[ex->segment_count++] = (struct segment){
			.at = line, .fd = -1, .len = sizeof line - 1
		};
	return ex;
}

void exchange_put(struct wire_host *host, struct exchange *ex)
{
	if (ex->producer != NULL)
		ex->producer->done(ex->producer);
	if (ex->held != NULL)
		host->on_done(host, ex);
	if (ex->extra != NULL)
		pool_put(&host->buffers, ex->extra);
	pool_put(&host->exchanges, ex);
}

bool exchange_advance(struct exchange *ex, uint64_t *count)
{
	struct segment *s = &ex->segments[ex->segment_next];
	uint64_t step = min_u64(*count, s->len);

	if (s->at != NULL)
		s->at += step;
	s->offset += step;
	s->len -= step;
	*count -= step;
	if (s->len > 0)
		return false;
	ex->segment_next++;
	return true;
}

unsigned exchange_show(
	const struct exchange *ex, struct segment *out, unsigned max)
{
	unsigned count = ex->segment_count - ex->segment_next;

	if (count > max)
		count = max;
	memcpy(out, &ex->segments[ex->segment_next], count * sizeof *out);
	return count;
}

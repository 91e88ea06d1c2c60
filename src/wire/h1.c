/*
 * The HTTP/1 engine (h1.h): from bytes to exchanges and back. Decides nothing
 * about an answer but its framing; must not know files, sockets or clocks.
 */
#include "wire/h1.h"

#include <assert.h>

#include "wire/body.h"
#include "wire/exchange.h"
#include "wire/repeat.h"

/* While draining, the time that a request gets that may be on its way when we
 * begin to: several round trips, and shorter than anybody's patience. */
#define H1_DRAIN_MS 500

static struct h1 *h1_of(struct wire *w)
{
	return container_of(w, struct h1, wire);
}

static struct exchange *exchange_of(struct list *node)
{
	return container_of(node, struct exchange, node);
}

static struct span pending_span(const struct h1 *h)
{
	return (struct span){ h->pending, h->pending_len };
}

static void pending_free(struct h1 *h)
{
	if (h->pending != NULL)
		pool_put(&h->wire.host->buffers, h->pending);
	h->pending = NULL;
	h->pending_len = 0;
}

/* No more requests on this connection; `lingers`: the peer may go on. */
static void h1_end(struct h1 *h, bool lingers)
{
	h->state = H1_ENDING;
	h->wire.lingers |= lingers;
	h->wire.deadline = UINT64_MAX;
	pending_free(h);
}

/* The exchange that is to be sent next, if all of it that there is yet has
 * been; or NULL. */
static struct exchange *h1_waiting(const struct h1 *h)
{
	struct exchange *ex = h->queued == 0 ? NULL
					     : exchange_of(h->queue.next);

	return ex != NULL && exchange_is_waiting(ex) ? ex : NULL;
}

static void exchange_queue(struct h1 *h, struct exchange *ex)
{
	if (ex == NULL)
		return;
	list_add_last(&h->queue, &ex->node);
	h->queued++;
}

/* The exchange of a request whose head is whole, or that is refused. NULL, the
 * connection ending, when there is no memory for one. */
static struct exchange *exchange_make(struct h1 *h, const struct request *q)
{
	struct wire_host *host = h->wire.host;
	struct exchange *ex = exchange_take(host);

	if (ex != NULL) {
		ex->wire = &h->wire;
		if (repeat_answer(host, ex, q))
			return ex;
		exchange_put(host, ex);
	}
	h1_end(h, true);
	return NULL;
}

/* What is known of the request that is held, or begins with `bytes`: above all
 * whether it is a HEAD, whose answer has no body. */
static void request_guess(
	const struct h1 *h, struct span bytes, struct request *q)
{
	if (head_parse(bytes, &h->wire.host->limits, q) == 0)
		q->method = METHOD_UNKNOWN;
	if (h->held != NULL && h->held->plan.is_head)
		q->method = METHOD_HEAD;
	q->minor = 1;
}

/* Ends the connection with an answer to what is no request. */
static void h1_refuse(struct h1 *h, struct span bytes, unsigned status,
	enum reason reason, uint64_t number)
{
	struct request q;

	request_guess(h, bytes, &q);
	q.refusal = status;
	q.refusal_reason = reason;
	q.refusal_number = number;
	if (h->held != NULL)
		exchange_put(h->wire.host, h->held);
	h->held = NULL;
	struct exchange *ex = exchange_make(h, &q);
	if (ex != NULL)
		exchange_queue(h, ex);
	h1_end(h, true);
}

/* Its request is complete: the answer may go. */
static void h1_release(struct h1 *h, struct exchange *ex, bool has_more)
{
	exchange_queue(h, ex);
	h->state = H1_HEAD;
	h->wire.deadline = 0;
	/* Whoever did not ask for the end may be sending on. */
	if (ex->plan.is_last)
		h1_end(h, has_more || ex->is_unasked);
}

/* A whole head, with `rest` behind it. */
static void h1_request(struct h1 *h, const struct request *q, struct span rest)
{
	struct exchange *ex = exchange_make(h, q);

	if (ex == NULL)
		return;
	if (q->refusal != 0) {
		exchange_queue(h, ex);
		h1_end(h, true);
		return;
	}
	ex->is_unasked = q->keeps_alive;
	if (q->framing == FRAMING_NONE) {
		h1_release(h, ex, rest.len > 0);
		return;
	}
	/* Without memory for it the client sends unasked. */
	if (q->expects_continue && rest.len == 0)
		exchange_queue(h, exchange_interim(h->wire.host));
	h->held = ex;
	h->state = H1_BODY;
	h->wire.deadline = 0;
	intake_start(&ex->intake, q);
}

static size_t h1_head(struct h1 *h, struct span bytes)
{
	struct request q;
	size_t size = head_parse(bytes, &h->wire.host->limits, &q);

	if (size == 0 && q.refusal == 0)
		return 0;
	h1_request(h, &q, span_skip(bytes, size));
	return size;
}

static size_t h1_body(struct h1 *h, struct span bytes)
{
	size_t taken = 0;
	uint64_t max = h->wire.host->limits.body_max;

	switch (intake_take(&h->held->intake, bytes, max, &taken)) {
	case INTAKE_MORE:
		break;
	case INTAKE_WHOLE: {
		struct exchange *ex = h->held;
		h->held = NULL;
		h1_release(h, ex, taken < bytes.len);
		break;
	}
	case INTAKE_REFUSED:
		h1_refuse(h, bytes, 400, REASON_BODY_INVALID, 0);
		break;
	case INTAKE_OVERLONG:
		h1_refuse(h, bytes, 413, REASON_BODY_TOO_LARGE, max);
		break;
	}
	return taken;
}

/* May another request be taken up before an answer has been sent? */
static bool may_queue(const struct h1 *h)
{
	const struct pool *pool = &h->wire.host->exchanges;
	bool has_share = pool_used(pool) < pool->max / 2;

	/* What is made while it is sent costs: one at a time for each. */
	return h->queued == 0 ||
	       (h->queued < EXCHANGES_QUEUED_MAX && has_share &&
		       exchange_of(h->queue.prev)->producer == NULL);
}

/* Turns bytes into exchanges until they, the patience or the connection
 * end. Returns how many it has used up. */
static size_t h1_work(struct h1 *h, struct span bytes)
{
	size_t used = 0;

	h->is_full = false;
	while (used < bytes.len && h->state != H1_ENDING) {
		struct span rest = span_skip(bytes, used);
		h->is_full = !may_queue(h);
		if (h->is_full)
			break;
		size_t taken = h->state == H1_BODY ? h1_body(h, rest)
						   : h1_head(h, rest);
		if (taken == 0)
			break;
		used += taken;
	}
	return used;
}

/* Keeps what h1_work left for the next time. */
static void pending_keep(struct h1 *h, struct span left)
{
	if (h->state == H1_ENDING || left.len == 0) {
		h->wire.lingers |= left.len > 0;
		pending_free(h);
		return;
	}
	if (h->pending == NULL)
		h->pending = pool_take(&h->wire.host->buffers);
	if (h->pending == NULL) {
		h1_refuse(h, left, 503, REASON_BUFFERS_FULL, 0);
		return;
	}
	memmove(h->pending, left.at, left.len);
	h->pending_len = (uint32_t)left.len;
}

/* The peer owes us nothing but its next request. */
static bool is_idle(const struct h1 *h)
{
	return h->state == H1_HEAD && h->pending_len == 0 && h->queued == 0;
}

/* The clock of a head or a body starts with its first byte, and a byte now
 * and then does not move it: 0 stands for one that has not been started. */
static void deadline_update(struct h1 *h, uint64_t now)
{
	const struct wire_timeouts *t = &h->wire.host->timeouts;
	const struct exchange *waiting = h1_waiting(h);

	if (waiting != NULL)
		h->wire.deadline = waiting->producer->due;
	else if (h->state == H1_ENDING)
		h->wire.deadline = UINT64_MAX;
	else if (is_idle(h))
		h->wire.deadline =
			now + (h->is_draining ? min_u64(t->idle_ms, H1_DRAIN_MS)
					      : t->idle_ms);
	else if (h->wire.deadline == 0)
		h->wire.deadline = now + (h->state == H1_BODY ? t->body_ms
							      : t->head_ms);
}

static void h1_run(struct h1 *h, struct span bytes, uint64_t now)
{
	size_t used = h1_work(h, bytes);

	pending_keep(h, span_skip(bytes, used));
	deadline_update(h, now);
}

static void h1_done(struct wire *w)
{
	struct h1 *h = h1_of(w);

	while (!list_is_empty(&h->queue)) {
		struct exchange *ex = exchange_of(h->queue.next);
		list_remove(&ex->node);
		exchange_put(h->wire.host, ex);
	}
	if (h->held != NULL)
		exchange_put(h->wire.host, h->held);
	h->held = NULL;
	h->queued = 0;
	h1_end(h, false);
}

/* All that there is of it has been sent: what comes next? False when nothing
 * can. */
static bool h1_sent(struct h1 *h, struct exchange *ex)
{
	switch (body_produce(ex, 0)) {
	case PRODUCTION_PIECE:
	case PRODUCTION_LATER:
		return true;
	case PRODUCTION_END:
		list_remove(&ex->node);
		h->queued--;
		exchange_put(h->wire.host, ex);
		return true;
	case PRODUCTION_BROKEN:
		break;
	}
	h1_done(&h->wire);
	h->wire.lingers = false;
	return false;
}

static void h1_feed(struct wire *w, struct span bytes, uint64_t now)
{
	struct h1 *h = h1_of(w);

	assert(bytes.len <= WIRE_FEED_MAX);
	/* While a body waits. Behind the last one nothing is answered; behind
	 * another, what there is room for. */
	if (h->state == H1_ENDING) {
		assert(h->queued > 0);
		w->lingers = true;
		return;
	}
	if (h->pending_len + bytes.len > WIRE_BUFFER_SIZE(&w->host->limits)) {
		assert(h->queued > 0);
		h1_done(w);
		return;
	}
	if (is_idle(h))
		w->deadline = 0;
	if (h->pending == NULL) {
		h1_run(h, bytes, now);
		return;
	}
	memcpy(h->pending + h->pending_len, bytes.at, bytes.len);
	h->pending_len += (uint32_t)bytes.len;
	if (h->state == H1_HEAD && !head_is_worth_a_look(pending_span(h),
					   bytes.len, &w->host->limits))
		return;
	h1_run(h, pending_span(h), now);
}

/* Has the peer begun something that it has not ended? */
static bool has_begun(const struct h1 *h)
{
	return h->state == H1_BODY || head_has_begun(pending_span(h));
}

static void h1_peer_end(struct wire *w, uint64_t now)
{
	struct h1 *h = h1_of(w);

	(void)now;
	if (h1_waiting(h) != NULL) /* nobody listens any more */
		h1_done(w);
	else if (has_begun(h))
		h1_refuse(h, pending_span(h), 400, REASON_BODY_CUT, 0);
	else
		h1_end(h, false);
	w->lingers = false;
}

static void h1_expire(struct wire *w, uint64_t now)
{
	struct h1 *h = h1_of(w);
	struct exchange *ex = h1_waiting(h);

	if (ex != NULL) {
		if (h1_sent(h, ex))
			deadline_update(h, now);
		return;
	}
	if (has_begun(h))
		h1_refuse(h, pending_span(h), 408, REASON_HEAD_TIMEOUT, 0);
	else
		h1_end(h, h->pending_len > 0);
}

static int h1_pull(
	struct wire *w, struct segment *out, unsigned max, uint64_t now)
{
	struct h1 *h = h1_of(w);
	struct list *node;
	unsigned count = 0;

	/* Requests that waited for the queue to empty. */
	if (h->queued == 0 && h->is_full && h->pending_len > 0)
		h1_run(h, pending_span(h), now);
	for (node = h->queue.next; node != &h->queue && count < max;
		node = node->next) {
		struct exchange *ex = exchange_of(node);
		count += exchange_show(ex, out + count, max - count);
		if (ex->producer != NULL)
			break; /* its next piece comes first */
	}
	w->is_final = h->state == H1_ENDING && node == &h->queue && count < max;
	bool is_over = h->state == H1_ENDING && list_is_empty(&h->queue);
	return is_over ? -1 : (int)count;
}

static bool h1_is_idle(const struct wire *w)
{
	return is_idle(container_of(w, struct h1, wire));
}

static void h1_drain(struct wire *w, uint64_t now)
{
	struct h1 *h = h1_of(w);

	h->is_draining = true;
	if (is_idle(h))
		deadline_update(h, now);
}

static void h1_advance(struct wire *w, uint64_t count, uint64_t now)
{
	struct h1 *h = h1_of(w);

	while (!list_is_empty(&h->queue) && h1_waiting(h) == NULL) {
		struct exchange *ex = exchange_of(h->queue.next);
		if (!exchange_advance(ex, &count))
			break;
		if (ex->segment_next == ex->segment_count && !h1_sent(h, ex))
			return;
	}
	assert(count == 0);
	/* While we send we do not read: the peer's time, for its next request
	 * or for the rest of one, begins when this is done. */
	if (h->queued == 0)
		w->deadline = 0;
	if (h->queued == 0 || h1_waiting(h) != NULL)
		deadline_update(h, now);
}

static const struct wire_ops h1_ops = {
	.feed = h1_feed,
	.end = h1_peer_end,
	.expire = h1_expire,
	.pull = h1_pull,
	.advance = h1_advance,
	.is_idle = h1_is_idle,
	.front = h1_front,
	.drain = h1_drain,
	.done = h1_done,
};

void h1_init(struct h1 *h, struct wire_host *host, uint64_t now)
{
	*h = (struct h1){ .wire = { .ops = &h1_ops, .host = host } };
	list_init(&h->queue);
	deadline_update(h, now);
}

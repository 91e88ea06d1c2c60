/*
 * Telling HTTP/2 from HTTP/1 (hello.h). What has come of a preface need not be
 * kept: it is known. Must not know what either does.
 */
#include "wire/hello.h"

/* While draining, as long as an idle connection has. */
#define HELLO_DRAIN_MS 500

static union wire_storage *storage_of(struct wire *w)
{
	return container_of(w, union wire_storage, wire);
}

static struct hello *hello_of(const struct wire *w)
{
	return container_of(w, struct hello, wire);
}

static struct span preface_seen(const struct wire *w)
{
	return (struct span){ H2_PREFACE_BYTES, hello_of(w)->seen };
}

/* It is HTTP/1, and gets what was held back. */
static struct wire *become_h1(struct wire *w, uint64_t now)
{
	struct span seen = preface_seen(w);
	bool is_draining = hello_of(w)->is_draining;

	h1_init(&storage_of(w)->h1, w->host, now);
	if (is_draining)
		w->ops->drain(w, now);
	if (seen.len > 0)
		w->ops->feed(w, seen, now);
	return w;
}

/* False where there is no memory for it: HTTP/1 answers that it does not know
 * this version. */
static bool become_h2(struct wire *w, uint64_t now)
{
	struct span seen = preface_seen(w);
	bool is_draining = hello_of(w)->is_draining;

	if (!h2_init(&storage_of(w)->h2, w->host, false, now))
		return false;
	if (is_draining)
		w->ops->drain(w, now);
	if (seen.len > 0)
		w->ops->feed(w, seen, now);
	return true;
}

static void hello_feed(struct wire *w, struct span bytes, uint64_t now)
{
	struct hello *h = hello_of(w);
	struct span rest = span_skip(SPAN(H2_PREFACE_BYTES), h->seen);
	bool is_preface = w->host->sessions.max > 0 &&
			  span_starts(rest, span_first(bytes, rest.len));

	if (is_preface && bytes.len < rest.len) {
		if (h->seen == 0)
			w->deadline = now + w->host->timeouts.head_ms;
		h->seen += (uint8_t)bytes.len;
		return;
	}
	if (!is_preface || !become_h2(w, now))
		become_h1(w, now);
	w->ops->feed(w, bytes, now);
}

static void hello_end(struct wire *w, uint64_t now)
{
	become_h1(w, now)->ops->end(w, now);
}

static void hello_expire(struct wire *w, uint64_t now)
{
	become_h1(w, now)->ops->expire(w, now);
}

static int hello_pull(
	struct wire *w, struct segment *out, unsigned max, uint64_t now)
{
	(void)w;
	(void)out;
	(void)max;
	(void)now;
	return 0;
}

static void hello_advance(struct wire *w, uint64_t count, uint64_t now)
{
	(void)w;
	(void)count;
	(void)now;
}

static bool hello_is_idle(const struct wire *w)
{
	return hello_of(w)->seen == 0;
}

static const struct exchange *hello_front(const struct wire *w)
{
	(void)w;
	return NULL;
}

static void hello_drain(struct wire *w, uint64_t now)
{
	struct hello *h = hello_of(w);
	uint64_t idle_ms = w->host->timeouts.idle_ms;

	h->is_draining = true;
	if (h->seen == 0)
		w->deadline = now + min_u64(idle_ms, HELLO_DRAIN_MS);
}

static void hello_done(struct wire *w)
{
	(void)w;
}

void hello_init(
	union wire_storage *storage, struct wire_host *host, uint64_t now)
{
	static const struct wire_ops ops = {
		.feed = hello_feed,
		.end = hello_end,
		.expire = hello_expire,
		.pull = hello_pull,
		.advance = hello_advance,
		.is_idle = hello_is_idle,
		.front = hello_front,
		.drain = hello_drain,
		.done = hello_done,
	};

	storage->hello = (struct hello){
		.wire = { .ops = &ops,
			.host = host,
			.deadline = now + host->timeouts.idle_ms },
	};
}

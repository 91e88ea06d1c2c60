/*
 * The admin listener's answers (admin_site.h). Decided like all others, by
 * plan_response, from resources that are no files. Reading is all that can be
 * done here, but what is read is not for everybody: a page of another site
 * must get at it neither by a name of its own that leads to this machine (DNS
 * rebinding), nor from a script.
 */
#include "server/admin_site.h"

#include <errno.h>
#include <stdlib.h>

#include "base/digest.h"
#include "http/authority.h"
#include "io/process.h"
#include "server/conn.h"
#include "server/snapshot_json.h"
#include "server/xray_page.h"

/* What goes with every answer, in the language of _headers. */
#define RULES_HEAD "/*\n  Content-Security-Policy: "
#define RULES_TAIL \
	"\n  Cross-Origin-Resource-Policy: same-origin" \
	"\n  Cross-Origin-Opener-Policy: same-origin" \
	"\n  Referrer-Policy: no-referrer\n"
#define RULES_SIZE 1024

#define GREETING_SIZE (128 + (LISTENERS_MAX + 1) * (NET_TEXT_SIZE + 3))

static struct admin_site *site_of(struct wire_host *host)
{
	return container_of(host, struct admin_site, wire);
}

/* Who made a browser ask (RFC 6454 7); empty where it was no script. */
static struct span origin_of(const struct request *q)
{
	for (unsigned i = 0; i < q->field_count; i++) {
		if (span_equal_nocase(q->fields[i].name, SPAN("origin")))
			return q->fields[i].value;
	}
	return SPAN("");
}

/* A client without a Host (HTTP/1.0) is no browser. */
static bool is_welcome(const struct request *q)
{
	struct span origin = origin_of(q);

	if (q->authority.len > 0 && !authority_is_local(q->authority))
		return false;
	if (origin.len == 0)
		return true;
	if (!span_starts(origin, SPAN("http://")))
		return false;
	return span_equal_nocase(span_skip(origin, 7), q->authority);
}

/* A body in memory, of the type that `name` has. */
static void body_set(struct resource *r, struct span name, struct span body)
{
	*r = (struct resource){ .kind = RESOURCE_FILE, .name = name };
	r->variants[CODING_IDENTITY] = (struct variant){
		.exists = true, .fd = -1, .bytes = body.at, .size = body.len
	};
}

static void health_answer(struct admin_site *s, struct exchange *ex)
{
	(void)ex;
	body_set(&s->resource, SPAN("healthz.txt"), SPAN("ok\n"));
}

static void ready_answer(struct admin_site *s, struct exchange *ex)
{
	const struct roster *r = s->scope.roster;
	struct span words = SPAN("ready\n");

	(void)ex;
	if (r->is_draining)
		words = SPAN("draining\n");
	else if (!roster_is_ready(r))
		words = SPAN("starting\n");
	body_set(&s->resource, SPAN("readyz.txt"), words);
}

static void page_answer(struct admin_site *s, struct exchange *ex)
{
	(void)ex;
	s->resource = s->page;
}

static void json_answer(struct admin_site *s, struct exchange *ex)
{
	struct frame *frame = feed_event(&s->feed);

	if (frame == NULL) {
		s->resource = (struct resource){ .kind = RESOURCE_BUSY };
		return;
	}
	ex->held = frame;
	body_set(&s->resource, SPAN("xray.json"), frame_json(frame));
}

static void string_add(struct text *out, const char *text)
{
	text_add_char(out, '"');
	text_add(out, span_of(text));
	text_add_char(out, '"');
}

/* Which connection of the table is the reader's own, and which are of this
 * listener; and how long a browser is to wait before it comes back. */
static void greeting_write(
	const struct listeners *own, const struct wire *w, struct text *out)
{
	struct net_address peer;
	char where[NET_TEXT_SIZE] = "";

	if (net_peer(conn_of_wire(w)->fd, &peer) == 0 && !net_is_unix(&peer))
		net_write(&peer, where);
	text_add_literal(out, "retry: 1000\nevent: you\ndata: {\"peer\":");
	string_add(out, where);
	text_add_literal(out, ",\"admin\":[");
	for (unsigned i = 0; i < own->count; i++) {
		if (net_is_unix(&own->addresses[i]))
			continue;
		if (i > 0)
			text_add_char(out, ',');
		net_write(&own->addresses[i], where);
		string_add(out, where);
	}
	text_add_literal(out, "]}\n\n");
}

static void events_answer(struct admin_site *s, struct exchange *ex)
{
	char storage[GREETING_SIZE];
	struct text greeting = text_in(storage, sizeof storage);

	s->resource = (struct resource){ .kind = RESOURCE_BUSY };
	greeting_write(s->scope.listeners, ex->wire, &greeting);
	ex->producer = feed_stream(&s->feed, text_span(&greeting));
	if (ex->producer != NULL)
		s->resource.kind = RESOURCE_EVENTS;
}

static void root_answer(struct admin_site *s, struct exchange *ex)
{
	(void)ex;
	s->resource = (struct resource){
		.kind = RESOURCE_MOVED, .status = 302, .location = SPAN("/xray")
	};
}

static const struct route {
	const char *path;
	/* Sets s->resource, and what ex holds of it. */
	void (*answer)(struct admin_site *s, struct exchange *ex);
	bool is_fixed; /* the same for as long as we live */
} routes[] = {
	{ "/", root_answer, true },
	{ "/healthz", health_answer, false },
	{ "/readyz", ready_answer, false },
	{ "/xray", page_answer, true },
	{ "/xray.json", json_answer, false },
	{ "/xray/events", events_answer, false },
};

static const struct route *route_find(struct span path)
{
	for (size_t i = 0; i < array_count(routes); i++) {
		if (span_equal(path, span_of(routes[i].path)))
			return &routes[i];
	}
	return NULL;
}

/* What is true now has no tag, no date and no ranges: it is whole, or is asked
 * for again. */
static void fleeting_set(struct plan *p)
{
	p->says_etag = p->says_ranges = p->varies_coding = false;
	p->cache_control = SPAN("no-store");
}

/* The conditions and ranges of a request make sense for what stays. */
static void conditions_drop(struct request *q)
{
	memset(q->first, 0, sizeof q->first);
}

/* What a HEAD or an error does not send. */
static void producer_drop(struct exchange *ex)
{
	if (ex->producer == NULL ||
		(ex->plan.source == BODY_EVENTS && !ex->plan.is_head))
		return;
	ex->producer->done(ex->producer);
	ex->producer = NULL;
}

static void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	static struct request own;
	struct admin_site *s = site_of(host);
	const struct route *route = NULL;

	own = *q;
	if (own.refusal == 0 && s->has_names && !is_welcome(q)) {
		own.refusal = 421;
		own.refusal_reason = REASON_HOST_FOREIGN;
	}
	s->resource = (struct resource){ .kind = RESOURCE_ABSENT };
	if (plan_needs_resource(&own))
		route = route_find(own.path);
	if (route != NULL)
		route->answer(s, ex);
	if (route != NULL && !route->is_fixed)
		conditions_drop(&own);
	ex->resource = &s->resource;
	ex->plan = plan_response(
		&own, ex->resource, &s->policy, (uint64_t)s->loop->wall_s);
	if (route != NULL && !route->is_fixed)
		fleeting_set(&ex->plan);
	if (route != NULL && route->answer == ready_answer &&
		!roster_is_ready(s->scope.roster)) {
		ex->plan.status = 503;
		ex->plan.says_retry = true;
	}
	producer_drop(ex);
}

static bool on_repeat(struct wire_host *host, struct exchange *ex, void *held)
{
	(void)host;
	(void)ex;
	(void)held;
	return false;
}

/* All that is ever held is a picture. */
static void on_done(struct wire_host *host, struct exchange *ex)
{
	(void)host;
	frame_put(ex->held);
}

static struct admin_site *site_of_feed(struct feed *f)
{
	return container_of(f, struct admin_site, feed);
}

/* Workers tell what they are doing for a while after they have been asked. */
static void bell_ring(const struct admin_site *s)
{
	int bell = s->scope.bell;

	if (bell >= 0 && process_send(bell, "", 1, -1) < 0)
		return;
}

static int picture_draw(struct feed *f, struct text *out)
{
	struct admin_site *s = site_of_feed(f);
	struct snapshot *now = s->snapshots[s->taken % 2];
	const struct snapshot *before =
		s->taken == 0 ? NULL : s->snapshots[(s->taken + 1) % 2];
	static struct diagnoses diagnoses;

	bell_ring(s);
	int res = snapshot_look(now, before, s->scope.visit, s->scope.master);
	if (res < 0)
		return res;
	s->taken++;
	diagnose(now, &diagnoses);
	snapshot_json(now, &diagnoses, out);
	return 0;
}

static void health_write(struct feed *f, struct text *out)
{
	const struct roster *r = site_of_feed(f)->scope.roster;

	text_add_literal(out, "event: health\ndata: ");
	text_add(out, r->is_draining       ? SPAN("\"draining\"")
		      : roster_is_ready(r) ? SPAN("\"ready\"")
					   : SPAN("\"starting\""));
	text_add_literal(out, "\n\n");
}

static void page_set(struct admin_site *s)
{
	char digest[DIGEST_LENGTH];
	struct variant *v = &s->page.variants[CODING_IDENTITY];
	struct text tag = text_in(v->etag, sizeof v->etag);

	body_set(&s->page, SPAN("xray.html"), xray_html());
	digest_of(xray_html(), digest);
	text_add_char(&tag, '"');
	text_add(&tag, (struct span){ digest, sizeof digest });
	text_add_char(&tag, '"');
	v->etag_len = (uint8_t)tag.len;
	s->page.mtime = s->loop->wall_s;
}

static void rule_wrong(
	struct rules_report *report, unsigned line, struct span words)
{
	(void)report;
	(void)line;
	(void)words;
}

/* They are ours: a mistake in them is a fault of the build. */
static int rules_set(struct admin_site *s)
{
	static char text_storage[RULES_SIZE], decoded_storage[RULES_SIZE];
	struct text text = text_in(text_storage, sizeof text_storage);
	struct text decoded = text_in(decoded_storage, sizeof decoded_storage);
	struct rules_report report = { .say = rule_wrong };
	struct headers *headers = malloc(sizeof *headers);

	if (headers == NULL)
		return -ENOMEM;
	text_add_literal(&text, RULES_HEAD);
	text_add(&text, xray_csp());
	text_add_literal(&text, RULES_TAIL);
	unsigned wrong = headers_parse(
		headers, text_span(&text), &decoded, &report);
	if (text.is_full || wrong > 0) {
		free(headers);
		return -EINVAL;
	}
	s->policy.headers = headers;
	return 0;
}

int admin_site_init(struct admin_site *s, const struct loop *loop,
	const struct admin_scope *scope)
{
	*s = (struct admin_site){ .scope = *scope,
		.loop = loop,
		.snapshots = { malloc(sizeof *s->snapshots[0]),
			malloc(sizeof *s->snapshots[1]) },
		.has_names = !net_is_unix(&scope->listeners->addresses[0]) };
	if (s->snapshots[0] == NULL || s->snapshots[1] == NULL)
		return -ENOMEM;
	s->wire.on_exchange = on_exchange;
	s->wire.on_repeat = on_repeat;
	s->wire.on_done = on_done;
	page_set(s);
	int res = feed_init(&s->feed, loop);
	s->feed.draw = picture_draw;
	s->feed.lead = health_write;
	return res < 0 ? res : rules_set(s);
}

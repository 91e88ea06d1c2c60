/*
 * The decision (plan.h), step by step in the order in which RFC 9110 takes
 * them: method, resource, content coding, conditions, range. Each step notes
 * its reason. Must not know how anything is sent or read.
 */
#include "http/plan.h"

#include "http/coding.h"
#include "http/cond.h"
#include "http/hashed.h"
#include "http/listing.h"
#include "http/mime.h"

static void plan_status(struct plan *p, unsigned status)
{
	p->status = status;
	p->source = BODY_PAGE;
	p->cache_control = SPAN("no-store");
	trail_note(&p->trail, REASON_CACHE_NO_STORE);
}

static void plan_refuse(struct plan *p, const struct request *q)
{
	trail_add(&p->trail, q->refusal_reason, q->refusal_number, 0);
	plan_status(p, q->refusal);
}

/* A browser asks whether a script of another origin may ask (Fetch 4.8). */
static bool is_preflight(const struct request *q)
{
	return request_has(q, FIELD_ACCESS_CONTROL_REQUEST_METHOD);
}

static void plan_options(
	struct plan *p, const struct request *q, const struct policy *policy)
{
	p->says_preflight = policy->allows_origins && is_preflight(q);
	trail_note(&p->trail, p->says_preflight ? REASON_METHOD_PREFLIGHT
						: REASON_METHOD_OPTIONS);
	p->status = 204;
	p->source = BODY_EMPTY;
	p->says_allow = true;
}

/* Methods that need no file (RFC 9110 9.3.7, 15.5.6, 15.6.2). */
static void plan_method(
	struct plan *p, const struct request *q, const struct policy *policy)
{
	enum method method = q->method;

	if (method == METHOD_OPTIONS) {
		plan_options(p, q, policy);
	} else if (method == METHOD_NOT_SERVED) {
		trail_note(&p->trail, REASON_METHOD_NOT_SERVED);
		plan_status(p, 405);
		p->says_allow = true;
	} else {
		trail_note(&p->trail, REASON_METHOD_UNKNOWN);
		plan_status(p, 501);
	}
}

/*
 * Whoever came before a variant was made holds identity, which is as good as
 * it was: a reload is to be a 304, and not the same bytes once more. Of other
 * codings it is not known that whoever asks takes them: a shared cache lists
 * what it holds for all its clients.
 */
static enum coding coding_held(const struct request *q,
	const struct resource *r, enum coding chosen, struct trail *trail)
{
	const struct variant *identity = &r->variants[CODING_IDENTITY];

	if (!r->variants[chosen].is_made ||
		!cond_is_held(q, variant_etag(identity)))
		return chosen;
	trail_note(trail, REASON_CODING_HELD);
	return CODING_IDENTITY;
}

/* Which variant, and whether another client might have got another one. */
static void plan_variant(
	struct plan *p, const struct request *q, const struct resource *r)
{
	struct mime mime = mime_find(r->name);
	bool has_coded = r->variants[CODING_GZIP].exists ||
			 r->variants[CODING_BR].exists ||
			 r->variants[CODING_ZSTD].exists;

	p->type = mime.type;
	p->varies_coding = has_coded || mime.is_compressible;
	p->coding = coding_choose(q, r, &p->trail);
	p->coding = coding_held(q, r, p->coding, &p->trail);
	if (mime.is_compressible)
		p->wanted_codings = coding_wanted(q, r, p->coding, &p->trail);
	p->size = r->variants[p->coding].size;
	p->source = BODY_VARIANT;
}

static void plan_not_modified(struct plan *p)
{
	p->status = 304;
	p->source = BODY_EMPTY;
}

static void plan_range(
	struct plan *p, const struct request *q, const struct validators *v)
{
	struct trail *trail = &p->trail;

	if (!request_has(q, FIELD_RANGE))
		return;
	if (q->method != METHOD_GET) {
		trail_note(trail, REASON_RANGE_METHOD);
		return;
	}
	if (!request_has_one(q, FIELD_RANGE)) {
		trail_note(trail, REASON_RANGE_REPEATED);
		return;
	}
	if (!cond_range_applies(q, v, trail))
		return;
	switch (range_choose(
		request_value(q, FIELD_RANGE), p->size, &p->ranges, trail)) {
	case RANGE_WHOLE:
		break;
	case RANGE_PARTIAL:
		p->status = 206;
		p->source = p->ranges.count > 1 ? BODY_MULTIPART : BODY_RANGE;
		break;
	case RANGE_UNSATISFIABLE:
		plan_status(p, 416);
		p->says_etag = false;
		break;
	}
}

/* What stands for another name changes when that name comes to life. */
static void plan_cache(struct plan *p, const struct resource *r)
{
	enum reason why = REASON_CACHE_STAND_IN;

	p->cache_control = !r->is_stand_in && hashed_is(r->name, &why)
				   ? SPAN("public, max-age=31536000, immutable")
				   : SPAN("no-cache");
	trail_note(&p->trail, why);
}

static void plan_file(
	struct plan *p, const struct request *q, const struct resource *r)
{
	plan_variant(p, q, r);
	/* RFC 9110 8.8.2.1: never later than the answer itself. */
	p->modified = r->mtime < p->date ? r->mtime : p->date;
	struct validators v = {
		.etag = variant_etag(&r->variants[p->coding]),
		.modified = p->modified,
		.now = p->date,
	};

	p->status = 200;
	p->says_etag = true;
	p->says_ranges = true;
	switch (cond_check(q, &v, &p->trail)) {
	case COND_PASS:
		plan_range(p, q, &v);
		break;
	case COND_NOT_MODIFIED:
		plan_not_modified(p);
		break;
	case COND_FAILED:
		plan_status(p, 412);
		p->says_etag = false;
		p->says_ranges = false;
		break;
	}
	if (p->status < 400)
		plan_cache(p, r);
}

static void plan_absent(
	struct plan *p, const struct request *q, const struct resource *r)
{
	plan_status(p, 404);
	if (r->variants[CODING_IDENTITY].exists)
		plan_variant(p, q, r); /* the site's 404.html */
}

/* Has no validators: what it shows may change without a trace in them. */
static void plan_listing(struct plan *p, const struct request *q)
{
	const struct validators none = { .now = p->date, .is_undated = true };

	p->listing = listing_format_choose(q);
	p->type = listing_type(p->listing);
	p->status = 200;
	p->source = BODY_LISTING;
	switch (cond_check(q, &none, &p->trail)) {
	case COND_PASS:
		break;
	case COND_NOT_MODIFIED:
		plan_not_modified(p);
		break;
	case COND_FAILED:
		plan_status(p, 412);
		return;
	}
	p->cache_control = SPAN("no-cache");
	trail_note(&p->trail, REASON_CACHE_LISTING);
}

/* Each client has events of its own, from its own moment on. */
static void plan_events(struct plan *p)
{
	p->status = 200;
	p->source = BODY_EVENTS;
	p->type = SPAN("text/event-stream");
	p->cache_control = SPAN("no-store");
	trail_note(&p->trail, REASON_CACHE_EVENTS);
}

static void plan_moved(struct plan *p, const struct resource *r)
{
	p->status = r->status;
	p->source = BODY_PAGE;
	p->says_location = true;
	p->cache_control = SPAN("no-cache");
	trail_note(&p->trail, REASON_CACHE_REVALIDATE);
}

static void plan_directory(struct plan *p)
{
	p->status = 301;
	p->source = BODY_PAGE;
	p->says_location = true;
	p->cache_control = SPAN("no-cache");
	trail_note(&p->trail, REASON_CACHE_REVALIDATE);
}

static void plan_resource(
	struct plan *p, const struct request *q, const struct resource *r)
{
	trail_note(&p->trail, REASON_METHOD_SERVED);
	p->varies_accept = r->varies_accept;
	switch (r->kind) {
	case RESOURCE_FILE:
		plan_file(p, q, r);
		break;
	case RESOURCE_DIRECTORY:
		plan_directory(p);
		break;
	case RESOURCE_MOVED:
		plan_moved(p, r);
		break;
	case RESOURCE_LISTING:
		plan_listing(p, q);
		break;
	case RESOURCE_EVENTS:
		plan_events(p);
		break;
	case RESOURCE_ABSENT:
		plan_absent(p, q, r);
		break;
	case RESOURCE_FORBIDDEN:
		plan_status(p, 403);
		break;
	case RESOURCE_BUSY:
		plan_status(p, 503);
		p->says_retry = true;
		break;
	case RESOURCE_BROKEN:
		plan_status(p, 500);
		break;
	case RESOURCE_UNNAMED:
		plan_status(p, 400);
		break;
	case RESOURCE_OVERLONG:
		plan_status(p, 414);
		break;
	}
}

/* Is the answer about the very file that was asked for? 206 and 304 are. */
static bool is_itself(const struct plan *p, const struct resource *r)
{
	return r != NULL && r->kind == RESOURCE_FILE && !r->is_stand_in &&
	       (p->status == 200 || p->status == 206 || p->status == 304);
}

/* Which rules of the site's _headers apply (headers.h). */
static void plan_headers(
	struct plan *p, const struct resource *r, const struct headers *headers)
{
	if (headers == NULL)
		return;
	p->headers = headers;
	p->header_match = headers_match(
		headers, resource_asked(r), !is_itself(p, r));
	for (unsigned i = 0; i < p->header_match.count; i++)
		trail_add(&p->trail, REASON_RULE_HEADERS,
			headers_rule_line(headers, p->header_match.rules[i]),
			0);
	if (p->header_match.is_cut)
		trail_add(&p->trail, REASON_RULE_HEADERS_CUT, HEADERS_MATCH_MAX,
			0);
}

/* RFC 9112 9.3, 9.6; 6.3: without chunks a body of unknown length ends with
 * the connection. */
static void plan_connection(
	struct plan *p, const struct request *q, bool is_draining)
{
	bool is_endless = plan_is_produced(p) && !p->is_head && q->minor == 0;

	if (q->is_stream) {
		trail_note(&p->trail, REASON_CONNECTION_STREAM);
		return;
	}
	if (q->refusal != 0)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_ERROR);
	else if (!q->keeps_alive)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_ASKED);
	else if (is_draining)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_DRAIN);
	else if (is_endless)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_LENGTH);
	else
		trail_note(&p->trail, REASON_CONNECTION_KEPT);
	p->is_last = q->refusal != 0 || !q->keeps_alive || is_draining ||
		     is_endless;
}

bool plan_needs_resource(const struct request *q)
{
	return q->refusal == 0 &&
	       (q->method == METHOD_GET || q->method == METHOD_HEAD);
}

struct plan plan_response(const struct request *q, const struct resource *r,
	const struct policy *policy, uint64_t now)
{
	struct plan p = {
		.date = (int64_t)now,
		.is_head = q->method == METHOD_HEAD,
		.says_origins = policy->allows_origins,
	};

	if (q->refusal != 0)
		plan_refuse(&p, q);
	else if (plan_needs_resource(q))
		plan_resource(&p, q, r);
	else
		plan_method(&p, q, policy);
	plan_headers(&p, r, policy->headers);
	plan_connection(&p, q, policy->is_draining);
	return p;
}

/*
 * The decision (plan.h), step by step in the order in which RFC 9110 takes
 * them: method, resource, content coding, conditions, range. Each step notes
 * its reason. Must not know how anything is sent or read.
 */
#include "http/plan.h"

#include "http/coding.h"
#include "http/cond.h"
#include "http/hashed.h"
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

/* Methods that need no file (RFC 9110 9.3.7, 15.5.6, 15.6.2). */
static void plan_method(struct plan *p, enum method method)
{
	if (method == METHOD_OPTIONS) {
		trail_note(&p->trail, REASON_METHOD_OPTIONS);
		p->status = 204;
		p->source = BODY_EMPTY;
		p->says_allow = true;
	} else if (method == METHOD_NOT_SERVED) {
		trail_note(&p->trail, REASON_METHOD_NOT_SERVED);
		plan_status(p, 405);
		p->says_allow = true;
	} else {
		trail_note(&p->trail, REASON_METHOD_UNKNOWN);
		plan_status(p, 501);
	}
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
	p->says_vary = has_coded || mime.is_compressible;
	p->coding = coding_choose(q, r, &p->trail);
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

static void plan_cache(struct plan *p, struct span name)
{
	enum reason why = REASON_CACHE_REVALIDATE;

	p->cache_control = hashed_is(name, &why)
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
		plan_cache(p, r->name);
}

static void plan_absent(
	struct plan *p, const struct request *q, const struct resource *r)
{
	plan_status(p, 404);
	if (r->variants[CODING_IDENTITY].exists)
		plan_variant(p, q, r); /* the site's 404.html */
}

static void plan_resource(
	struct plan *p, const struct request *q, const struct resource *r)
{
	trail_note(&p->trail, REASON_METHOD_SERVED);
	switch (r->kind) {
	case RESOURCE_FILE:
		plan_file(p, q, r);
		break;
	case RESOURCE_DIRECTORY:
		p->status = 301;
		p->source = BODY_PAGE;
		p->says_location = true;
		p->cache_control = SPAN("no-cache");
		trail_note(&p->trail, REASON_CACHE_REVALIDATE);
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
	}
}

/* RFC 9112 9.3, 9.6. */
static void plan_connection(
	struct plan *p, const struct request *q, bool is_draining)
{
	if (q->refusal != 0)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_ERROR);
	else if (!q->keeps_alive)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_ASKED);
	else if (is_draining)
		trail_note(&p->trail, REASON_CONNECTION_CLOSE_DRAIN);
	else
		trail_note(&p->trail, REASON_CONNECTION_KEPT);
	p->is_last = q->refusal != 0 || !q->keeps_alive || is_draining;
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
	};

	if (q->refusal != 0)
		plan_refuse(&p, q);
	else if (plan_needs_resource(q))
		plan_resource(&p, q, r);
	else
		plan_method(&p, q->method);
	plan_connection(&p, q, policy->is_draining);
	return p;
}

/*
 * The conductor (respond.h). The only caller of files_open.
 */
#include "server/respond.h"

#include "server/lister.h"

/* Tries the names in the lookup's order. */
static void file_find(struct files *files, struct decision *d)
{
	struct lookup *l = &d->lookup;

	while (l->state != LOOKUP_ENDED) {
		enum resource_kind found = files_open(
			files, lookup_name(l), &d->file);
		bool is_taken = lookup_next(l, found);
		if (found == RESOURCE_FILE && !is_taken) {
			file_put(files, d->file);
			d->file = NULL;
		}
	}
}

/*
 * The facts that the plan is made from: the file's own when it is what was
 * asked for, else `own`, with the name of a directory, or with the variants of
 * what stands in.
 */
static void resource_set(struct decision *d)
{
	const struct lookup *l = &d->lookup;

	if (l->kind == RESOURCE_FILE && !l->is_stand_in &&
		l->policy->headers == NULL) {
		d->resource = &d->file->resource;
		return;
	}
	if (d->file != NULL)
		d->own = d->file->resource;
	else
		d->own = (struct resource){ .name = lookup_name(l) };
	d->own.kind = l->kind;
	d->own.is_stand_in = l->is_stand_in;
	d->own.varies_accept = l->varies_accept;
	d->own.status = l->status;
	d->own.location = lookup_location(l);
	d->own.asked = lookup_asked(l);
	d->resource = &d->own;
}

/* A directory is opened before anything is promised about it. */
static void listing_open(
	struct files *files, const struct request *q, struct decision *d)
{
	struct lookup *l = &d->lookup;

	if (l->kind == RESOURCE_LISTING)
		l->kind = lister_open(files_fs(files), d->directories,
			lookup_name(l), listing_format_choose(q), &d->producer);
}

/* A 304, a 412 or a HEAD needs no body after all. */
static void listing_close(struct decision *d)
{
	bool is_sent = d->plan.source == BODY_LISTING && !d->plan.is_head;

	if (d->producer == NULL || is_sent)
		return;
	d->producer->done(d->producer);
	d->producer = NULL;
}

void respond_decide(struct files *files, const struct policy *policy,
	const struct request *q, int64_t wall_s, struct decision *d)
{
	d->file = NULL;
	d->resource = NULL;
	d->producer = NULL;
	d->lookup.trail.count = 0;
	if (plan_needs_resource(q)) {
		lookup_start(&d->lookup, q, policy);
		file_find(files, d);
		listing_open(files, q, d);
		resource_set(d);
	}
	d->plan = plan_response(q, d->resource, policy, (uint64_t)wall_s);
	listing_close(d);
}

static struct respond *respond_of(struct wire_host *host)
{
	return container_of(host, struct respond, wire);
}

void respond_refresh(struct respond *r)
{
	site_refresh(&r->site, r->files, &r->policy);
}

static void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	struct respond *r = respond_of(host);
	struct decision *d = &r->decision;

	respond_refresh(r);
	respond_decide(r->files, &r->policy, q, r->loop->wall_s, d);
	ex->plan = d->plan;
	ex->held = d->file;
	ex->producer = d->producer;
	ex->resource = d->resource;
	if (d->plan.wanted_codings != 0 && r->squeeze != NULL)
		r->squeeze->want(r->squeeze, d->file, d->plan.wanted_codings);
}

static void on_done(struct wire_host *host, struct exchange *ex)
{
	file_put(respond_of(host)->files, ex->held);
}

void respond_init(struct respond *r)
{
	r->wire.on_exchange = on_exchange;
	r->wire.on_done = on_done;
	r->directories = (struct directories){ 0 };
	r->decision.directories = &r->directories;
}

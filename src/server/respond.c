/*
 * The conductor (respond.h). The only caller of files_open.
 */
#include "server/respond.h"

#include "server/lister.h"

/* Tries the names in the lookup's order. */
static void file_find(struct files *files, struct decision *d)
{
	struct lookup *l = &d->lookup;

	d->opened = 0;
	while (l->state != LOOKUP_ENDED) {
		enum resource_kind found = files_open(
			files, lookup_name(l), &d->file);
		bool is_taken = lookup_next(l, found);
		d->opened++;
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
	uint64_t changes = r->site.changes;

	site_refresh(&r->site, r->files, &r->policy);
	if (r->site.changes != changes)
		repeats_clear(&r->repeats);
}

/*
 * What the answer stays the same for. The first name that was tried has to be
 * the file's: that the others lead nowhere could change without its stamp. And
 * nothing may depend on the time, nor on this request alone.
 */
static const uint64_t *stamp_of(const struct respond *r)
{
	const struct decision *d = &r->decision;
	const struct plan *p = &d->plan;
	bool is_plain = (p->status == 200 && p->source == BODY_VARIANT) ||
			p->status == 304;

	if (d->file == NULL || d->opened != 1 || d->lookup.is_stand_in ||
		d->lookup.varies_accept || !is_plain ||
		p->wanted_codings != 0 || d->resource->mtime > r->loop->wall_s)
		return NULL;
	return files_stamp(r->files, d->file);
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
	ex->stamp = stamp_of(r);
	if (d->plan.wanted_codings != 0 && r->squeeze != NULL)
		r->squeeze->want(r->squeeze, d->file, d->plan.wanted_codings);
}

/* Rules are as they were, or the answer would have been forgotten. */
static bool on_repeat(struct wire_host *host, struct exchange *ex, void *held)
{
	struct respond *r = respond_of(host);
	struct file *file = held;

	if (r->policy.is_draining || file->resource.mtime > r->loop->wall_s ||
		!files_reopen(r->files, file))
		return false;
	ex->held = file;
	ex->plan.date = r->loop->wall_s;
	return true;
}

static void on_done(struct wire_host *host, struct exchange *ex)
{
	file_put(respond_of(host)->files, ex->held);
}

int respond_init(struct respond *r, uint64_t seed)
{
	int res = repeats_init(&r->repeats, seed);

	if (res < 0)
		return res;
	r->wire.repeats = &r->repeats;
	r->wire.on_exchange = on_exchange;
	r->wire.on_repeat = on_repeat;
	r->wire.on_done = on_done;
	r->directories = (struct directories){ 0 };
	r->decision.directories = &r->directories;
	return 0;
}

void respond_done(struct respond *r)
{
	repeats_done(&r->repeats);
	site_done(&r->site);
}

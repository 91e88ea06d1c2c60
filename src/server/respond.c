/*
 * The conductor (respond.h). The only caller of files_open.
 */
#include "server/respond.h"

/* Tries the names in the lookup's order. */
static void file_find(struct files *files, struct decision *d)
{
	struct lookup *l = &d->lookup;

	while (l->state != LOOKUP_ENDED)
		lookup_next(l, files_open(files, lookup_name(l), &d->file));
}

/*
 * The facts that the plan is made from: the file's own when it is what was
 * asked for, else `none`, with the name of a directory, or with the variants
 * of the site's own error page.
 */
static void resource_set(struct decision *d)
{
	if (d->lookup.kind == RESOURCE_FILE) {
		d->resource = &d->file->resource;
		return;
	}
	if (d->file != NULL)
		d->none = d->file->resource;
	else
		d->none = (struct resource){ .name = lookup_name(&d->lookup) };
	d->none.kind = d->lookup.kind;
	d->resource = &d->none;
}

void respond_decide(struct files *files, const struct policy *policy,
	const struct request *q, int64_t wall_s, struct decision *d)
{
	d->file = NULL;
	d->resource = NULL;
	d->lookup.trail.count = 0;
	if (plan_needs_resource(q)) {
		lookup_start(&d->lookup, q);
		file_find(files, d);
		resource_set(d);
	}
	d->plan = plan_response(q, d->resource, policy, (uint64_t)wall_s);
}

static struct respond *respond_of(struct wire_host *host)
{
	return container_of(host, struct respond, wire);
}

static void on_exchange(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	struct respond *r = respond_of(host);
	struct decision *d = &r->decision;

	respond_decide(r->files, &r->policy, q, r->loop->wall_s, d);
	ex->plan = d->plan;
	ex->held = d->file;
	ex->resource = d->resource;
}

static void on_done(struct wire_host *host, struct exchange *ex)
{
	file_put(respond_of(host)->files, ex->held);
}

void respond_init(struct respond *r)
{
	r->wire.on_exchange = on_exchange;
	r->wire.on_done = on_done;
}

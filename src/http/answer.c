/*
 * Fields and generated bodies (answer.h). The order of fields is that of
 * RFC 9110, control data first. Pure.
 */
#include "http/answer.h"

#include <assert.h>

#include "http/coding.h"
#include "http/date.h"
#include "http/listing_page.h"
#include "http/path.h"
#include "http/status.h"

#define LISTING_POLICY "Content-Security-Policy"

struct fields {
	struct field_list list;
	struct text *storage;
};

static void field_add(struct fields *f, struct span name, struct span value)
{
	assert(f->list.count < f->list.max);
	f->list.at[f->list.count++] = (struct answer_field){ name, value };
}

#define FIELD_SET(f, name, value) field_add((f), SPAN(name), (value))

/* What was appended to the storage since `from`. */
static struct span since(const struct text *storage, size_t from)
{
	return span_skip(text_span(storage), from);
}

static struct span date_value(struct text *storage, int64_t seconds)
{
	size_t from = storage->len;

	date_add(storage, seconds);
	return since(storage, from);
}

static struct span number_value(struct text *storage, uint64_t number)
{
	size_t from = storage->len;

	text_add_u64(storage, number);
	return since(storage, from);
}

/* The entity-tag without its quotes is made of token characters and is
 * found in no body: a body cannot hold its own SHA-256 (RFC 2046 5.1.1). */
static void boundary_add(
	struct text *t, const struct plan *p, const struct resource *r)
{
	struct span etag = variant_etag(&r->variants[p->coding]);

	text_add_literal(t, "hstatic-");
	text_add(t, span_first(span_skip(etag, 1), etag.len - 2));
}

static void content_range_add(
	struct text *t, const struct range *range, uint64_t size)
{
	text_add_literal(t, "bytes ");
	text_add_u64(t, range->first);
	text_add_char(t, '-');
	text_add_u64(t, range->first + range->length - 1);
	text_add_char(t, '/');
	text_add_u64(t, size);
}

static struct span type_value(
	const struct plan *p, const struct resource *r, struct text *storage)
{
	size_t from = storage->len;

	if (p->source == BODY_PAGE)
		return SPAN("text/html; charset=utf-8");
	if (p->source != BODY_MULTIPART)
		return p->type;
	text_add_literal(storage, "multipart/byteranges; boundary=");
	boundary_add(storage, p, r);
	return since(storage, from);
}

static bool is_page_listing(const struct plan *p)
{
	return p->source == BODY_LISTING && p->listing == LISTING_HTML;
}

static void content_fields(struct fields *f, const struct plan *p,
	const struct resource *r, uint64_t length)
{
	size_t from;

	if (p->source == BODY_EMPTY)
		return;
	FIELD_SET(f, "Content-Type", type_value(p, r, f->storage));
	/* Of what is made while it is sent nobody knows the length yet. */
	if (!plan_is_produced(p))
		FIELD_SET(
			f, "Content-Length", number_value(f->storage, length));
	FIELD_SET(f, "X-Content-Type-Options", SPAN("nosniff"));
	if (p->source != BODY_PAGE && p->coding != CODING_IDENTITY)
		FIELD_SET(f, "Content-Encoding", coding_name(p->coding));
	from = f->storage->len;
	if (p->source == BODY_RANGE) {
		content_range_add(f->storage, &p->ranges.at[0], p->size);
		FIELD_SET(f, "Content-Range", since(f->storage, from));
	} else if (p->status == 416) {
		text_add_literal(f->storage, "bytes */");
		text_add_u64(f->storage, p->size);
		FIELD_SET(f, "Content-Range", since(f->storage, from));
	}
}

static void validator_fields(
	struct fields *f, const struct plan *p, const struct resource *r)
{
	if (p->says_etag) {
		FIELD_SET(f, "Last-Modified",
			date_value(f->storage, p->modified));
		FIELD_SET(f, "ETag", variant_etag(&r->variants[p->coding]));
	}
	if (p->says_ranges)
		FIELD_SET(f, "Accept-Ranges", SPAN("bytes"));
	if (p->varies_coding && p->varies_accept)
		FIELD_SET(f, "Vary", SPAN("Accept, Accept-Encoding"));
	else if (p->varies_coding)
		FIELD_SET(f, "Vary", SPAN("Accept-Encoding"));
	else if (p->varies_accept)
		FIELD_SET(f, "Vary", SPAN("Accept"));
	if (p->cache_control.len > 0)
		FIELD_SET(f, "Cache-Control", p->cache_control);
}

static struct span location_value(
	const struct resource *r, const struct request *q, struct text *storage)
{
	size_t from = storage->len;

	if (r->kind == RESOURCE_MOVED)
		return r->location;
	path_encode(r->name, storage);
	text_add_char(storage, '/');
	text_add(storage, q->query);
	return since(storage, from);
}

/* Everything here is public: no credentials, so "*" says it all (Fetch 3.2).
 * Vary stays out of it, as the answer is the same for all origins. */
static void origin_fields(struct fields *f, const struct plan *p)
{
	FIELD_SET(f, "Access-Control-Allow-Origin", SPAN("*"));
	FIELD_SET(f, "Cross-Origin-Resource-Policy", SPAN("cross-origin"));
	if (!p->says_preflight) {
		FIELD_SET(f, "Access-Control-Expose-Headers", SPAN("*"));
		return;
	}
	FIELD_SET(
		f, "Access-Control-Allow-Methods", SPAN("GET, HEAD, OPTIONS"));
	FIELD_SET(f, "Access-Control-Allow-Headers", SPAN("*"));
	FIELD_SET(f, "Access-Control-Max-Age", SPAN("86400"));
}

static bool is_policy(const struct answer_field *field)
{
	return span_equal_nocase(field->name, SPAN(LISTING_POLICY));
}

/* Of a body that is not sent nothing is said, but where it is (15.4.5). */
static bool is_about_body(const struct answer_field *field)
{
	return span_equal_nocase(
		       span_first(field->name, 8), SPAN("Content-")) &&
	       !span_equal_nocase(
		       span_first(field->name, 16), SPAN("Content-Security")) &&
	       !span_equal_nocase(field->name, SPAN("Content-Location"));
}

static void fields_remove(
	struct fields *f, bool (*is_one)(const struct answer_field *))
{
	unsigned kept = 0;

	for (unsigned i = 0; i < f->list.count; i++) {
		if (!is_one(&f->list.at[i]))
			f->list.at[kept++] = f->list.at[i];
	}
	f->list.count = kept;
}

/* What the site says of its answers has the last word; but which script runs
 * in the page of a listing is the page's own affair. */
static void site_fields(struct fields *f, const struct answer *a)
{
	const struct plan *p = a->plan;

	headers_apply(p->headers, &p->header_match, resource_asked(a->resource),
		&f->list, f->storage);
	if (p->source == BODY_EMPTY)
		fields_remove(f, is_about_body);
	if (is_page_listing(p))
		fields_remove(f, is_policy);
}

unsigned answer_fields(const struct answer *a, struct text *storage,
	struct answer_field out[ANSWER_FIELDS_MAX])
{
	const struct plan *p = a->plan;
	struct fields f = { .list = { .at = out, .max = ANSWER_FIELDS_MAX },
		.storage = storage };

	FIELD_SET(&f, "Server", SPAN("hstatic"));
	FIELD_SET(&f, "Date", date_value(storage, p->date));
	content_fields(&f, p, a->resource, a->length);
	validator_fields(&f, p, a->resource);
	if (p->says_location)
		FIELD_SET(&f, "Location",
			location_value(a->resource, a->request, storage));
	if (p->says_allow)
		FIELD_SET(&f, "Allow", SPAN("GET, HEAD, OPTIONS"));
	if (p->says_retry)
		FIELD_SET(&f, "Retry-After", SPAN("1"));
	if (p->says_origins)
		origin_fields(&f, p);
	if (p->headers != NULL)
		site_fields(&f, a);
	if (is_page_listing(p))
		FIELD_SET(&f, LISTING_POLICY, listing_csp());
	return f.list.count;
}

void answer_page(const struct plan *p, struct text *out)
{
	text_add_literal(out,
		"<!doctype html>\n<html lang=\"en\">\n<meta "
		"charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	text_add_u64(out, p->status);
	text_add_char(out, ' ');
	text_add(out, status_phrase(p->status));
	text_add_literal(out,
		"</title>\n<style>body{font:1rem/1.5 system-ui,sans-serif;"
		"margin:20vh auto 0;max-width:32rem;padding:0 1rem}</style>\n"
		"<h1>");
	text_add_u64(out, p->status);
	text_add_char(out, ' ');
	text_add(out, status_phrase(p->status));
	text_add_literal(out, "</h1>\n<p>");
	text_add(out, status_advice(p->status));
	text_add_literal(out, "</p>\n</html>\n");
}

void answer_part_head(const struct plan *p, const struct resource *r,
	unsigned i, struct text *out)
{
	text_add_literal(out, "\r\n--");
	boundary_add(out, p, r);
	if (i == p->ranges.count) {
		text_add_literal(out, "--\r\n");
		return;
	}
	text_add_literal(out, "\r\nContent-Type: ");
	text_add(out, p->type);
	text_add_literal(out, "\r\nContent-Range: ");
	content_range_add(out, &p->ranges.at[i], p->size);
	text_add_literal(out, "\r\n\r\n");
}

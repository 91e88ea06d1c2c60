/*
 * From listeners to URLs (reach.h).
 */
#include "server/reach.h"

#include "base/text.h"

static void place_add(struct reach *out, enum reach_kind kind, struct text *url)
{
	text_add_char(url, '\0');
	for (unsigned i = 0; i < out->count; i++) {
		if (strcmp(out->at[i].url, url->at) == 0)
			return;
	}
	if (out->count == REACH_MAX) {
		out->more++;
		return;
	}
	struct reach_place *place = &out->at[out->count++];
	place->kind = kind;
	memcpy(place->url, url->at, url->len);
}

static void local_add(struct reach *out, uint16_t port)
{
	char storage[REACH_URL_SIZE];
	struct text url = text_in(storage, sizeof storage);

	text_add_literal(&url, "http://localhost:");
	text_add_u64(&url, port);
	text_add_char(&url, '/');
	place_add(out, REACH_LOCAL, &url);
}

static void address_add(
	struct reach *out, enum reach_kind kind, const struct net_address *a)
{
	char where[NET_TEXT_SIZE], storage[REACH_URL_SIZE];
	struct text url = text_in(storage, sizeof storage);

	net_write(a, where);
	if (kind != REACH_UNIX)
		text_add_literal(&url, "http://");
	for (const char *c = where; *c != '\0'; c++) {
		text_add_char(&url, *c);
		/* The zone of an IPv6 address (RFC 6874). */
		if (*c == '%' && kind != REACH_UNIX)
			text_add_literal(&url, "25");
	}
	if (kind != REACH_UNIX)
		text_add_char(&url, '/');
	place_add(out, kind, &url);
}

/* A listener on every address takes those of its own family, or of both. */
static void machine_add(struct reach *out, const struct net_address *listener,
	const struct net_addresses *machine)
{
	for (unsigned i = 0; i < machine->count; i++) {
		struct net_address a = machine->at[i];
		if (a.u.any.sa_family != listener->u.any.sa_family &&
			!net_is_dual(listener))
			continue;
		net_set_port(&a, net_address_port(listener));
		address_add(out, REACH_NETWORK, &a);
	}
}

static enum reach_kind kind_of(const struct net_address *a)
{
	if (net_is_unix(a))
		return REACH_UNIX;
	return net_is_loopback(a) ? REACH_LOCAL : REACH_NETWORK;
}

static void listener_add(struct reach *out, const struct net_address *a,
	const struct net_addresses *machine, enum reach_kind kind)
{
	bool is_localhost = strcmp(a->host, "localhost") == 0;

	if (net_is_any(a) && kind == REACH_NETWORK)
		machine_add(out, a, machine);
	else if ((net_is_any(a) || is_localhost) && kind == REACH_LOCAL)
		local_add(out, net_address_port(a));
	else if (!net_is_any(a) && kind == kind_of(a))
		address_add(out, kind, a);
}

void reach_find(const struct listeners *l, const struct net_addresses *machine,
	struct reach *out)
{
	static const enum reach_kind kinds[] = { REACH_LOCAL, REACH_NETWORK,
		REACH_UNIX };

	*out = (struct reach){ .count = 0 };
	for (size_t k = 0; k < array_count(kinds); k++) {
		for (unsigned i = 0; i < l->count; i++)
			listener_add(out, &l->addresses[i], machine, kinds[k]);
	}
}

const struct reach_place *reach_first(
	const struct reach *r, enum reach_kind kind)
{
	for (unsigned i = 0; i < r->count; i++) {
		if (r->at[i].kind == kind)
			return &r->at[i];
	}
	return NULL;
}

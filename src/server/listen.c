/*
 * Opening the listeners (listen.h).
 */
#include "server/listen.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/diag.h"
#include "io/process.h"

/* With port 0 the first address gets a free port, which may be taken for the
 * next address: then another is tried. */
#define FREE_PORT_TRIES 16

/* The exit status for what net_resolve said, having told the user. */
static int address_say(enum net_verdict verdict, const char *text)
{
	switch (verdict) {
	case NET_OK:
		return EXIT_SUCCESS;
	case NET_SYNTAX:
		log_error("--bind %s: wants host, host:port, [v6]:port or "
			  "unix:/path",
			text);
		return STATUS_USAGE;
	case NET_UNKNOWN:
		log_error("--bind %s: there is no such host", text);
		return EXIT_FAILURE;
	case NET_FULL:
		log_error("--bind %s: more than %d addresses", text,
			NET_ADDRESSES_MAX);
		return STATUS_USAGE;
	}
	return EXIT_FAILURE;
}

static int addresses_find(
	const struct options *o, struct net_addresses *addresses)
{
	uint16_t port = (uint16_t)o->port;
	int status = EXIT_SUCCESS;

	if (o->binds.count == 0)
		return address_say(
			net_resolve("localhost", port, addresses), "localhost");
	for (unsigned i = 0; i < o->binds.count && status == EXIT_SUCCESS;
		i++) {
		const char *text = o->binds.at[i];
		status = address_say(net_resolve(text, port, addresses), text);
	}
	return status;
}

/* Who sits on the port, where that can be found out. */
static void holder_add(struct text *out, const struct net_address *a)
{
	struct diag_holder holder;

	if (net_is_unix(a) ||
		diag_port_holder(net_address_port(a), &holder) < 0)
		return;
	text_add_literal(out, " by ");
	text_add(out, span_of(holder.comm));
	text_add_literal(out, " (process ");
	text_add_u64(out, (uint64_t)holder.pid);
	text_add_literal(out, ")");
}

static void listen_say(const struct net_address *a, int error)
{
	char where[NET_TEXT_SIZE], storage[128] = "";
	struct text holder = text_in(storage, sizeof storage - 1);

	net_write(a, where);
	switch (error) {
	case EADDRINUSE:
		holder_add(&holder, a);
		log_error("cannot listen on %s: already in use%.*s; choose "
			  "another port with --port, or 0 for any",
			where, (int)holder.len, storage);
		break;
	case EACCES:
		log_error("cannot listen on %s: %s; %s", where, strerror(error),
			net_is_unix(a)
				? "the directory must be writable"
				: "ports below 1024 want privileges, try "
				  "--port 8080");
		break;
	case EADDRNOTAVAIL:
		log_error("cannot listen on %s: %s; --bind wants an address "
			  "of this machine",
			where, strerror(error));
		break;
	default:
		log_error("cannot listen on %s: %s", where, strerror(error));
		break;
	}
}

/* localhost is both families, where both exist: one is enough. */
static bool is_dispensable(
	const struct listeners *l, const struct net_address *a, int error)
{
	return l->count > 0 && strcmp(a->host, "::1") == 0 &&
	       (error == EADDRNOTAVAIL || error == EAFNOSUPPORT);
}

/* 0, or the errno of the address *failed. */
static int listeners_try(
	struct listeners *l, struct net_addresses *addresses, unsigned *failed)
{
	uint16_t port = 0;

	for (unsigned i = 0; i < addresses->count; i++) {
		struct net_address a = addresses->at[i];
		if (net_address_port(&a) == 0)
			net_set_port(&a, port);
		int fd = net_listen(&a);
		if (fd < 0 && is_dispensable(l, &a, -fd))
			continue;
		if (fd < 0) {
			*failed = i;
			return -fd;
		}
		if (net_address_port(&a) == 0) {
			port = net_port(fd);
			net_set_port(&a, port);
		}
		l->addresses[l->count] = a;
		l->fds[l->count++] = fd;
	}
	return 0;
}

int listeners_open(struct listeners *l, const struct options *o)
{
	struct net_addresses addresses = { .count = 0 };
	unsigned tries = o->port == 0 ? FREE_PORT_TRIES : 1, failed = 0;
	int error = 0;

	*l = (struct listeners){ .count = 0 };
	int status = addresses_find(o, &addresses);
	if (status != EXIT_SUCCESS)
		return status;
	do {
		listeners_close(l);
		error = listeners_try(l, &addresses, &failed);
	} while (error == EADDRINUSE && --tries > 0);
	if (error == 0)
		return EXIT_SUCCESS;
	listen_say(&addresses.at[failed], error);
	listeners_close(l);
	return EXIT_FAILURE;
}

void listeners_close(struct listeners *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		process_close(l->fds[i]);
		net_unlink(&l->addresses[i]);
	}
	l->count = 0;
}

/* The loopback addresses that "localhost" stands for. */
static bool is_localhost(const struct net_address *a)
{
	return strcmp(a->host, "127.0.0.1") == 0 || strcmp(a->host, "::1") == 0;
}

static void url_add(const struct net_address *a, struct text *out)
{
	char where[NET_TEXT_SIZE];

	net_write(a, where);
	if (!net_is_unix(a))
		text_add_literal(out, "http://");
	text_add(out, span_of(where));
	if (!net_is_unix(a))
		text_add_char(out, '/');
}

void listeners_urls(
	const struct listeners *l, struct span between, struct text *out)
{
	bool is_default = l->count == 2 && is_localhost(&l->addresses[0]) &&
			  is_localhost(&l->addresses[1]);

	if (is_default) {
		text_add_literal(out, "http://localhost:");
		text_add_u64(out, net_address_port(&l->addresses[0]));
		text_add_char(out, '/');
		return;
	}
	for (unsigned i = 0; i < l->count; i++) {
		if (i > 0)
			text_add(out, between);
		url_add(&l->addresses[i], out);
	}
}

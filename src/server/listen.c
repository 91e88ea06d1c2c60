/*
 * Opening the listeners (listen.h).
 */
#include "server/listen.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "io/diag.h"
#include "io/process.h"

/* With port 0 the first address gets a free port, which may be taken for the
 * next address: then another is tried. */
#define FREE_PORT_TRIES 16

/* An address that nobody seems to hold is tried again for a second. */
#define LINGER_TRIES    100
#define LINGER_PAUSE_MS 10

/* Next to that of the site. */
#define ADMIN_PORT 8081

const struct listen_words listen_bind = {
	.option = "--bind",
	.taken = "choose another port with --port, or 0 for any",
	.low = "ports below 1024 want privileges, try --port 8080",
};

const struct listen_words listen_admin = {
	.option = "--admin",
	.taken = "choose another with --admin HOST:PORT",
	.low = "ports below 1024 want privileges, try --admin localhost:8081",
};

/* The exit status for what net_resolve said, having told the user. */
static int address_say(
	const char *option, enum net_verdict verdict, const char *text)
{
	switch (verdict) {
	case NET_OK:
		return EXIT_SUCCESS;
	case NET_SYNTAX:
		log_error("%s %s: wants host, host:port, [v6]:port or "
			  "unix:/path",
			option, text);
		return STATUS_USAGE;
	case NET_LONG:
		log_error("%s %s: the path of a Unix socket has at most "
			  "%zu bytes",
			option, text, NET_PATH_MAX);
		return STATUS_USAGE;
	case NET_SILENT:
		log_error("%s %s: cannot be looked up: no name server "
			  "answers; is there a network?",
			option, text);
		return EXIT_FAILURE;
	case NET_UNKNOWN:
		log_error("%s %s: there is no such host", option, text);
		return EXIT_FAILURE;
	case NET_FULL:
		log_error("%s %s: more than %d addresses", option, text,
			NET_ADDRESSES_MAX);
		return STATUS_USAGE;
	}
	return EXIT_FAILURE;
}

int listeners_resolve(const struct options *o, struct net_addresses *out)
{
	uint16_t port = (uint16_t)o->port;
	int status = EXIT_SUCCESS;

	out->count = 0;
	if (o->binds.count == 0)
		return address_say("--bind",
			net_resolve("localhost", port, out), "localhost");
	for (unsigned i = 0; i < o->binds.count && status == EXIT_SUCCESS;
		i++) {
		const char *text = o->binds.at[i];
		status = address_say(
			"--bind", net_resolve(text, port, out), text);
	}
	return status;
}

/* A name without a file has no owner that the kernel would ask about. */
static bool is_ours_alone(const struct net_address *a)
{
	return net_is_unix(a) ? !net_is_abstract(a) : net_is_loopback(a);
}

int listeners_resolve_admin(const struct options *o, struct net_addresses *out)
{
	const char *text = o->admin;

	out->count = 0;
	if (text == NULL)
		return EXIT_SUCCESS;
	int status = address_say(
		"--admin", net_resolve(text, ADMIN_PORT, out), text);
	for (unsigned i = 0; i < out->count && status == EXIT_SUCCESS; i++) {
		out->at[i].is_private = true;
		if (is_ours_alone(&out->at[i]))
			continue;
		log_error("--admin %s: only this machine may reach it: wants a "
			  "loopback address, as localhost:8081, or unix:/path",
			text);
		status = STATUS_USAGE;
	}
	return status;
}

/* Who else sits on the address, where that can be found out: of the port we
 * may hold another address already. */
static bool holder_find(const struct net_address *a, struct diag_holder *out)
{
	int res = net_is_unix(a) ? diag_unix_holder(&a->u.any, a->len, out)
				 : diag_port_holder(net_address_port(a), out);

	return res == 0 && !process_is_self(out->pid);
}

static void holder_add(struct text *out, const struct net_address *a)
{
	struct diag_holder holder;

	if (!holder_find(a, &holder))
		return;
	text_add_literal(out, " by ");
	text_add(out, span_of(holder.comm));
	text_add_literal(out, " (process ");
	text_add_u64(out, (uint64_t)holder.pid);
	text_add_literal(out, ")");
}

static void in_use_say(const struct listen_words *words,
	const struct net_address *a, const char *where)
{
	char storage[128] = "";
	struct text holder = text_in(storage, sizeof storage - 1);

	holder_add(&holder, a);
	log_error("cannot listen on %s: already in use%.*s; %s", where,
		(int)holder.len, storage,
		!net_is_unix(a)  ? words->taken
		: holder.len > 0 ? "choose another path"
				 : "what is there is no socket that a server "
				   "left behind: choose another path, or "
				   "remove it");
}

static void listen_say(const struct listen_words *words,
	const struct net_address *a, int error)
{
	char where[NET_TEXT_SIZE];

	net_write(a, where);
	switch (error) {
	case EADDRINUSE:
		in_use_say(words, a, where);
		break;
	case EACCES:
		log_error("cannot listen on %s: %s; %s", where, strerror(error),
			net_is_unix(a) ? "the directory must be writable"
				       : words->low);
		break;
	case EADDRNOTAVAIL:
		log_error("cannot listen on %s: %s; %s wants an address of "
			  "this machine",
			where, strerror(error), words->option);
		break;
	default:
		log_error("cannot listen on %s: %s", where, strerror(error));
		break;
	}
}

/* A machine without IPv6: a socket cannot be had, or not this address. */
static bool is_without_v6(int error)
{
	return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

/* localhost is both families, where both exist: one is enough. */
static bool is_dispensable(
	const struct listeners *l, const struct net_address *a, int error)
{
	return l->count > 0 && strcmp(a->host, "localhost") == 0 &&
	       a->u.any.sa_family == AF_INET6 && is_without_v6(error);
}

/* A descriptor or -errno. Every address is then every IPv4 address. */
static int address_listen(struct net_address *a)
{
	int fd = net_listen(a);

	if (fd >= 0 || !net_is_dual(a) || !is_without_v6(-fd))
		return fd;
	net_set_any_v4(a);
	return net_listen(a);
}

/* 0, or the errno of the address *failed. */
static int listeners_try(struct listeners *l,
	const struct net_addresses *addresses, unsigned *failed)
{
	uint16_t port = 0;

	for (unsigned i = 0; i < addresses->count; i++) {
		struct net_address a = addresses->at[i];
		if (net_address_port(&a) == 0)
			net_set_port(&a, port);
		int fd = address_listen(&a);
		if (fd < 0 && is_dispensable(l, &a, -fd))
			continue;
		if (fd < 0) {
			*failed = i;
			return -fd;
		}
		if (!net_is_unix(&a) && net_address_port(&a) == 0) {
			port = net_port(fd);
			net_set_port(&a, port);
		}
		l->addresses[l->count] = a;
		l->fds[l->count++] = fd;
	}
	return 0;
}

static bool has_free_port(const struct net_addresses *addresses)
{
	for (unsigned i = 0; i < addresses->count; i++) {
		const struct net_address *a = &addresses->at[i];
		if (!net_is_unix(a) && net_address_port(a) == 0)
			return true;
	}
	return false;
}

/* Does somebody else, who can be named, have the address? */
static bool is_held(const struct net_address *a)
{
	struct diag_holder holder;

	return holder_find(a, &holder);
}

int listeners_open(struct listeners *l, const struct net_addresses *addresses)
{
	unsigned tries = has_free_port(addresses) ? FREE_PORT_TRIES : 1;
	unsigned failed = 0;
	int error = 0;

	*l = (struct listeners){ .words = l->words };
	do {
		listeners_close(l);
		error = listeners_try(l, addresses, &failed);
	} while (error == EADDRINUSE && --tries > 0);
	/* A server that was killed may let go of it a moment after its end:
	 * the kernel ends an io_uring at leisure. */
	for (unsigned i = 0; error == EADDRINUSE && i < LINGER_TRIES &&
			     !is_held(&addresses->at[failed]);
		i++) {
		process_pause(LINGER_PAUSE_MS);
		listeners_close(l);
		error = listeners_try(l, addresses, &failed);
	}
	if (error == 0)
		return EXIT_SUCCESS;
	listen_say(l->words, &addresses->at[failed], error);
	listeners_close(l);
	return EXIT_FAILURE;
}

void listeners_forget(struct listeners *l)
{
	for (unsigned i = 0; i < l->count; i++)
		process_close(l->fds[i]);
	l->count = 0;
}

void listeners_close(struct listeners *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		/* First the name: its inode could be another's afterwards. */
		net_unlink(&l->addresses[i]);
		process_close(l->fds[i]);
	}
	l->count = 0;
}

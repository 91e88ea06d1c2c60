/*
 * Listening sockets (net.h): socket(2), bind(2), listen(2).
 */
#include "io/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel caps it at net.core.somaxconn, which is what we want: a backlog
 * that is too long costs nothing until it is needed. */
#define BACKLOG 65535

/* Splits "host:port", "[v6]:port", "host"; false when it is none of them. */
static bool address_split(struct span text, struct span *host, uint16_t *port)
{
	struct span rest = { NULL, 0 };
	uint64_t number;

	if (span_starts(text, SPAN("["))) {
		size_t end = span_find(text, ']');
		if (end == text.len)
			return false;
		*host = span_skip(span_first(text, end), 1);
		rest = span_skip(text, end + 1);
	} else {
		size_t colon = span_find(text, ':');
		/* More colons than one: an IPv6 address without brackets. */
		if (span_find_last(text, ':') != colon)
			colon = text.len;
		*host = span_first(text, colon);
		rest = span_skip(text, colon);
	}
	if (rest.len == 0)
		return host->len > 0;
	if (rest.at[0] != ':' || !span_read_u64(span_skip(rest, 1), &number) ||
		number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return host->len > 0;
}

static enum net_verdict unix_add(struct span path, struct net_addresses *out)
{
	struct net_address *a = &out->at[out->count];

	if (path.len == 0 || path.len >= sizeof a->u.un.sun_path ||
		path.len >= sizeof a->host)
		return NET_SYNTAX;
	*a = (struct net_address){ .len = sizeof a->u.un };
	a->u.un.sun_family = AF_UNIX;
	memcpy(a->u.un.sun_path, path.at, path.len);
	memcpy(a->host, path.at, path.len);
	out->count++;
	return NET_OK;
}

static bool address_add(struct net_addresses *out, const struct addrinfo *info,
	const char *host, uint16_t port)
{
	struct net_address *a = &out->at[out->count];

	if (info->ai_addrlen > sizeof a->u)
		return true;
	*a = (struct net_address){ .len = info->ai_addrlen };
	memcpy(&a->u, info->ai_addr, info->ai_addrlen);
	net_set_port(a, port);
	snprintf(a->host, sizeof a->host, "%s", host);
	/* A resolver may say the same twice. */
	for (unsigned i = 0; i < out->count; i++) {
		if (out->at[i].len == a->len &&
			memcmp(&out->at[i].u, &a->u, a->len) == 0)
			return true;
	}
	out->count++;
	return out->count < NET_ADDRESSES_MAX;
}

static enum net_verdict host_add(
	const char *host, uint16_t port, struct net_addresses *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *list;

	/* Not every /etc/hosts has both; everybody means both. */
	if (strcmp(host, "localhost") == 0) {
		enum net_verdict v = host_add("127.0.0.1", port, out);
		if (v == NET_OK && out->count < NET_ADDRESSES_MAX)
			v = host_add("::1", port, out);
		return v;
	}
	if (getaddrinfo(strcmp(host, "*") == 0 ? "::" : host, NULL, &hints,
		    &list) != 0)
		return NET_UNKNOWN;
	bool has_room = true;
	for (struct addrinfo *i = list; i != NULL && has_room; i = i->ai_next)
		has_room = address_add(out, i, host, port);
	freeaddrinfo(list);
	return NET_OK;
}

enum net_verdict net_resolve(
	const char *text, uint16_t port, struct net_addresses *out)
{
	char name[NET_TEXT_SIZE];
	struct span all = span_of(text), host;

	if (out->count == NET_ADDRESSES_MAX)
		return NET_FULL;
	if (span_starts(all, SPAN("unix:")))
		return unix_add(span_skip(all, 5), out);
	if (!address_split(all, &host, &port) || host.len >= sizeof name)
		return NET_SYNTAX;
	memcpy(name, host.at, host.len);
	name[host.len] = '\0';
	return host_add(name, port, out);
}

bool net_is_unix(const struct net_address *a)
{
	return a->u.any.sa_family == AF_UNIX;
}

void net_set_port(struct net_address *a, uint16_t port)
{
	if (a->u.any.sa_family == AF_INET)
		a->u.v4.sin_port = htons(port);
	else if (a->u.any.sa_family == AF_INET6)
		a->u.v6.sin6_port = htons(port);
}

uint16_t net_address_port(const struct net_address *a)
{
	if (a->u.any.sa_family == AF_INET)
		return ntohs(a->u.v4.sin_port);
	if (a->u.any.sa_family == AF_INET6)
		return ntohs(a->u.v6.sin6_port);
	return 0;
}

/* A socket file that is left over from a server that is gone. */
static void unix_clear(const struct net_address *a)
{
	struct stat s;

	if (lstat(a->u.un.sun_path, &s) < 0 || !S_ISSOCK(s.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &a->u.any, a->len) < 0 && errno == ECONNREFUSED)
		unlink(a->u.un.sun_path);
	close(fd);
}

static int option_set(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof on) < 0 ? -errno : 0;
}

/* Options that accepted sockets inherit cost no call per connection. */
static int options_set(int fd, const struct net_address *a)
{
	if (net_is_unix(a))
		return 0;
	int res = option_set(fd, SOL_SOCKET, SO_REUSEADDR);
	if (res == 0)
		res = option_set(fd, IPPROTO_TCP, TCP_NODELAY);
	/* "::" alone would take the IPv4 port as well, or not, depending on a
	 * sysctl; only "*" means both. */
	if (res == 0 && a->u.any.sa_family == AF_INET6 &&
		strcmp(a->host, "*") != 0)
		res = option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return res;
}

int net_listen(const struct net_address *a)
{
	int fd = socket(a->u.any.sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (net_is_unix(a))
		unix_clear(a);
	int res = options_set(fd, a);
	if (res == 0 && bind(fd, &a->u.any, a->len) < 0)
		res = -errno;
	if (res == 0 && listen(fd, BACKLOG) < 0)
		res = -errno;
	if (res < 0) {
		close(fd);
		return res;
	}
	return fd;
}

uint16_t net_port(int fd)
{
	struct net_address a = { .len = sizeof a.u };

	if (getsockname(fd, &a.u.any, &a.len) < 0)
		return 0;
	return net_address_port(&a);
}

void net_write(const struct net_address *a, char out[NET_TEXT_SIZE])
{
	char host[INET6_ADDRSTRLEN];

	if (net_is_unix(a)) {
		snprintf(out, NET_TEXT_SIZE, "unix:%.*s",
			(int)sizeof a->u.un.sun_path, a->u.un.sun_path);
	} else if (a->u.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->u.v6.sin6_addr, host, sizeof host);
		snprintf(out, NET_TEXT_SIZE, "[%s]:%u", host,
			net_address_port(a));
	} else {
		inet_ntop(AF_INET, &a->u.v4.sin_addr, host, sizeof host);
		snprintf(
			out, NET_TEXT_SIZE, "%s:%u", host, net_address_port(a));
	}
}

void net_unlink(const struct net_address *a)
{
	if (net_is_unix(a))
		unlink(a->u.un.sun_path);
}

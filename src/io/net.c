/*
 * Listening sockets (net.h): socket(2), bind(2), listen(2).
 */
#include "io/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A leading '@' is a name that is no file (unix(7), abstract). */
static enum net_verdict unix_add(struct span path, struct net_addresses *out)
{
	struct net_address *a = &out->at[out->count];
	bool is_abstract = span_starts(path, SPAN("@"));

	if (path.len == 0 || (is_abstract && path.len == 1))
		return NET_SYNTAX;
	if (path.len > NET_PATH_MAX)
		return NET_LONG;
	*a = (struct net_address){ .len = sizeof a->u.un };
	a->u.un.sun_family = AF_UNIX;
	memcpy(a->u.un.sun_path, path.at, path.len);
	memcpy(a->host, path.at, path.len);
	if (is_abstract) {
		size_t len = offsetof(struct sockaddr_un, sun_path) + path.len;
		a->u.un.sun_path[0] = '\0';
		a->len = (socklen_t)len;
	}
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

/* Asks for `name`, which the user called `host`. */
static enum net_verdict name_add(const char *name, const char *host,
	uint16_t port, struct net_addresses *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *list;
	bool has_room = true;

	if (out->count == NET_ADDRESSES_MAX)
		return NET_FULL;
	int error = getaddrinfo(name, NULL, &hints, &list);
	if (error != 0)
		return error == EAI_AGAIN ? NET_SILENT : NET_UNKNOWN;
	for (struct addrinfo *i = list; i != NULL && has_room; i = i->ai_next)
		has_room = address_add(out, i, host, port);
	freeaddrinfo(list);
	return NET_OK;
}

static enum net_verdict host_add(
	const char *host, uint16_t port, struct net_addresses *out)
{
	if (strcmp(host, "*") == 0)
		return name_add("::", host, port, out);
	if (strcmp(host, "localhost") != 0)
		return name_add(host, host, port, out);
	/* Not every /etc/hosts has both; everybody means both. */
	enum net_verdict v = name_add("127.0.0.1", host, port, out);
	return v == NET_OK ? name_add("::1", host, port, out) : v;
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

bool net_is_abstract(const struct net_address *a)
{
	return net_is_unix(a) && a->u.un.sun_path[0] == '\0';
}

bool net_is_any(const struct net_address *a)
{
	if (a->u.any.sa_family == AF_INET)
		return a->u.v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return a->u.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&a->u.v6.sin6_addr);
}

bool net_is_dual(const struct net_address *a)
{
	return a->u.any.sa_family == AF_INET6 && strcmp(a->host, "*") == 0;
}

bool net_is_loopback(const struct net_address *a)
{
	if (a->u.any.sa_family == AF_INET)
		return ntohl(a->u.v4.sin_addr.s_addr) >> 24 == 127;
	return a->u.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&a->u.v6.sin6_addr);
}

bool net_is_link_local(const struct net_address *a)
{
	if (a->u.any.sa_family == AF_INET)
		return ntohl(a->u.v4.sin_addr.s_addr) >> 16 == 0xa9fe;
	return a->u.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&a->u.v6.sin6_addr);
}

void net_set_any_v4(struct net_address *a)
{
	uint16_t port = net_address_port(a);

	a->u.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	a->len = sizeof a->u.v4;
	net_set_port(a, port);
}

/* A socket file that is left over from a server that is gone. A live one has
 * room for our connection, or (EAGAIN) not: never wait for it. */
static void unix_clear(const struct net_address *a)
{
	struct stat s;

	if (lstat(a->u.un.sun_path, &s) < 0 || !S_ISSOCK(s.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &a->u.any, a->len) < 0 && errno == ECONNREFUSED)
		unlink(a->u.un.sun_path);
	close(fd);
}

/* Who may connect is the directory's to say, as with TCP it is the address's:
 * without write permission for all, the proxy in front of us, which runs as
 * somebody else, could not. By umask(2), so that there is no moment between. */
static int unix_bind(int fd, struct net_address *a)
{
	struct stat s;

	unix_clear(a);
	mode_t mask = umask(a->is_private ? 0177 : 0111);
	int res = bind(fd, &a->u.any, a->len) < 0 ? -errno : 0;
	umask(mask);
	if (res == 0 && lstat(a->u.un.sun_path, &s) == 0) {
		a->dev = s.st_dev;
		a->ino = s.st_ino;
	}
	return res;
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
	if (res == 0 && a->u.any.sa_family == AF_INET6 && !net_is_dual(a))
		res = option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return res;
}

/* Bound to a file, or to what needs none. */
static int address_bind(int fd, struct net_address *a)
{
	if (net_is_unix(a) && !net_is_abstract(a))
		return unix_bind(fd, a);
	return bind(fd, &a->u.any, a->len) < 0 ? -errno : 0;
}

int net_listen(struct net_address *a)
{
	int fd = socket(a->u.any.sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int res = options_set(fd, a);
	if (res == 0)
		res = address_bind(fd, a);
	if (res == 0 && listen(fd, NET_BACKLOG) < 0) {
		res = -errno;
		net_unlink(a);
	}
	if (res < 0) {
		close(fd);
		return res;
	}
	return fd;
}

int net_peer(int fd, struct net_address *out)
{
	struct net_address a = { .len = sizeof a.u };

	if (getpeername(fd, &a.u.any, &a.len) < 0)
		return -errno;
	*out = a;
	return 0;
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
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "?";

	if (net_is_unix(a)) {
		snprintf(out, NET_TEXT_SIZE, "unix:%.*s", (int)NET_PATH_MAX,
			a->host);
		return;
	}
	/* With the zone of a link-local address (RFC 4007 11). Numbers need no
	 * resolver, and there is room. */
	if (getnameinfo(&a->u.any, a->len, host, sizeof host, NULL, 0,
		    NI_NUMERICHOST) != 0)
		return;
	snprintf(out, NET_TEXT_SIZE,
		a->u.any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		net_address_port(a));
}

void net_unlink(const struct net_address *a)
{
	struct stat s;

	if (!net_is_unix(a) || a->ino == 0 || lstat(a->u.un.sun_path, &s) < 0)
		return;
	if (s.st_dev == a->dev && s.st_ino == a->ino)
		unlink(a->u.un.sun_path);
}

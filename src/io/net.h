/*
 * Listening sockets: from what the user wrote to a descriptor.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/attr.h"
#include "base/span.h"

#define NET_ADDRESSES_MAX 16

/* Longest text of an address, NUL included. */
#define NET_TEXT_SIZE 128

struct net_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} u;
	socklen_t len;
	char host[NET_TEXT_SIZE]; /* as the user wrote it, without the port */
};

enum net_verdict {
	NET_OK,
	NET_SYNTAX,  /* not host, host:port, [v6]:port or unix:/path */
	NET_UNKNOWN, /* no such host */
	NET_FULL     /* more than NET_ADDRESSES_MAX */
};

struct net_addresses {
	unsigned count;
	struct net_address at[NET_ADDRESSES_MAX];
};

/*
 * Appends the addresses that `text` stands for, with `port` where it names
 * none. Asks the resolver for names: "localhost" is 127.0.0.1 and ::1.
 */
must_check enum net_verdict net_resolve(
	const char *text, uint16_t port, struct net_addresses *out);

/* A bound and listening, non-blocking socket, or -errno. A Unix socket's file
 * that nobody listens on is replaced. */
must_check int net_listen(const struct net_address *a);

/* The port of a listening socket; 0 where it has none. */
uint16_t net_port(int fd);

/* The port in an address; 0 where it has none. */
uint16_t net_address_port(const struct net_address *a);

void net_set_port(struct net_address *a, uint16_t port);

bool net_is_unix(const struct net_address *a);

/* "127.0.0.1:8080", "[::1]:8080", "unix:/run/x.sock". */
void net_write(const struct net_address *a, char out[NET_TEXT_SIZE]);

/* Removes the file of a Unix socket; nothing for others. */
void net_unlink(const struct net_address *a);

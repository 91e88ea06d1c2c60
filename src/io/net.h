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

/* Longest path of a Unix socket (unix(7)), NUL left out. */
#define NET_PATH_MAX (sizeof((struct sockaddr_un *)NULL)->sun_path - 1)

/* Longest text of an address, NUL included. */
#define NET_TEXT_SIZE 128

/* The kernel caps it at net.core.somaxconn, which is what we want: a backlog
 * that is too long costs nothing until it is needed. */
#define NET_BACKLOG 65535

struct net_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} u;
	socklen_t len;
	char host[NET_TEXT_SIZE]; /* as the user wrote it, without the port */
	/* A Unix socket that only its owner may connect to. */
	bool is_private;
	/* The file that net_listen made for a Unix socket; or 0. */
	dev_t dev;
	ino_t ino;
};

enum net_verdict {
	NET_OK,
	NET_SYNTAX,  /* not host, host:port, [v6]:port or unix:/path */
	NET_LONG,    /* a path longer than NET_PATH_MAX */
	NET_UNKNOWN, /* no such host */
	NET_SILENT,  /* no name server answers */
	NET_FULL     /* more than NET_ADDRESSES_MAX */
};

struct net_addresses {
	unsigned count;
	struct net_address at[NET_ADDRESSES_MAX];
};

/*
 * Appends the addresses that `text` stands for, with `port` where it names
 * none. Asks the resolver for names, which may take its time: "localhost" is
 * 127.0.0.1 and ::1. "unix:@name" is in the abstract namespace (unix(7)).
 */
must_check enum net_verdict net_resolve(
	const char *text, uint16_t port, struct net_addresses *out);

/*
 * A bound and listening, non-blocking socket, or -errno. A Unix socket's file
 * that nobody listens on is replaced; the new one is open to all who reach
 * its directory, unless a->is_private, and *a remembers it. "*" alone takes
 * both families.
 */
must_check int net_listen(struct net_address *a);

/* The port of a listening socket; 0 where it has none. */
uint16_t net_port(int fd);

/* Who is at the other end of a connected socket: 0 or -errno. */
must_check int net_peer(int fd, struct net_address *out);

/* The port in an address; 0 where it has none. */
uint16_t net_address_port(const struct net_address *a);

void net_set_port(struct net_address *a, uint16_t port);

bool net_is_unix(const struct net_address *a);

/* A Unix socket without a file. */
bool net_is_abstract(const struct net_address *a);

/* Every address of the machine: 0.0.0.0 or ::. */
bool net_is_any(const struct net_address *a);

/* :: that takes IPv4 as well. */
bool net_is_dual(const struct net_address *a);

/* 127.0.0.0/8 or ::1: nobody else can reach it. */
bool net_is_loopback(const struct net_address *a);

/* 169.254.0.0/16 or fe80::/10: means something on one link only. */
bool net_is_link_local(const struct net_address *a);

/* Makes it 0.0.0.0, with the port that it has. */
void net_set_any_v4(struct net_address *a);

/* "127.0.0.1:8080", "[::1]:8080", "[fe80::1%eth0]:8080", "unix:/run/x.sock",
 * "unix:@name". */
void net_write(const struct net_address *a, char out[NET_TEXT_SIZE]);

/* Removes the file of a Unix socket as long as it is the one that net_listen
 * made; nothing for others. */
void net_unlink(const struct net_address *a);

/*
 * The addresses that the user asked for, as listening sockets; and what to
 * tell the user when one cannot be had.
 */
#pragma once

#include "io/net.h"
#include "server/acceptor.h"
#include "server/options.h"

/* How to speak of an address that somebody asked for. */
struct listen_words {
	const char *option; /* that names it */
	const char *taken;  /* what to do when its port is taken, */
	const char *low;    /* or wants privileges */
};

extern const struct listen_words listen_bind, listen_admin;

struct listeners {
	const struct listen_words *words;
	unsigned count;
	int fds[LISTENERS_MAX];
	struct net_address addresses[LISTENERS_MAX];
};

/* The exit status of a command line that makes no sense (hstatic(1)). */
#define STATUS_USAGE 2

/*
 * The addresses that the user asked for: 0. Otherwise the exit status, having
 * said why: 1 when one cannot be found, STATUS_USAGE when it is none. Asks name
 * servers, and so may take seconds: to be called while Ctrl-C still works.
 */
must_check int listeners_resolve(
	const struct options *options, struct net_addresses *out);

/* The same for the admin listener, which only this machine may reach; no
 * address where there is to be none. */
must_check int listeners_resolve_admin(
	const struct options *options, struct net_addresses *out);

/* Opens them all, l->words being set: 0. Otherwise 1, having said why. */
must_check int listeners_open(
	struct listeners *l, const struct net_addresses *addresses);

/* Lets go of them in a process that is not the master. */
void listeners_forget(struct listeners *l);

/* Closes them, and removes the files of Unix sockets that are still ours. */
void listeners_close(struct listeners *l);

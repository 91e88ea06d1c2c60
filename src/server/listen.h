/*
 * The addresses that the user asked for, as listening sockets; and what to
 * tell the user when one cannot be had.
 */
#pragma once

#include "base/text.h"
#include "io/net.h"
#include "server/acceptor.h"
#include "server/options.h"

struct listeners {
	unsigned count;
	int fds[LISTENERS_MAX];
	struct net_address addresses[LISTENERS_MAX];
};

/* The exit status of a command line that makes no sense (hstatic(1)). */
#define STATUS_USAGE 2

/* Opens them all: 0. Otherwise the exit status, having said why: 1 when one
 * cannot be had, STATUS_USAGE when it is not an address. */
must_check int listeners_open(
	struct listeners *l, const struct options *options);

/* Closes them, and removes the files of Unix sockets. */
void listeners_close(struct listeners *l);

/* Appends where the site can be reached, "http://localhost:8080/" and the
 * like, with `between` between two. */
void listeners_urls(
	const struct listeners *l, struct span between, struct text *out);

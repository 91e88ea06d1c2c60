/*
 * The addresses that the user asked for, as listening sockets; and what to
 * tell the user when one cannot be had.
 */
#pragma once

#include "base/text.h"
#include "io/net.h"
#include "server/options.h"
#include "server/worker.h"

struct listeners {
	unsigned count;
	int fds[LISTENERS_MAX];
	struct net_address addresses[LISTENERS_MAX];
};

/* Opens them all. False, having said why, when one cannot be had. */
must_check bool listeners_open(
	struct listeners *l, const struct options *options);

/* Closes them, and removes the files of Unix sockets. */
void listeners_close(struct listeners *l);

/* Appends where the site can be reached, "http://localhost:8080/" and the
 * like, with `between` between two. */
void listeners_urls(
	const struct listeners *l, struct span between, struct text *out);

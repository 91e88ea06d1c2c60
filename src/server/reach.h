/*
 * Where the site can be reached: the listeners, and for those on every address
 * the addresses that the machine has. Pure: asks nobody, prints nothing.
 */
#pragma once

#include "io/net.h"
#include "server/listen.h"

/* More than a person would read; a machine with hundreds of addresses must not
 * push everything else off the screen. */
#define REACH_MAX 12

/* "http://" and "/" around an address, "%25" for a zone's "%". */
#define REACH_URL_SIZE (NET_TEXT_SIZE + 16)

enum reach_kind {
	REACH_LOCAL,   /* from this machine only */
	REACH_NETWORK, /* from others */
	REACH_UNIX     /* by a name: no browser can */
};

struct reach_place {
	enum reach_kind kind;
	char url[REACH_URL_SIZE]; /* REACH_UNIX: "unix:..." */
};

struct reach {
	unsigned count, more; /* places there was no room for */
	struct reach_place at[REACH_MAX];
};

/* Finds each place once, kind by kind in the order of the enum. `machine`:
 * the addresses that stand behind 0.0.0.0 and ::. */
void reach_find(const struct listeners *l, const struct net_addresses *machine,
	struct reach *out);

/* The first place of that kind, or NULL. */
const struct reach_place *reach_first(
	const struct reach *r, enum reach_kind kind);

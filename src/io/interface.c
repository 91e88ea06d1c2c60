/*
 * The machine's addresses (interface.h): getifaddrs(3), sorted, as the kernel
 * promises no order.
 */
#include "io/interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>

/* Where an address belongs in the order: its family, then its interface. */
static uint64_t rank_of(const struct ifaddrs *i)
{
	uint64_t is_v6 = i->ifa_addr->sa_family == AF_INET6;

	return is_v6 << 32 | if_nametoindex(i->ifa_name);
}

/* Running: there is a carrier. A bridge that nothing is plugged into has an
 * address, too, and nobody can reach it. */
static bool is_reachable(const struct ifaddrs *i)
{
	const unsigned wanted = IFF_UP | IFF_RUNNING;

	return i->ifa_addr != NULL && (i->ifa_flags & wanted) == wanted &&
	       (i->ifa_flags & IFF_LOOPBACK) == 0;
}

static bool address_read(const struct ifaddrs *i, struct net_address *out)
{
	socklen_t len = 0;

	if (i->ifa_addr->sa_family == AF_INET)
		len = sizeof out->u.v4;
	else if (i->ifa_addr->sa_family == AF_INET6)
		len = sizeof out->u.v6;
	if (len == 0)
		return false;
	*out = (struct net_address){ .len = len };
	memcpy(&out->u, i->ifa_addr, len);
	return !net_is_link_local(out) && !net_is_loopback(out);
}

/* An interface may have an address twice, with two prefixes. */
static bool is_known(
	const struct net_addresses *known, const struct net_address *a)
{
	for (unsigned i = 0; i < known->count; i++) {
		if (known->at[i].len == a->len &&
			memcmp(&known->at[i].u, &a->u, a->len) == 0)
			return true;
	}
	return false;
}

/* After those of its rank and of lower ones; the last has to go when there is
 * no room. */
static void address_insert(struct net_addresses *out, uint64_t *ranks,
	const struct net_address *a, uint64_t rank)
{
	unsigned at = out->count;

	while (at > 0 && ranks[at - 1] > rank)
		at--;
	if (at == NET_ADDRESSES_MAX)
		return;
	if (out->count < NET_ADDRESSES_MAX)
		out->count++;
	for (unsigned i = out->count - 1; i > at; i--) {
		out->at[i] = out->at[i - 1];
		ranks[i] = ranks[i - 1];
	}
	out->at[at] = *a;
	ranks[at] = rank;
}

int interface_addresses(struct net_addresses *out)
{
	uint64_t ranks[NET_ADDRESSES_MAX] = { 0 };
	struct net_address a;
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		if (is_reachable(i) && address_read(i, &a) &&
			!is_known(out, &a))
			address_insert(out, ranks, &a, rank_of(i));
	}
	freeifaddrs(list);
	return 0;
}

/*
 * The addresses that this machine can be reached at, interface by interface
 * (netdevice(7)). Must not know what is served, or where.
 */
#pragma once

#include "io/net.h"

/*
 * Appends the addresses of all interfaces that are up, without ports: IPv4
 * before IPv6, in the order of the interfaces, each once. Left out: those of
 * the loopback interface, and link-local ones. What there is no room for is
 * left out, too. 0 or -errno.
 */
must_check int interface_addresses(struct net_addresses *out);

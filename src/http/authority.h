/*
 * Host and authority (RFC 9110 7.2, RFC 3986 3.2): is it well formed? Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/*
 * uri-host [":" port], as Host has it: a name, an IPv4 address, an IPv6
 * address in brackets. No userinfo, no port above 65535, no comma. `s` may be
 * empty only where the caller allows it: false here.
 */
bool authority_is_valid(struct span s);

/*
 * Does a valid one name this very machine: localhost or a name below it (RFC
 * 6761 6.3), 127.0.0.0/8, [::1]? A page of another site can make a browser ask
 * us by a name of its own that leads here (DNS rebinding); by these it cannot.
 */
bool authority_is_local(struct span s);

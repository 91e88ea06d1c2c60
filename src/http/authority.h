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

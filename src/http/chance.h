/*
 * Was this made by chance, or by a person? For the hashes that build tools
 * write in letters and digits, which are told from names by their disorder
 * alone (hashed.h). Must not know in which file or folder they stand. Pure.
 */
#pragma once

#include "base/span.h"

/*
 * Eight characters of base64url (RFC 4648 5), as Rollup and Vite write them,
 * with a capital, a small letter and a digit, and so many points of disorder?
 * No points: these three suffice, in runs that are no words.
 */
bool chance_is_base64(struct span token, size_t points);

/* Eight of base32 (RFC 4648 6), as esbuild and Angular write them? */
bool chance_is_base32(struct span token);

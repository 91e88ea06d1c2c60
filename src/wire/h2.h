/*
 * HTTP/2 (RFC 9113) over any byte stream, with extensible priorities
 * (RFC 9218): a wire like the others, of which everything but a pointer is
 * kept elsewhere.
 */
#pragma once

#include "wire/h2_input.h"

struct h2 {
	struct wire wire;
	struct h2_session *session;
};

/* Begins a connection at time `now`; the client's preface is the first that it
 * is fed. `is_secured`: over TLS. False, *h untouched, without memory. */
must_check bool h2_init(
	struct h2 *h, struct wire_host *host, bool is_secured, uint64_t now);

/*
 * The rules that need the whole head: Host, the framing of the body, whether
 * the connection persists, Expect (RFC 9112 3.2, 6, 9.3; RFC 9110 10.1.1).
 * Pure.
 */
#pragma once

#include "http/request.h"

/*
 * Fills in authority, framing, content_length, keeps_alive, expects_continue,
 * or refuses the request. `body_max`: bytes; a longer Content-Length is 413.
 */
void framing_check(struct request *q, uint64_t body_max);

/*
 * The same for one on a stream, which says whether there is a body by itself:
 * q->framing is FRAMING_NONE or FRAMING_CHUNKED, q->authority that of its
 * pseudo-field, if it has one (RFC 9113 8.1.1, 8.3.1).
 */
void framing_check_stream(struct request *q, uint64_t body_max);

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

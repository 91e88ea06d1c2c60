/*
 * Heads that a client sends: blocks of HPACK decoded by nghttp2's inflater
 * (RFC 7541; RFC 9113 4.3, 8.1). A block is decoded also where nobody wants its
 * fields, or the tables of the two sides would not be the same any more.
 */
#pragma once

#include "wire/h2_session.h"

/*
 * A whole block. `flags` and `id` are those of its HEADERS frame; `priority`
 * of RFC 7540 is taken off. Opens a stream, ends one, or fails either.
 * False when it was not touched: there is no room for another exchange as
 * long as others have something to send.
 */
must_check bool h2_head_take(
	struct h2_session *s, const struct h2_frame *f, uint64_t now);

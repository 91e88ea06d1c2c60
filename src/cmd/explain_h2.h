/*
 * A request said in HTTP/2, for `hstatic explain --http2`: the same engine
 * that serves reads it, and its answer is decoded as a client would.
 */
#pragma once

#include "wire/wire.h"

/*
 * Asks `host` with these lines of fields, each ended by CRLF, as a client of
 * HTTP/2 puts them: names in lower case, Host as :authority.
 */
struct h2_question {
	struct span method, target, lines;
	bool has_body; /* one is to follow, and never comes */
};

/* Its answer's fields go to *out as lines; false when there is none yet. A
 * request that is reset says so there. */
must_check bool explain_h2_ask(
	struct wire_host *host, const struct h2_question *q, struct text *out);

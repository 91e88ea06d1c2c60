/*
 * An answer as its version of HTTP sends it: head and body, in the storage of
 * its exchange (RFC 9112 4, 5; RFC 9113 8.3.2). Decides nothing: the plan has.
 */
#pragma once

#include "wire/wire.h"

/*
 * Turns ex->plan into ex->segments, in ex->text or, where that is too small,
 * in a block of host->buffers that becomes ex->extra. `q` is what it answers.
 * False when there is no such block, or no first piece of what is produced.
 */
must_check bool render_answer(
	struct wire_host *host, struct exchange *ex, const struct request *q);

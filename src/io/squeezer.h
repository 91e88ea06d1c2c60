/*
 * The helper process that codes bodies: one for all workers, one job at a
 * time, never on the way of a request. It opens nothing: content comes as a
 * descriptor, and what it makes leaves as one.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "io/squeeze.h"

/* Channels that it listens to: the master's, and one of each worker; more for
 * a roll, while the old ones are still there. */
#define SQUEEZER_CHANNELS_MAX 2050

/*
 * Works until the end of `channel`, over which channels to workers come as
 * descriptors, each with a message that says nothing. 0 or -errno.
 */
must_check int squeezer_run(int channel);

/* Does one job whose content is in `content`, which it closes, and says what
 * came of it. False when the worker has not taken it. For the walls' tests. */
must_check bool squeezer_do(
	const struct squeeze_job *job, int content, int channel);

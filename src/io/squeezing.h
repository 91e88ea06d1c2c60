/*
 * The worker's side of coding bodies: asks the helper process (squeezer.h) and
 * adds what it makes to the cache. Never waits: whoever asks first gets the
 * file as it is, and without a helper so does everybody.
 */
#pragma once

#include "io/files.h"
#include "io/loop.h"
#include "io/squeeze.h"

/* Jobs that one worker has in flight; beyond them nothing is asked, and a
 * later request may. Their answers fit into the channel's buffer. */
#define SQUEEZING_JOBS_MAX 16

struct squeezing_job {
	struct file *file;
	unsigned codings; /* still to come */
};

struct squeezing {
	struct squeeze squeeze;
	struct loop *loop;
	struct files *files;
	struct op op;   /* on the channel */
	int channel;    /* to the helper, or -1 */
	int successor;  /* the channel that takes its place, or -1 */
	uint32_t first; /* the number of the oldest job */
	unsigned count;
	struct squeezing_job jobs[SQUEEZING_JOBS_MAX]; /* by number, modulo */
};

/* No helper yet. Borrows both. */
void squeezing_init(
	struct squeezing *s, struct loop *loop, struct files *files);

/* Takes `channel` over, to a helper, in place of the one before. */
void squeezing_attach(struct squeezing *s, int channel);

/* Lets go of the helper and of what it was to do; the loop runs no more. */
void squeezing_done(struct squeezing *s);

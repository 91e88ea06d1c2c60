/*
 * A helper that codes bodies, as the server sees it: takes jobs or not, reads
 * the content late, delivers late, in any order, or never, and is gone now and
 * then. What it makes says of which content it is (content_coded).
 */
#pragma once

#include "io/squeeze.h"
#include "sim_fs.h"

#define SIM_SQUEEZE_JOBS 8

struct sim_job {
	struct file *file; /* NULL: a free place */
	unsigned codings;  /* still to come */
	bool is_read;
	char source[DIGEST_LENGTH]; /* of what was read */
};

struct sim_squeeze {
	struct squeeze squeeze;
	struct world *world;
	struct sim_fs *fs;
	struct files *files;
	unsigned speed; /* of a hundred: a job goes on in a turn */
	struct sim_job jobs[SIM_SQUEEZE_JOBS];
};

void sim_squeeze_init(
	struct sim_squeeze *s, struct sim_fs *fs, struct files *files);

void sim_squeeze_turn(struct sim_squeeze *s);

/* Lets go of all jobs. */
void sim_squeeze_done(struct sim_squeeze *s);

/*
 * Who codes files, as whoever serves them sees it, and what a worker and the
 * helper process say to each other about it. Both are of one build: the
 * structs are the protocol.
 */
#pragma once

#include "io/file.h"

struct squeeze {
	/* Has `codings` (bits, 1 << coding) of the file made, if that can be
	 * begun now; those are then taken from the file's `unmade`. */
	void (*want)(struct squeeze *, struct file *, unsigned codings);
};

/* From a worker, with a descriptor from which the content can be read. Jobs
 * are done in order. */
struct squeeze_job {
	uint32_t number;
	uint32_t codings; /* bits, 1 << coding */
	uint64_t size;    /* of the content, at most CODEC_IN_MAX */
};

/* To the worker: one coding, with a sealed descriptor of its bytes; and in
 * the end one without, of CODING_IDENTITY. */
struct squeeze_result {
	uint32_t number; /* of the job */
	enum coding coding;
	uint64_t size;
	/* Of the bytes that were coded: the file may have become another. */
	char source[DIGEST_LENGTH];
};

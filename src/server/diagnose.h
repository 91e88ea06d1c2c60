/*
 * What is wrong with a server, in words, from a snapshot alone. Pure: the same
 * snapshot, the same words.
 */
#pragma once

#include "server/snapshot.h"

#define DIAGNOSES_MAX 16

struct diagnosis {
	bool is_grave; /* clients are affected, now */
	char words[200];
};

struct diagnoses {
	unsigned count;
	struct diagnosis at[DIAGNOSES_MAX]; /* grave ones first */
};

void diagnose(const struct snapshot *s, struct diagnoses *out);

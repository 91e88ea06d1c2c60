/*
 * What a run of load is asked for, and what it counts. Set once from the
 * command line; the counts of one slice begin at zero with it.
 */
#pragma once

#include "load_times.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Requests that are sent at once on one connection. */
#define DEPTH_MAX 64

struct request {
	const char *at;
	size_t len;
};

struct options {
	struct sockaddr_in server;
	in_addr_t source; /* of the first connections; 0: the kernel's */
	unsigned conns;
	unsigned depth;  /* pipelined */
	unsigned rate;   /* per second, 0: as fast as they are answered */
	unsigned status; /* that each answer has to have */
	bool closes;     /* one connection per request */
	bool spins;      /* never sleeps, so nobody has to wake it */
	bool is_random;  /* picks requests at random, not in turn */
	bool is_idle;
	struct request *requests;
	size_t request_count;
};

struct counts {
	uint64_t answers;
	uint64_t bytes;      /* of bodies */
	uint64_t unexpected; /* another status */
	uint64_t errors;     /* an answer missing, broken, or not asked for */
	uint64_t opened;     /* connections */
	uint64_t spun_ns;    /* looked for events, and there were none */
	struct times times;
};

uint64_t now_ns(void);

/* The next request in turn, or at random with a fixed seed. */
const struct request *request_next(const struct options *options);

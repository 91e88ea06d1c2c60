/*
 * What both floors share: the cheapest programs that could answer at all. They
 * receive, count the ends of request heads, and send what was read from a file
 * at the start. They parse nothing, so nothing that parses can be cheaper on
 * the same calls; what a server costs is given as a ratio to them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One send carries so many answers at most; load pipelines no deeper. */
#define COPIES_MAX 64
/* Bytes of requests taken at once: 16 of a browser's heads. */
#define REQUEST_ROOM 16384
/* As high as the descriptor limit of a usual machine. */
#define CONNS_MAX 20000

struct floor {
	int listener;
	bool closes;       /* after each answer */
	const char *bytes; /* `copies` answers in a row */
	size_t answer_len;
	unsigned copies;
	int file; /* sent behind each answer with sendfile, or -1 */
	size_t file_len;
};

/*
 * Counts the heads that end in `bytes`. `*matched` says how much of an end the
 * bytes before had; 0 at first.
 */
unsigned ends_count(unsigned *matched, const char *bytes, size_t len);

/* Serve until they are killed; return only after a failure, with errno. */
int floor_epoll(const struct floor *floor);
int floor_uring(const struct floor *floor);

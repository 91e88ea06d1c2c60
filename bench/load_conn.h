/*
 * One connection to the server: opens, sends as many requests as are to be
 * pipelined, reads their answers. It does not know when to send the next.
 */
#pragma once

#include "load.h"

enum conn_news {
	CONN_WAITS,    /* answers are missing */
	CONN_ANSWERED, /* all are there */
	CONN_ENDED,    /* closed, by the server or after an error */
};

struct conn {
	int fd;             /* -1: closed */
	unsigned awaited;   /* answers */
	uint64_t body_left; /* of the answer that is being read */
	uint64_t asked_ns;  /* when they were, or should have been, asked for */
	char *kept;         /* the beginning of a head, or NULL */
	size_t kept_len;
	bool is_unsent; /* connecting: the requests are still to be sent */
	bool is_ending; /* the last answer announced the end */
	bool is_busy;   /* belongs to load_slice.c: asked, not done */
};

/* Begins to connect, non-blocking; 0 or -errno. */
int conn_open(
	struct conn *conn, const struct options *options, in_addr_t source);
void conn_close(struct conn *conn);

/*
 * Sends the next requests. CONN_WAITS also while it is not connected yet
 * (is_unsent): call again when there is room.
 */
enum conn_news conn_ask(struct conn *conn, const struct options *options,
	struct counts *counts);

/* Reads what is there, up to one buffer. */
enum conn_news conn_hear(struct conn *conn, const struct options *options,
	struct counts *counts);

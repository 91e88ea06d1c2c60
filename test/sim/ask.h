/*
 * Requests, drawn at random: the bytes, and what is known of them that an
 * answer can be held against. Must not know how the server reads them.
 */
#pragma once

#include "http/head.h"
#include "http/resource.h"
#include "sim_net.h"

#define ASK_PATH_MAX   64
#define ASK_RANGES_MAX 24

enum ask_kind {
	ASK_FILE,  /* GET or HEAD of a name: the tree decides */
	ASK_FIXED, /* the status is known */
	ASK_CUT,   /* ends in the middle, and so does the stream */
	ASK_JUNK   /* some refusal, or none before its time is over */
};

enum ask_cond {
	COND_NONE,
	COND_IF_MATCH,
	COND_IF_NONE_MATCH,
	COND_IF_MODIFIED,
	COND_IF_UNMODIFIED,
	COND_IF_RANGE,
	COND_KINDS
};

/* FIRST-LAST, FIRST- or -LAST. */
struct ask_range {
	bool has_first, has_last;
	uint64_t first, last;
};

struct ask {
	enum ask_kind kind;
	unsigned status;       /* of ASK_FIXED */
	bool is_head, is_last; /* the server has to close after it */
	bool is_end; /* the client will ask no more on this connection */
	bool expects, has_body;
	bool is_1_0;        /* HTTP/1.0 */
	bool is_navigation; /* it wants a page, as a browser's address bar */
	char path[ASK_PATH_MAX]; /* below the root, as lookups begin */
	enum coding accepts;     /* CODING_COUNT: nothing is said of it */
	unsigned range_count;
	struct ask_range ranges[ASK_RANGES_MAX];
	enum ask_cond cond;
	char value[80]; /* of the condition */
	/* Where it lies in the client's stream, and when it was there. */
	uint64_t start, head_end, end;
	bool has_arrived;
	struct window window;
	uint64_t arrived_ms;
};

/* The validators of earlier answers, to be asked about again. */
struct ask_memory {
	unsigned count;
	char etags[16][64], dates[16][40];
};

struct asker {
	struct world *world;
	struct head_limits limits;
	struct ask_memory memory;
	unsigned strange; /* of a hundred: what is no plain request */
	/* The bytes of the latest ask: its head, and what follows it. */
	struct buffer head, body;
};

/* Draws the next; `can_end`: it may be one after which there are none. */
void ask_draw(struct asker *a, struct ask *out, bool can_end);

/* GET of `path`, the plainest there is. */
void ask_plain(struct asker *a, struct ask *out, const char *path);

void asker_remember(struct asker *a, struct span etag, struct span date);

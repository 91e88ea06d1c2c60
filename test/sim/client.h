/*
 * A client: what it asks, how fast it writes and reads, and how it leaves. It
 * has every response judged, and notices what does not come. Must not know
 * how the server works.
 */
#pragma once

#include "judge.h"

#define CLIENT_ASKS_MAX 80

/* The manners of a client, drawn once. Chances are of a hundred, each turn. */
struct manners {
	unsigned ask_count, depth; /* in all, and at most unanswered */
	unsigned write, read;
	size_t write_max, read_max;  /* bytes at once */
	uint64_t deaf_after;         /* stops reading after so many bytes */
	uint64_t mute_after;         /* stops writing, too */
	bool half_closes;            /* when it has asked everything */
	unsigned vanishes, patience; /* of ten thousand; turns */
};

struct client {
	struct world *world;
	struct net *net;
	const struct judge *judge;
	struct asker *asker;
	struct sock *sock;
	struct manners manners;
	unsigned asked, answered;
	struct ask asks[CLIENT_ASKS_MAX];
	struct buffer outbox, held; /* to be written; after 100 (Continue) */
	unsigned held_turns;        /* how long it has been waiting for it */
	uint64_t queued, written;
	struct reader reader;
	bool is_over, was_closed; /* by a response that said so */
	unsigned overdue;
};

/* Connects; false when it cannot. */
bool client_init(struct client *c, const struct judge *j, struct asker *a,
	struct net *net);
void client_done(struct client *c);

/* Draws what it is going to be like; or: the plainest. */
void manners_draw(struct manners *m, struct dice *d);
extern const struct manners manners_plain;

/* Asks for `path`, and no more. */
void client_ask_plain(struct client *c, const char *path);

/* Does what it is about to do in this turn. */
void client_turn(struct client *c);

/* Has it been answered all that it asked, with nothing under way? */
bool client_is_idle(const struct client *c);

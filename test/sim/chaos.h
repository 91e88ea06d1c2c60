/*
 * The people who edit the site while it is served: one edit now and then, of
 * every kind, also large files that are written in several pieces. Must not
 * know the server.
 */
#pragma once

#include "tree.h"

#define CHAOS_WRITERS 2

/* A file that is being written in place, piece by piece. */
struct writer {
	struct node *dir, *file;
	const char *name;
	uint64_t at, end;
};

struct chaos {
	struct world *world;
	struct tree *tree;
	unsigned rate;  /* edits in ten thousand occasions */
	bool is_busy;   /* an edit does not interrupt another */
	bool has_rules; /* the site has _redirects and _headers */
	struct writer writers[CHAOS_WRITERS];
	/* Somebody saves it again and again, in no time. */
	struct node *dir, *restless;
	const char *name;
};

/* Fills the tree's roots, with files of rules or without. */
void chaos_plant(struct chaos *c, struct tree *t, bool has_rules);

/* For world.disturb: perhaps an edit. */
void chaos_disturb(void *chaos);

/* Ends what is half written. */
void chaos_finish(struct chaos *c);

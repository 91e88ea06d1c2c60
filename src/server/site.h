/*
 * The site's own wishes: _redirects and _headers in its root, read at the
 * start and again when they change, so that they are as fresh as any file
 * when a request is answered. Tells what is wrong with them.
 */
#pragma once

#include "http/policy.h"
#include "io/text_file.h"

/* One of the two files, and what was read of it. */
struct rules_file {
	struct text_file file;
	void *rules;   /* struct redirects or struct headers; NULL: none */
	char *text;    /* what the rules borrow */
	char *decoded; /* the same */
};

struct site {
	const char *root;     /* for messages */
	bool speaks;          /* one of the workers does */
	bool has_begun;       /* with this root */
	uint64_t root_number; /* files_root_number() */
	uint64_t changes;     /* of the rules in force, counted */
	struct rules_file redirects, headers;
};

void site_init(struct site *s, const char *root, bool speaks);

/*
 * Looks whether the files have changed, and points *policy to their rules. A
 * line that cannot be honoured is reported; at the start, and with a new root,
 * the others count; later the rules stay as they were.
 */
void site_refresh(struct site *s, struct files *f, struct policy *policy);

void site_done(struct site *s);

/*
 * Fields and body of a response against one state of a file: do length, range,
 * entity-tag, date and bytes all agree with it? Must not know names.
 */
#pragma once

#include "expect.h"
#include "reply.h"

/* A response, and what it answers. */
struct context {
	const struct sock *sock;
	const struct ask *ask;
	const struct reply *reply;
	struct window window;
	uint64_t end; /* the epoch in which its last byte was sent */
	int64_t date; /* of its Date field */
};

/* Was the inode what its writing `i` made it, at any time in the window? */
bool writing_is_in(
	const struct node *n, unsigned i, uint64_t from, uint64_t until);

/* True when the answer is the one that these states lead to. */
bool body_explains(const struct context *c, const struct past *file,
	const struct past *variant);

/* The same, when the server made the coding of that state itself. */
bool body_explains_coded(
	const struct context *c, const struct past *file, enum coding coding);

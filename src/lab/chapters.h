/*
 * The chapters, in the order in which they are read, and how one is run. Must
 * not know the command line.
 */
#pragma once

#include "lab/lab.h"

struct lab_options {
	unsigned width; /* columns */
	bool is_json, has_colour;
	bool is_stepping; /* waits for a key between claims */
	bool is_staying;  /* keeps the stage, and says how to look around */
	/* For tests: the fact of this number is claimed wrongly; 0: none. */
	unsigned broken;
};

extern const struct chapter chapters[];
extern const unsigned chapter_count;

/* The chapter of that name, or NULL. */
const struct chapter *chapter_find(const char *name);

/* Enters a stage of its own in this process, which must be a fresh one, and
 * runs it there: true when every claim held. A stage that cannot be had is
 * -errno in *error; nothing has been told then. */
must_check bool chapter_run(
	const struct chapter *c, const struct lab_options *o, int *error);

void chapter_socket(struct lab *l);
void chapter_write_closed(struct lab *l);
void chapter_bind(struct lab *l);
void chapter_listen(struct lab *l);
void chapter_handshake(struct lab *l);
void chapter_backlog(struct lab *l);
void chapter_queues(struct lab *l);
void chapter_accept(struct lab *l);
void chapter_close(struct lab *l);
void chapter_reset(struct lab *l);
void chapter_server(struct lab *l);
void chapter_http(struct lab *l);

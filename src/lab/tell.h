/*
 * What a chapter tells, as lines for people or as JSON (RFC 8259) for
 * machines: claims, system calls, evidence, segments, facts and the verdict.
 * Only composes text; knows neither sockets nor where the text goes.
 */
#pragma once

#include "lab/packet.h"

#define TELL_WIDTH_MIN 40
#define TELL_SIZE      65536

struct teller {
	struct text out; /* the caller writes it out and empties it */
	unsigned width;  /* columns */
	bool is_json, has_colour;
	bool wants_comma; /* JSON: something stands before what comes next */
};

/* A system call that was made: who made it, and what came of it. */
struct told_call {
	const char *who, *name, *args;
	const char *result; /* "3", "-1 EPIPE (Broken pipe)", "?" */
	const char *error;  /* "EPIPE", or NULL */
	int64_t value;
};

/* Something that was claimed, and how it came out. */
struct told_fact {
	const char *what, *seen, *claimed;
	bool held;
};

void tell_chapter(struct teller *t, const char *name, const char *title);

/* Claim `number` of the chapter: what follows, up to the verdict, is its. */
void tell_claim(struct teller *t, unsigned number, const char *words);

void tell_call(struct teller *t, const struct told_call *call);

/* `words` as `source` shows them: "ss", "proc", "lsof", "counter", ... */
void tell_evidence(struct teller *t, const char *source, const char *words);

void tell_segment(
	struct teller *t, const struct packet *p, const struct rung *rung);

void tell_fact(struct teller *t, const struct told_fact *fact);

/* The claim is at its end. */
void tell_verdict(struct teller *t, bool held);

/* And the chapter, too. */
void tell_end(struct teller *t, bool held);

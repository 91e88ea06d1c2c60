/*
 * What is served and changed: a table of files, each with its size and the
 * way in which it becomes another version. A slot is one such file, or the
 * sidecar of one. Its content is made of 8-byte words, each of which tells
 * slot, version and position: two versions in one body cannot go unnoticed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum how {
	RENAMED,   /* replaced by rename(2) */
	REWRITTEN, /* overwritten where it is by one pwrite(2) */
	LINKED,    /* overwritten through a second name, outside the root */
	SOFT,      /* a symbolic link that is switched between two targets */
	APPEARING, /* created and removed */
	CODED,     /* replaced by rename(2); the next slot is its sidecar */
	SIDECAR,   /* created, replaced, removed, made too old by its file */
};

#define SLOTS_MAX 96
#define PATH_SIZE 64

struct slot {
	enum how how;
	uint32_t words;
	bool is_asked_coded; /* some requests accept gzip */
	char name[PATH_SIZE];
};

extern struct slot slots[SLOTS_MAX];
extern unsigned slot_count;

/* The folders below a root that hold them. */
#define FOLDERS 4

/* Fills the table; the same every time. */
void slots_init(void);

/* A word of a body, taken apart. */
struct word {
	uint32_t version;
	unsigned slot;
	uint32_t at;
};

struct word word_read(const unsigned char *bytes);

/* Writes the whole content of a version to `out`; gives its length. */
size_t slot_fill(unsigned slot, uint32_t version, unsigned char *out);

/* The largest content, and what is to be spared for a coded one. */
#define CONTENT_MAX (((size_t)1 << 20) + 8192)

/* The time of modification that a replaced file is given: in the past, and
 * later for a later version. */
#define STAMP_BASE 1000000000u

/*
 * The page that workers publish while somebody watches: what each of their
 * connections is doing, for `hstatic xray` to read while they go on, or while
 * they are stopped. Each worker has a part, and writes it whole every so
 * often; the answering of requests has nothing to do with it. Its readers are
 * other processes, perhaps of another build: it has a version, and a reader
 * believes nothing in it.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

#define PAGE_VERSION 1

/* Connections that a part has room for: those that do something come first. */
#define PAGE_SLOTS 1024

enum page_doing {
	PAGE_IDLE,      /* waits for a request */
	PAGE_HEAD,      /* has begun to read one */
	PAGE_BODY,      /* reads the body of one */
	PAGE_SENDING,   /* sends an answer */
	PAGE_LINGERING, /* has said all, lets the peer end */
	PAGE_DOINGS
};

/* A name is known by its end. */
#define PAGE_NAME_MAX 94

struct page_slot {
	uint64_t cookie;   /* of the socket (socket(7), SO_COOKIE) */
	uint64_t since_ms; /* on the monotonic clock; 0: not known */
	uint64_t left;     /* bytes that are still to be sent */
	uint64_t total;    /* bytes of the body; 0: not known */
	uint8_t doing;     /* enum page_doing */
	uint8_t name_len;
	char name[PAGE_NAME_MAX]; /* the end of the file's name */
};

struct page_worker {
	uint32_t pid; /* 0: nobody has this part of the page */
	uint32_t number;
	uint32_t version; /* odd while the rest changes */
	uint32_t count;   /* slots that are in use */
	uint32_t connections;
	uint32_t reserved;
	uint64_t at_ms; /* when it was written, on the monotonic clock */
};

struct page_part {
	struct page_worker worker;
	struct page_slot slots[PAGE_SLOTS];
};

struct page {
	char magic[8];
	uint32_t version, part_count;
	struct page_part parts[];
};

/* Bytes of a page of so many parts. */
size_t page_size(uint32_t part_count);

/* Writes the head of a page in zeroed memory of that size. */
void page_init(struct page *p, uint32_t part_count);

/* Is it a page of this version that lies wholly within `size` bytes? */
must_check bool page_is_valid(const void *at, size_t size);

/* Takes a part that nobody has, or NULL. */
struct page_part *page_claim(struct page *p, uint32_t pid, uint32_t number);

/* That process is no more. */
void page_release(struct page *p, uint32_t pid);

/* Its owner is about to write, or has written, at `now_ms`. */
void page_write_begin(struct page_part *part);
void page_write_end(struct page_part *part, uint64_t now_ms);

/* A copy of a part as it was at one moment, within bounds whatever stands
 * there; false when nobody has it. One whose owner was stopped while it wrote
 * is taken as it is. */
must_check bool page_read(const struct page_part *part, struct page_part *out);

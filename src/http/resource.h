/*
 * What io/ found below the root, as facts: the only thing that decisions know
 * of a file. io/ fills it in, http/ reads it. What is there never changes, so
 * that an answer may be made from it for as long as it is held; but a coding
 * that was not there may come to exist (is_made), and `unmade` with it.
 */
#pragma once

#include "base/span.h"

/* Content codings (RFC 9110 8.4.1), in our order of preference, last first. */
enum coding {
	CODING_IDENTITY,
	CODING_GZIP,
	CODING_BR,
	CODING_ZSTD,
	CODING_COUNT
};

/* "gzip", "br", "zstd", "identity". */
static inline struct span coding_name(enum coding coding)
{
	static const struct span names[CODING_COUNT] = {
		[CODING_IDENTITY] = { "identity", 8 },
		[CODING_GZIP] = { "gzip", 4 },
		[CODING_BR] = { "br", 2 },
		[CODING_ZSTD] = { "zstd", 4 },
	};

	return names[coding];
}

enum resource_kind {
	RESOURCE_FILE,      /* a regular file that may be read */
	RESOURCE_DIRECTORY, /* asked for without its final slash */
	RESOURCE_MOVED,     /* a rule sends the client elsewhere */
	RESOURCE_LISTING,   /* a directory whose listing is served */
	RESOURCE_EVENTS,    /* no file: what happens, as it happens */
	RESOURCE_ABSENT,    /* nothing, or nothing that may be served */
	RESOURCE_FORBIDDEN, /* EACCES */
	RESOURCE_BUSY,      /* EMFILE, ENFILE, ENOMEM: out of something */
	RESOURCE_BROKEN,    /* EIO and the like */
	RESOURCE_UNNAMED,   /* the target is no name: 400 */
	RESOURCE_OVERLONG   /* a rule would make too much of the target: 414 */
};

/* A strong entity-tag with its quotes: 20 characters, or 2 numbers in hex. */
#define ETAG_SIZE 48

/* One representation of the file's content (RFC 9110 3.2). */
struct variant {
	bool exists;
	bool is_made;      /* coded by this server, not found beside the file */
	int fd;            /* read the body from here, -1 if there is none */
	const char *bytes; /* the whole body where it is kept in memory */
	uint64_t size;
	uint8_t etag_len;
	char etag[ETAG_SIZE];
};

struct resource {
	enum resource_kind kind;
	struct span name; /* relative to the root, decoded, no leading slash */
	int64_t mtime;    /* seconds since the epoch */
	/* Of the way to it (lookup.h): */
	bool is_stand_in;     /* served in place of what was asked for */
	bool varies_accept;   /* another Accept might have led elsewhere */
	unsigned status;      /* of RESOURCE_MOVED */
	struct span location; /* the same: a URI reference */
	struct span asked;    /* the path, decoded, where a rule may care */
	struct variant variants[CODING_COUNT];
	/* Codings that are not there, and will be when somebody wants them:
	 * bits, 1 << coding. */
	unsigned unmade;
};

/* One name in a directory, as listings show it. */
struct directory_entry {
	struct span name; /* without a slash */
	bool is_directory;
	bool is_known; /* the rest is: what could not be looked at is not */
	uint64_t size;
	int64_t mtime; /* seconds since the epoch */
};

/* The path that rules go by, "/" where it is not known or `r` is NULL. */
static inline struct span resource_asked(const struct resource *r)
{
	return r != NULL && r->asked.len > 0 ? r->asked : SPAN("/");
}

static inline struct span variant_etag(const struct variant *v)
{
	return (struct span){ v->etag, v->etag_len };
}

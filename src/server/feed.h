/*
 * What the admin listener tells, as it changes: one picture at a time, made
 * when somebody asks and shared by all who ask in the same half second; and
 * streams of such pictures as server-sent events (HTML 9.2). Knows neither
 * what is in a picture nor how it travels.
 */
#pragma once

#include "base/text.h"
#include "io/loop.h"
#include "wire/wire.h"

/* Streams at a time; each costs a connection and a buffer. */
#define FEED_STREAMS_MAX 32

/* A picture in words that fits in here, or none. */
#define FEED_PICTURE_MAX ((size_t)3 << 20)

/* Text that several may be sending. */
struct frame {
	unsigned refs;
	size_t json_at; /* where the picture begins in the events */
	size_t len;
	char at[];
};

struct feed {
	const struct loop *loop; /* for the time */
	/* Writes the picture as it is now, JSON: 0 or -errno. */
	int (*draw)(struct feed *, struct text *out);
	/* Writes what goes before it as an event of its own, or nothing. */
	void (*lead)(struct feed *, struct text *out);
	char *storage;        /* of FEED_PICTURE_MAX bytes */
	struct frame *latest; /* as an event; or NULL */
	uint64_t drawn_ms;
	unsigned streams;
};

/* `draw` and `lead` are the caller's to set. -ENOMEM. */
must_check int feed_init(struct feed *f, const struct loop *loop);

/* The picture as an event, the caller's to let go of by frame_put; NULL when
 * it cannot be made. */
must_check struct frame *feed_event(struct feed *f);

/* The picture, on one line. */
struct span frame_json(const struct frame *f);

void frame_put(struct frame *f);

/*
 * A stream of such events, which begins with `greeting`, an event or several,
 * copied. The caller's, to be let go of by its `done`; NULL when there are too
 * many, or no memory.
 */
must_check struct producer *feed_stream(struct feed *f, struct span greeting);

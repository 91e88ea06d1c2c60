/*
 * Reading responses as a suspicious client does (RFC 9112 4, 5, 6): an own
 * small parser, that shares no code with the server's. Knows framing and
 * syntax, not what was asked for but for whether it was HEAD.
 */
#pragma once

#include "base/span.h"
#include "sim_net.h"

#define REPLY_FIELDS_MAX 24

struct reply_field {
	struct span name, value;
};

struct reply {
	unsigned status;
	unsigned field_count;
	struct reply_field fields[REPLY_FIELDS_MAX];
	bool has_length, is_last; /* Connection: close */
	uint64_t length;          /* of the body that follows */
	struct span body;         /* as much of it as there is */
	uint64_t first, end;      /* in the server's stream */
};

/* Is it a HEAD that is answered, as far as the server can know? Half of one
 * it need not recognise; one that came when its time was just over it may
 * not have looked at. */
enum reply_to { REPLY_TO_OTHER, REPLY_TO_HEAD, REPLY_TO_LATE_HEAD };

enum reply_state { REPLY_HEAD, REPLY_BODY };

struct reader {
	enum reply_state state;
	struct buffer head, body;
	uint64_t taken; /* bytes of the stream so far */
	struct reply reply;
};

void reader_done(struct reader *r);

/*
 * Takes from `bytes` what belongs to the current response; returns how many.
 * *is_whole: it is complete, in r->reply until the next call.
 */
size_t reader_take(
	struct reader *r, struct span bytes, enum reply_to to, bool *is_whole);

/* Has a response begun that is not complete? */
bool reader_is_inside(const struct reader *r);

/* The value of a field; .at is NULL when there is none. Fails on two. */
struct span reply_field(const struct reply *r, const char *name);

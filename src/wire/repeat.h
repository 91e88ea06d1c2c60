/*
 * Answers that are given again: what was rendered for a request is kept under
 * the request's key (http/key.h), and the next request with that key gets the
 * same bytes, with a Date of its own. Only for as long as the stamp of what it
 * was made of is unchanged: whoever plans says what that is, and who sets no
 * stamp has its answers made anew each time.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "http/date.h"
#include "http/key.h"
#include "wire/wire.h"

struct repeats {
	struct map kept; /* by key */
	struct list recent;
	struct pool small, large; /* of answers without and with a body */
	/* What the clock says, in words. */
	int64_t dated;
	char date[DATE_LENGTH];
	/* Of the request at hand. */
	size_t key_len;
	char key[KEY_MAX];
};

/* `seed` keys its hash. -ENOMEM. */
must_check int repeats_init(struct repeats *r, uint64_t seed);

void repeats_done(struct repeats *r);

/* Forgets all: what the site wishes has changed. */
void repeats_clear(struct repeats *r);

/*
 * Answers `q`, in ex->segments: as it was answered before, or by what
 * host->on_exchange plans. False without memory for a long head.
 */
must_check bool repeat_answer(
	struct wire_host *host, struct exchange *ex, const struct request *q);

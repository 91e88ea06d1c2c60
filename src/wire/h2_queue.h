/*
 * Which stream is next to send (RFC 9218 10): the most urgent first; among
 * equals one after the other in the order of their requests, but those that
 * are of use while they come take turns.
 */
#pragma once

#include "base/list.h"
#include "http/priority.h"

/* A place in the queue; the stream's that has it. */
struct h2_place {
	struct list node;
	uint32_t id;
	struct priority priority;
};

struct h2_queue {
	struct list urgency[PRIORITY_URGENCIES];
	uint8_t used; /* a bit for each list that may have something in it */
};

void h2_queue_init(struct h2_queue *q);

/* A place that is in no queue. */
static inline void h2_place_init(
	struct h2_place *p, uint32_t id, struct priority priority)
{
	list_init(&p->node);
	p->id = id;
	p->priority = priority;
}

static inline bool h2_place_is_queued(const struct h2_place *p)
{
	return !list_is_empty(&p->node);
}

/* By urgency, then by id. The place is in no list. */
void h2_queue_add(struct h2_queue *q, struct h2_place *p);

/* It has had its turn: behind the others of its urgency. */
void h2_queue_turn(struct h2_queue *q, struct h2_place *p);

/* The first, or NULL. */
struct h2_place *h2_queue_first(struct h2_queue *q);

/* The one after `p`, or NULL. */
struct h2_place *h2_queue_next(struct h2_queue *q, const struct h2_place *p);

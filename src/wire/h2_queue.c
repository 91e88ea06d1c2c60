/*
 * The order of streams (h2_queue.h): a list for each urgency. Must not know
 * what a stream sends.
 */
#include "wire/h2_queue.h"

static struct h2_place *place_of(struct list *node)
{
	return container_of(node, struct h2_place, node);
}

void h2_queue_init(struct h2_queue *q)
{
	for (unsigned i = 0; i < PRIORITY_URGENCIES; i++)
		list_init(&q->urgency[i]);
	q->used = 0;
}

/* Behind those that came before it. Requests come in the order of their ids,
 * so that the end is nearly always the place. */
void h2_queue_add(struct h2_queue *q, struct h2_place *p)
{
	struct list *head = &q->urgency[p->priority.urgency];
	struct list *node = head->prev;

	while (node != head && place_of(node)->id > p->id)
		node = node->prev;
	list_add_first(node, &p->node);
	q->used |= (uint8_t)(1 << p->priority.urgency);
}

void h2_queue_turn(struct h2_queue *q, struct h2_place *p)
{
	list_remove(&p->node);
	list_add_last(&q->urgency[p->priority.urgency], &p->node);
}

static struct h2_place *first_from(struct h2_queue *q, unsigned urgency)
{
	for (unsigned i = urgency; i < PRIORITY_URGENCIES; i++) {
		if ((q->used & 1 << i) == 0)
			continue;
		if (!list_is_empty(&q->urgency[i]))
			return place_of(q->urgency[i].next);
		q->used &= (uint8_t) ~(1 << i);
	}
	return NULL;
}

struct h2_place *h2_queue_first(struct h2_queue *q)
{
	return q->used == 0 ? NULL : first_from(q, 0);
}

struct h2_place *h2_queue_next(struct h2_queue *q, const struct h2_place *p)
{
	unsigned urgency = p->priority.urgency;

	if (p->node.next != &q->urgency[urgency])
		return place_of(p->node.next);
	return first_from(q, urgency + 1);
}

/*
 * Connections between two workers (handover.h).
 */
#include "server/handover.h"

#include <stdlib.h>

#include "io/process.h"

struct held {
	struct list node;
	int fd;
	struct message message; /* the last, and not whole */
};

void handover_init(struct handover *h)
{
	list_init(&h->held);
}

void handover_hold(struct handover *h, const struct message *m, int fd)
{
	/* As much of it as was sent. */
	size_t size = offsetof(struct message, data) + m->data_len;
	struct held *held = malloc(offsetof(struct held, message) + size);

	if (held == NULL) {
		process_close(fd);
		return;
	}
	held->fd = fd;
	memcpy(&held->message, m, size);
	list_add_last(&h->held, &held->node);
}

static void held_free(struct held *held)
{
	process_close(held->fd);
	list_remove(&held->node);
	free(held);
}

int handover_pass(struct handover *h, struct children *workers)
{
	struct child *worker;

	while (!list_is_empty(&h->held) &&
		(worker = child_next(workers)) != NULL) {
		struct held *held = container_of(
			h->held.next, struct held, node);
		int res = message_send(
			worker->channel, &held->message, held->fd);
		if (res < 0)
			return res;
		held_free(held);
	}
	return 0;
}

void handover_clear(struct handover *h)
{
	while (!list_is_empty(&h->held))
		held_free(container_of(h->held.next, struct held, node));
}

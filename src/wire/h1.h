/*
 * HTTP/1.0 and HTTP/1.1 (RFC 9112) over any byte stream. Reads heads as they
 * come, whole or in pieces, queues their exchanges in order, and shows the
 * answers of as many as are ready, so that pipelined requests cost one write.
 */
#pragma once

#include "wire/wire.h"

enum h1_state {
	H1_HEAD,  /* reading a head, or waiting for one */
	H1_BODY,  /* reading the body of `held` */
	H1_ENDING /* sending what is queued, reading nothing */
};

struct h1 {
	struct wire wire;
	struct list queue;     /* exchanges, in the order of their requests */
	struct exchange *held; /* planned; answered when its body has come */
	char *pending;         /* a block of host->buffers, or NULL */
	uint32_t pending_len;
	uint8_t queued; /* how many are in the queue */
	bool is_full;   /* pending bytes wait for the queue to empty */
	uint8_t state;
	bool is_draining;
};

/* The wire's `front` (wire.h). */
static inline const struct exchange *h1_front(const struct wire *w)
{
	const struct h1 *h = container_of(w, struct h1, wire);

	if (h->state == H1_BODY || list_is_empty(&h->queue))
		return h->held;
	return container_of(h->queue.next, struct exchange, node);
}

/* Begins a connection at time `now`. Cannot fail: takes no memory yet. */
void h1_init(struct h1 *h, struct wire_host *host, uint64_t now);

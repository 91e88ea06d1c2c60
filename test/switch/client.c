/*
 * A client (client.h). Sends up to sixteen requests at once, reads as many
 * answers, and now and then begins anew with another connection.
 */
#include "client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "dice.h"
#include "fault.h"

#define BATCH_MAX 16

/* A connection is given up after so many batches. */
#define BATCHES_MAX 200

/* Room for what may have been sent in advance: not all of it needs to fit. */
#define BUFFER_SIZE ((size_t)4 << 20)

/* Nothing that works is silent for so long, in seconds. */
#define PATIENCE 20

#define LOAD_NICE 10

struct client {
	pthread_t thread;
	unsigned id, port;
	int fd;
	struct dice dice;
	struct load load;
	char *buffer;
	size_t from, len; /* what has come and is not judged yet */
	struct ask asks[BATCH_MAX];
	struct seen seen[SLOTS_MAX][2]; /* by what was asked for, and coding */
};

static atomic_int_fast64_t wanted;

static bool client_connect(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)c->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval patience = { .tv_sec = PATIENCE };

	c->from = c->len = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

/* Small files mostly; one in four requests is for what has just changed. */
static unsigned slot_choose(struct client *c)
{
	for (;;) {
		unsigned slot = dice_roll(&c->dice, 4) == 0
					? board_latest()
					: dice_roll(&c->dice, slot_count);
		unsigned rarity = slots[slot].words > 1 << 13   ? 60
				  : slots[slot].words > 1 << 10 ? 4
								: 1;
		if (slots[slot].how != SIDECAR &&
			dice_roll(&c->dice, rarity) == 0)
			return slot;
	}
}

/* Adds a request to `text`; gives its length. */
static size_t ask_write(
	struct client *c, struct ask *a, char *text, size_t room)
{
	unsigned slot = slot_choose(c);

	*a = (struct ask){ .slot = slot };
	a->wants_gzip = slots[slot].is_asked_coded &&
			dice_roll(&c->dice, 2) == 0;
	const struct seen *seen = &c->seen[slot][a->wants_gzip];
	if (dice_roll(&c->dice, 4) == 0 && seen->etag[0] != '\0') {
		memcpy(a->etag, seen->etag, sizeof a->etag);
		a->etag_slot = seen->slot;
		a->etag_version = seen->version;
	}
	int len = snprintf(text, room,
		"GET /%s HTTP/1.1\r\nHost: switch\r\n%s%s%s%s\r\n",
		slots[slot].name,
		a->wants_gzip ? "Accept-Encoding: gzip\r\n" : "",
		a->etag[0] != '\0' ? "If-None-Match: " : "", a->etag,
		a->etag[0] != '\0' ? "\r\n" : "");
	return (size_t)len;
}

/* Looks at the board, after all has been made ready and before it goes. */
static bool batch_send(struct client *c, unsigned count)
{
	char text[BATCH_MAX * 256];
	size_t len = 0;

	for (unsigned i = 0; i < count; i++)
		len += ask_write(c, &c->asks[i], text + len, sizeof text - len);
	board_client_asks(c->id);
	for (unsigned i = 0; i < count; i++) {
		struct ask *a = &c->asks[i];
		a->before = board_look(a->slot);
		if (slots[a->slot].how == CODED)
			a->sidecar_before = board_look(a->slot + 1);
	}
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(c->fd, text + sent, len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

static bool more_receive(struct client *c)
{
	if (c->from + c->len == BUFFER_SIZE || c->len == 0) {
		memmove(c->buffer, c->buffer + c->from, c->len);
		c->from = 0;
	}
	ssize_t n = recv(c->fd, c->buffer + c->from + c->len,
		BUFFER_SIZE - c->from - c->len, 0);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	return true;
}

/* A whole answer, at the start of the buffer; gives its length, or 0. */
static size_t answer_receive(struct client *c, struct reply *r)
{
	for (;;) {
		const char *at = c->buffer + c->from;
		long head = reply_read(at, c->len, r);
		if (head < 0) {
			fault_note(FAULT_MESSAGE, "%.*s",
				c->len < 300 ? (int)c->len : 300, at);
			return 0;
		}
		if (head > 0 && c->len >= (size_t)head + r->length)
			return (size_t)head + r->length;
		if (!more_receive(c)) {
			fault_note(FAULT_CONNECTION, "ended after %zu bytes",
				c->len);
			return 0;
		}
	}
}

static void answer_count(struct client *c, const struct reply *r)
{
	c->load.responses++;
	c->load.bytes += r->length;
	c->load.not_modified += r->status == 304;
	c->load.absent += r->status == 404;
	c->load.coded += r->coding.at != NULL;
}

/* False when the connection is of no more use. */
static bool batch_run(struct client *c, unsigned count)
{
	if (!batch_send(c, count)) {
		fault_note(FAULT_CONNECTION, "nothing can be sent");
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		const struct ask *a = &c->asks[i];
		struct reply r;
		struct seen seen;
		size_t len = answer_receive(c, &r);
		if (len == 0)
			return false;
		answer_count(c, &r);
		if (check_reply(a, &r, &seen))
			c->seen[a->slot][a->wants_gzip] = seen;
		if (r.is_last) {
			fault_note(FAULT_CONNECTION, "to be closed");
			return false;
		}
		c->from += len;
		c->len -= len;
	}
	if (c->len > 0)
		fault_note(FAULT_MESSAGE, "more than was asked for");
	return c->len == 0;
}

static void *client_run(void *argument)
{
	struct client *c = argument;
	bool is_good = true;

	/* Of its thread alone: the writer must not wait for those who ask. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), LOAD_NICE);

	while (is_good && wanted > 0) {
		is_good = client_connect(c);
		if (!is_good)
			fault_note(FAULT_CONNECTION, "cannot connect");
		for (unsigned i = 0; is_good && i < BATCHES_MAX; i++) {
			unsigned count = 1 + dice_roll(&c->dice, BATCH_MAX);
			if (atomic_fetch_sub(&wanted, count) <= 0)
				break;
			is_good = batch_run(c, count);
			board_client_rests(c->id);
		}
		if (c->fd >= 0)
			close(c->fd);
	}
	board_client_rests(c->id);
	return NULL;
}

static void load_add(struct load *sum, const struct load *one)
{
	sum->responses += one->responses;
	sum->bytes += one->bytes;
	sum->not_modified += one->not_modified;
	sum->absent += one->absent;
	sum->coded += one->coded;
}

void clients_run(unsigned port, uint64_t responses, struct load *out)
{
	struct client *all = calloc(CLIENTS, sizeof *all);

	wanted = (int_fast64_t)responses;
	for (unsigned i = 0; all != NULL && i < CLIENTS; i++) {
		struct client *c = &all[i];
		c->id = i;
		c->port = port;
		c->dice.state = 1000 + i;
		c->buffer = malloc(BUFFER_SIZE);
		if (c->buffer == NULL ||
			pthread_create(&c->thread, NULL, client_run, c) != 0) {
			perror("a client");
			exit(1);
		}
	}
	*out = (struct load){ 0 };
	for (unsigned i = 0; all != NULL && i < CLIENTS; i++) {
		pthread_join(all[i].thread, NULL);
		load_add(out, &all[i].load);
		free(all[i].buffer);
	}
	free(all);
}

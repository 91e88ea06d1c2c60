/*
 * The helper that codes bodies (squeezer.h). Poll, one job, its answers, and
 * again; the next job is another worker's, if one has any. What it coded
 * lately it still has: the workers of a server mostly want the same.
 */
#include "io/squeezer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "io/codec.h"
#include "io/memfd.h"
#include "io/process.h"

/* The quick one first: it serves until the better ones are there. */
static const enum coding order[] = { CODING_GZIP, CODING_ZSTD, CODING_BR };

/* Bodies that were made lately, for the other workers: so many, and none that
 * would make them 16 MiB. */
#define RECENT_MAX      64
#define RECENT_SIZE_MAX ((uint64_t)256 << 10)

struct coded {
	enum coding coding; /* CODING_IDENTITY: a free place */
	int fd;
	uint64_t size;
	char source[DIGEST_LENGTH];
};

/* The job at hand. */
struct work {
	uint32_t number;
	int channel;
	struct span content;
	char source[DIGEST_LENGTH];
};

struct squeezer {
	unsigned count, next;
	struct pollfd channels[SQUEEZER_CHANNELS_MAX]; /* 0: the master's */
};

/* Pages that nobody touches before the first job. */
static char content_buffer[CODEC_IN_MAX], coded_buffer[CODEC_IN_MAX];
static struct coded recent[RECENT_MAX];
static unsigned recent_next;

static const struct coded *recent_find(const struct work *w, enum coding coding)
{
	for (unsigned i = 0; i < RECENT_MAX; i++) {
		if (recent[i].coding == coding &&
			memcmp(recent[i].source, w->source, DIGEST_LENGTH) == 0)
			return &recent[i];
	}
	return NULL;
}

/* In the place of the oldest. */
static void recent_keep(const struct coded *m)
{
	struct coded *place = &recent[recent_next++ % RECENT_MAX];

	if (place->coding != CODING_IDENTITY)
		process_close(place->fd);
	*place = *m;
}

static bool result_send(const struct work *w, const struct coded *m)
{
	struct squeeze_result result = {
		.number = w->number, .coding = m->coding, .size = m->size
	};

	memcpy(result.source, w->source, sizeof result.source);
	return process_send(w->channel, &result, sizeof result, m->fd) == 0;
}

/* False when the worker does not take it. Of what is not worth it nothing is
 * said. */
static bool coding_make(const struct work *w, enum coding coding)
{
	const struct coded *old = recent_find(w, coding);
	struct coded m = { .coding = coding };

	if (old != NULL)
		return result_send(w, old);
	ssize_t length = codec_encode(coding, w->content, coded_buffer,
		(size_t)codec_room(w->content.len));
	if (length < 0)
		return true;
	m.size = (uint64_t)length;
	m.fd = memfd_of((struct span){ coded_buffer, (size_t)length });
	if (m.fd < 0)
		return true;
	memcpy(m.source, w->source, sizeof m.source);
	bool is_sent = result_send(w, &m);
	if (m.size <= RECENT_SIZE_MAX)
		recent_keep(&m);
	else
		process_close(m.fd);
	return is_sent;
}

bool squeezer_do(const struct squeeze_job *job, int content, int channel)
{
	const struct coded end = { .coding = CODING_IDENTITY, .fd = -1 };
	struct work w = { .number = job->number, .channel = channel };
	bool is_sent = true;

	/* What is coded is what was read, whatever the file becomes. */
	bool is_read = job->size <= CODEC_IN_MAX &&
		       memfd_read(content, content_buffer, job->size) == 0;
	process_close(content);
	if (is_read) {
		w.content = (struct span){ content_buffer, (size_t)job->size };
		digest_of(w.content, w.source);
	}
	for (size_t i = 0; i < array_count(order) && is_read && is_sent; i++) {
		if ((job->codings & 1u << order[i]) != 0)
			is_sent = coding_make(&w, order[i]);
	}
	return is_sent && result_send(&w, &end);
}

static void channel_add(struct squeezer *s, int channel)
{
	if (channel < 0)
		return;
	if (s->count == SQUEEZER_CHANNELS_MAX) {
		process_close(channel);
		return;
	}
	s->channels[s->count++] = (struct pollfd){ .fd = channel,
		.events = POLLIN };
}

/* A worker that has ended, or does not listen, is let go. */
static void channel_drop(struct squeezer *s, unsigned i)
{
	process_close(s->channels[i].fd);
	s->channels[i] = s->channels[--s->count];
}

/* A channel to a worker: 1; 0 at the end, -errno. */
static int master_hear(struct squeezer *s)
{
	char nothing;
	int fd;
	ssize_t got = process_receive(
		s->channels[0].fd, &nothing, sizeof nothing, &fd);

	if (got > 0)
		channel_add(s, fd);
	return got > 0 ? 1 : (int)got;
}

static void worker_hear(struct squeezer *s, unsigned i)
{
	int channel = s->channels[i].fd, content;
	struct squeeze_job job;
	ssize_t got = process_receive(channel, &job, sizeof job, &content);

	if (got == -EAGAIN)
		return;
	if (got == (ssize_t)sizeof job && squeezer_do(&job, content, channel))
		return;
	if (got != (ssize_t)sizeof job)
		process_close(content);
	channel_drop(s, i);
}

/* The next worker that has a job, in turn. */
static void workers_hear(struct squeezer *s)
{
	for (unsigned k = 1; k < s->count; k++) {
		s->next = s->next % (s->count - 1) + 1;
		if (s->channels[s->next].revents != 0) {
			worker_hear(s, s->next);
			return;
		}
	}
}

int squeezer_run(int channel)
{
	static struct squeezer s;
	int res = 1;

	channel_add(&s, channel);
	while (res == 1) {
		if (poll(s.channels, s.count, -1) < 0 && errno != EINTR)
			return -errno;
		if (s.channels[0].revents == 0)
			workers_hear(&s);
		else
			res = master_hear(&s);
		if (res == -EAGAIN)
			res = 1;
	}
	return res;
}

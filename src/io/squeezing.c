/*
 * Jobs of one worker and their results (squeezing.h). The helper is not
 * trusted: what it sends is bytes, checked for what could be wrong with them;
 * the entity-tag is made here. Must not know what an answer looks like.
 */
#include "io/squeezing.h"

#include <errno.h>
#include <stdlib.h>

#include "io/codec.h"
#include "io/memfd.h"
#include "io/process.h"

static struct squeezing_job *job_at(struct squeezing *s, uint32_t number)
{
	return &s->jobs[number % SQUEEZING_JOBS_MAX];
}

/* The oldest is over; what it still owed is not asked for again. */
static void job_end(struct squeezing *s)
{
	file_put(s->files, job_at(s, s->first)->file);
	s->first++;
	s->count--;
}

/* The helper is gone. What it had not begun may be asked for again; what it
 * was at may be what killed it. */
static void jobs_lose(struct squeezing *s)
{
	if (s->count > 0)
		job_end(s);
	while (s->count > 0) {
		struct squeezing_job *job = job_at(s, s->first);
		job->file->resource.unmade |= job->codings;
		files_touch(s->files, job->file);
		job_end(s);
	}
}

/* A descriptor with the content of the file: its own, or one of a copy. */
static int content_send(struct squeezing *s, const struct squeeze_job *job,
	const struct variant *v)
{
	int copy = -1, res;

	if (v->bytes == NULL)
		return process_send(s->channel, job, sizeof *job, v->fd);
	copy = memfd_of((struct span){ v->bytes, (size_t)v->size });
	if (copy < 0)
		return copy;
	res = process_send(s->channel, job, sizeof *job, copy);
	process_close(copy);
	return res;
}

static void want(struct squeeze *squeeze, struct file *file, unsigned codings)
{
	struct squeezing *s = container_of(squeeze, struct squeezing, squeeze);
	const struct variant *v = &file->resource.variants[CODING_IDENTITY];
	const struct squeeze_job job = { .number = s->first + s->count,
		.codings = codings & file->resource.unmade,
		.size = v->size };

	if (s->channel < 0 || s->count == SQUEEZING_JOBS_MAX ||
		job.codings == 0 || content_send(s, &job, v) < 0)
		return;
	file_share(file);
	file->resource.unmade &= ~job.codings;
	*job_at(s, job.number) = (struct squeezing_job){ .file = file,
		.codings = job.codings };
	s->count++;
}

/* Reads what the helper has made. False when there is something wrong with
 * it; the descriptor is the caller's, or in *m. */
static bool made_read(
	const struct squeeze_result *result, int fd, struct made *m)
{
	size_t size = (size_t)result->size;

	*m = (struct made){ .coding = result->coding, .size = size, .fd = -1 };
	if (!memfd_is_sealed(fd, size))
		return false;
	m->bytes = malloc(size + 1);
	if (m->bytes == NULL || memfd_read(fd, m->bytes, size) < 0) {
		free(m->bytes);
		return false;
	}
	digest_of((struct span){ m->bytes, size }, m->digest);
	if (size > FILES_KEPT_MAX) {
		free(m->bytes);
		m->bytes = NULL;
		m->fd = fd;
	}
	return true;
}

/* False when it is no answer to the oldest job. */
static bool result_take(
	struct squeezing *s, const struct squeeze_result *result, int *fd)
{
	struct squeezing_job *job = job_at(s, s->first);
	struct made m;

	if (s->count == 0 || result->number != s->first)
		return false;
	if (result->coding == CODING_IDENTITY) {
		job_end(s);
		return true;
	}
	uint64_t size = job->file->resource.variants[CODING_IDENTITY].size;
	if (result->coding >= CODING_COUNT ||
		(job->codings & 1u << result->coding) == 0 ||
		result->size > codec_room(size))
		return false;
	job->codings &= ~(1u << result->coding);
	/* Out of memory or descriptors: it goes without. */
	if (*fd < 0 || !made_read(result, *fd, &m))
		return true;
	if (m.fd >= 0)
		*fd = -1;
	file_add(s->files, job->file, &m, result->source);
	return true;
}

/* All that has come. False when there will be no more. */
static bool results_take(struct squeezing *s)
{
	struct squeeze_result result;
	bool is_good = true;
	ssize_t got = 0;
	int fd;

	while (is_good && (got = process_receive(s->channel, &result,
				   sizeof result, &fd)) > 0) {
		is_good = got == (ssize_t)sizeof result &&
			  result_take(s, &result, &fd);
		process_close(fd);
	}
	return is_good && got == -EAGAIN;
}

static void channel_open(struct squeezing *s, int channel)
{
	s->channel = channel;
	if (channel >= 0)
		s->loop->ops->poll(s->loop, &s->op, channel);
}

static void channel_ready(struct op *op, int res, struct span data)
{
	struct squeezing *s = container_of(op, struct squeezing, op);

	(void)data;
	if (res >= 0 && results_take(s) && s->successor < 0) {
		channel_open(s, s->channel);
		return;
	}
	jobs_lose(s);
	s->loop->ops->close(s->loop, s->channel);
	channel_open(s, s->successor);
	s->successor = -1;
}

void squeezing_attach(struct squeezing *s, int channel)
{
	if (s->channel < 0) {
		channel_open(s, channel);
		return;
	}
	process_close(s->successor);
	s->successor = channel;
	s->loop->ops->cancel(s->loop, &s->op);
}

void squeezing_init(struct squeezing *s, struct loop *loop, struct files *files)
{
	*s = (struct squeezing){ .squeeze = { .want = want },
		.loop = loop,
		.files = files,
		.channel = -1,
		.successor = -1 };
	op_init(&s->op, channel_ready);
}

void squeezing_done(struct squeezing *s)
{
	s->loop->ops->cancel(s->loop, &s->op);
	while (s->count > 0)
		job_end(s);
	process_close(s->channel);
	process_close(s->successor);
	s->channel = s->successor = -1;
}

/*
 * The helper that is no process (sim_squeeze.h).
 */
#include "sim_squeeze.h"

#include <stdlib.h>

#include "content.h"
#include "heap.h"
#include "io/files.h"

static void want(struct squeeze *squeeze, struct file *file, unsigned codings)
{
	struct sim_squeeze *s = container_of(
		squeeze, struct sim_squeeze, squeeze);
	struct sim_job *job = s->jobs;

	check((codings & ~file->resource.unmade) == 0,
		"a coding is wanted twice");
	while (job < s->jobs + SIM_SQUEEZE_JOBS && job->file != NULL)
		job++;
	if (job == s->jobs + SIM_SQUEEZE_JOBS)
		return;
	file_share(file);
	file->resource.unmade &= ~codings;
	*job = (struct sim_job){ .file = file, .codings = codings };
}

static void job_end(struct sim_squeeze *s, struct sim_job *job)
{
	file_put(s->files, job->file);
	job->file = NULL;
}

/* Whatever the file is by now. */
static void job_read(struct sim_squeeze *s, struct sim_job *job)
{
	const struct variant *v = &job->file->resource.variants[0];
	char *bytes = heap_own(NULL, (size_t)v->size + 1);
	ssize_t got = (ssize_t)v->size;

	if (v->bytes != NULL)
		memcpy(bytes, v->bytes, (size_t)v->size);
	else
		got = sim_fs_copy(s->fs, v->fd, bytes, (size_t)v->size, 0);
	job->is_read = got == (ssize_t)v->size;
	if (job->is_read)
		digest_of((struct span){ bytes, (size_t)v->size }, job->source);
	else
		job_end(s, job);
	heap_disown(bytes);
}

static void job_deliver(
	struct sim_squeeze *s, struct sim_job *job, enum coding coding)
{
	struct content content;
	struct made m = { .coding = coding, .fd = -1 };

	job->codings &= ~(1u << coding);
	content_coded(&content, job->source, coding);
	m.size = content.size;
	m.bytes = malloc((size_t)m.size); /* the server's, from now on */
	if (m.bytes == NULL)
		return;
	content_read(&content, 0, m.bytes, (size_t)m.size);
	digest_of((struct span){ m.bytes, (size_t)m.size }, m.digest);
	file_add(s->files, job->file, &m, job->source);
}

static void job_go_on(struct sim_squeeze *s, struct sim_job *job)
{
	enum coding c = (enum coding)dice_between(
		&s->world->dice, CODING_GZIP, CODING_ZSTD);

	if (!job->is_read)
		job_read(s, job);
	else if (job->codings == 0 || dice_percent(&s->world->dice, 5))
		job_end(s, job); /* done, or never */
	else if ((job->codings & 1u << c) != 0)
		job_deliver(s, job, c);
}

void sim_squeeze_turn(struct sim_squeeze *s)
{
	bool dies = dice_rarely(&s->world->dice, 1);

	for (unsigned i = 0; i < SIM_SQUEEZE_JOBS; i++) {
		struct sim_job *job = &s->jobs[i];
		if (job->file == NULL)
			continue;
		if (dies) {
			job->file->resource.unmade |= job->codings;
			job_end(s, job);
		} else if (dice_percent(&s->world->dice, s->speed)) {
			job_go_on(s, job);
		}
	}
}

void sim_squeeze_init(
	struct sim_squeeze *s, struct sim_fs *fs, struct files *files)
{
	*s = (struct sim_squeeze){ .squeeze = { .want = want },
		.world = fs->world,
		.fs = fs,
		.files = files,
		.speed = (unsigned)dice_between(&fs->world->dice, 1, 60) };
}

void sim_squeeze_done(struct sim_squeeze *s)
{
	for (unsigned i = 0; i < SIM_SQUEEZE_JOBS; i++) {
		if (s->jobs[i].file != NULL)
			job_end(s, &s->jobs[i]);
	}
}

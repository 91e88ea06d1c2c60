/*
 * A worker and the helper that codes for it (io/squeezing.h, io/squeezer.h),
 * over a real channel and a real file system: what comes back is used, what is
 * wrong with it is not, and a helper that dies takes nothing with it.
 */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode.h"
#include "io/codec.h"
#include "io/kernel_fs.h"
#include "io/memfd.h"
#include "io/process.h"
#include "io/squeezer.h"
#include "io/squeezing.h"

#define BIT(coding) (1u << (coding))
#define ALL         (BIT(CODING_GZIP) | BIT(CODING_BR) | BIT(CODING_ZSTD))

/* A loop that does what the test says: one poll, and what was closed. */
static struct op *polled;
static int polls, closes;

static void fake_poll(struct loop *l, struct op *op, int fd)
{
	(void)l;
	(void)fd;
	assert_null(polled);
	polled = op;
	polls++;
}

static void fake_cancel(struct loop *l, struct op *op)
{
	(void)l;
	assert_true(polled == op || polled == NULL);
}

static void fake_close(struct loop *l, int fd)
{
	(void)l;
	close(fd);
	closes++;
}

static const struct loop_ops fake_ops = {
	.poll = fake_poll, .cancel = fake_cancel, .close = fake_close
};

static char dir[] = "/tmp/hstatic-squeeze-XXXXXX";
static struct loop loop = { .ops = &fake_ops };
static struct fs *fs;
static struct files *files;
static struct squeezing squeezing;
static int helper; /* its end of the channel */
static char back[CODEC_IN_MAX];

static void file_make(const char *name, size_t size, unsigned step)
{
	char path[100];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	for (size_t i = 0; i < size; i++)
		fputc("0123456789abcdef"[i * i / 13 * step % 251 % 16], f);
	assert_int_equal(fclose(f), 0);
	/* Long settled. */
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void attach(void)
{
	int ends[2];

	assert_int_equal(process_channel(ends), 0);
	squeezing_attach(&squeezing, ends[0]);
	helper = ends[1];
}

static void event(int res)
{
	struct op *op = polled;

	assert_non_null(op);
	polled = NULL;
	op->done(op, res, (struct span){ NULL, 0 });
}

static void start(void)
{
	static const struct files_limits limits = { 4 << 20, 100, 100, true };

	polled = NULL;
	polls = closes = 0;
	assert_int_equal(kernel_fs_open(dir, true, &fs), 0);
	files = files_new(fs, &limits, 42);
	assert_non_null(files);
	squeezing_init(&squeezing, &loop, files);
}

static void stop(void)
{
	squeezing_done(&squeezing);
	files_free(files);
	kernel_fs_close(fs);
	process_close(helper);
	helper = -1;
}

/* What was changed a moment ago is not kept: waits until it is. */
static struct file *look(const char *name)
{
	struct file *file = NULL;

	for (;;) {
		assert_int_equal(
			files_open(files, span_of(name), &file), RESOURCE_FILE);
		if (file->resource.unmade != 0 || file->refs > 1)
			return file;
		file_put(files, file);
		usleep(2000);
	}
}

static void want(const char *name, unsigned codings)
{
	struct file *file = look(name);

	squeezing.squeeze.want(&squeezing.squeeze, file, codings);
	file_put(files, file);
}

/* The codings of the next job, as the helper gets it; 0: there is none. */
static unsigned job_take(struct squeeze_job *job, int *content)
{
	ssize_t got = process_receive(helper, job, sizeof *job, content);

	return got == (ssize_t)sizeof *job ? job->codings : 0;
}

/* The helper does the next job, and the worker hears of it. */
static void help(void)
{
	struct squeeze_job job;
	int content;

	assert_int_not_equal(job_take(&job, &content), 0);
	assert_true(squeezer_do(&job, content, helper));
	event(1);
}

static void coded_is(const char *name, enum coding c)
{
	struct file *file = look(name);
	const struct variant *v = &file->resource.variants[c];
	const struct variant *whole = &file->resource.variants[0];
	static char coded[CODEC_IN_MAX], content[CODEC_IN_MAX];
	char digest[DIGEST_LENGTH];

	expect(v->exists && v->is_made, "%s: %d is not there", name, (int)c);
	expect((v->bytes != NULL) == (v->size <= FILES_KEPT_MAX), "%s", name);
	if (v->bytes != NULL)
		memcpy(coded, v->bytes, (size_t)v->size);
	else
		assert_int_equal(memfd_read(v->fd, coded, v->size), 0);
	if (whole->bytes != NULL)
		memcpy(content, whole->bytes, (size_t)whole->size);
	else
		assert_int_equal(
			memfd_read(whole->fd, content, whole->size), 0);
	struct span s = { coded, (size_t)v->size };
	digest_of(s, digest);
	assert_memory_equal(v->etag + 1, digest, DIGEST_LENGTH);
	size_t len = decode(c, s, back, sizeof back);
	assert_true(span_equal((struct span){ back, len },
		(struct span){ content, (size_t)whole->size }));
	file_put(files, file);
}

static void what_is_wanted_is_made(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t size;
	} rows[] = { { "small", 1000 }, { "middle", 40000 },
		{ "big", 300000 } };

	for (size_t i = 0; i < array_count(rows); i++)
		file_make(rows[i].name, rows[i].size, 1);
	start();
	attach();
	for (size_t i = 0; i < array_count(rows); i++) {
		want(rows[i].name, ALL);
		help();
		for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
			coded_is(rows[i].name, c);
	}
	assert_int_equal(squeezing.count, 0);
	/* Once, and not again, here; another worker gets what there is. */
	struct squeeze_job job;
	int content;
	want("small", ALL);
	assert_int_equal(job_take(&job, &content), 0);
	stop();
	start();
	attach();
	want("big", ALL);
	help();
	coded_is("big", CODING_BR);
	stop();
}

static void what_is_no_use_is_not_kept(void **state)
{
	(void)state;
	char path[100];

	snprintf(path, sizeof path, "%s/noise", dir);
	FILE *f = fopen(path, "w");
	uint64_t x = 88172645463325252;
	for (unsigned i = 0; i < 1000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		fputc((int)(x >> 32 & 0xff), f);
	}
	fclose(f);
	start();
	attach();
	want("noise", ALL);
	help();
	struct file *file = NULL;
	assert_int_equal(
		files_open(files, SPAN("noise"), &file), RESOURCE_FILE);
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
		assert_false(file->resource.variants[c].exists);
	/* Nor asked for again. */
	assert_int_equal(file->resource.unmade, 0);
	assert_int_equal(squeezing.count, 0);
	file_put(files, file);
	stop();
}

/* Between the request and the helper's reading the file became another. */
static void what_changed_meanwhile_is_dropped(void **state)
{
	(void)state;
	struct squeeze_job job;
	int content;

	file_make("middle", 40000, 1);
	start();
	attach();
	struct file *file = look("middle");
	want("middle", ALL);
	assert_int_equal(job_take(&job, &content), ALL);
	file_make("middle", 40000, 3);
	assert_true(squeezer_do(&job, content, helper));
	/* The worker has not heard of the change yet: it is still cached. */
	event(1);
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
		assert_false(file->resource.variants[c].exists);
	file_put(files, file);
	/* Shorter, it cannot even be read. */
	files_refresh(files, 0);
	want("middle", ALL);
	assert_int_equal(job_take(&job, &content), ALL);
	file_make("middle", 100, 3);
	assert_true(squeezer_do(&job, content, helper));
	event(1);
	assert_int_equal(squeezing.count, 0);
	stop();
}

/* A helper that was taken over can say what it likes. */
static const struct lie {
	const char *name;
	int number;
	unsigned coding;
	uint64_t size;
	bool is_short, has_no_fd, is_open, is_believed;
} lies[] = {
	{ "the truth", 0, CODING_GZIP, 500, false, false, false, true },
	{ "another job", 1, CODING_GZIP, 500, false, false, false, false },
	{ "no coding", 0, CODING_COUNT, 500, false, false, false, false },
	{ "a huge coding", 0, 1u << 31, 500, false, false, false, false },
	{ "not asked for", 0, CODING_ZSTD, 500, false, false, false, false },
	{ "hardly smaller", 0, CODING_GZIP, 937, false, false, false, false },
	{ "huge", 0, CODING_GZIP, UINT64_MAX, false, false, false, false },
	{ "half a message", 0, CODING_GZIP, 500, true, false, false, false },
	/* These may happen to the honest as well: no more than a loss. */
	{ "no descriptor", 0, CODING_GZIP, 500, false, true, false, true },
	{ "not sealed", 0, CODING_GZIP, 500, false, false, true, true },
};

static void lie_tell(const struct lie *l, const struct squeeze_job *job)
{
	static const char bytes[1000];
	struct squeeze_result r = {
		.number = job->number + (uint32_t)l->number,
		.coding = (enum coding)l->coding,
		.size = l->size,
	};
	struct file *file = look("small");
	int fd = memfd_of((struct span){ bytes, 500 });

	memcpy(r.source, file->resource.variants[0].etag + 1, DIGEST_LENGTH);
	file_put(files, file);
	if (l->is_open) {
		close(fd);
		fd = memfd_create("open", MFD_CLOEXEC);
		assert_int_equal(write(fd, bytes, 500), 500);
	}
	assert_int_equal(
		process_send(helper, &r, l->is_short ? sizeof r / 2 : sizeof r,
			l->has_no_fd ? -1 : fd),
		0);
	close(fd);
}

static void lies_are_not_believed(void **state)
{
	(void)state;
	struct squeeze_job job;
	int content;

	file_make("small", 1000, 1);
	for (size_t i = 0; i < array_count(lies); i++) {
		start();
		attach();
		struct file *file = look("small");
		want("small", BIT(CODING_GZIP));
		assert_int_equal(job_take(&job, &content), BIT(CODING_GZIP));
		close(content);
		lie_tell(&lies[i], &job);
		event(1);
		/* Whoever lies is let go of. */
		expect((squeezing.channel >= 0) == lies[i].is_believed, "%s",
			lies[i].name);
		expect(file->resource.variants[CODING_GZIP].exists == (i == 0),
			"%s", lies[i].name);
		expect(!file->resource.variants[CODING_ZSTD].exists, "%s",
			lies[i].name);
		file_put(files, file);
		stop();
	}
}

static void a_helper_that_dies_is_replaced(void **state)
{
	(void)state;
	struct squeeze_job job;
	int content;

	file_make("one", 1000, 1);
	file_make("two", 1000, 2);
	file_make("three", 1000, 3);
	start();
	/* Without a helper nothing is asked. */
	want("one", ALL);
	assert_int_equal(squeezing.count, 0);
	attach();
	struct file *one = look("one"), *two = look("two");
	want("one", ALL);
	want("two", BIT(CODING_GZIP));
	want("three", ALL);
	assert_int_equal(squeezing.count, 3);
	assert_int_equal(two->resource.unmade, ALL & ~BIT(CODING_GZIP));
	assert_int_equal(job_take(&job, &content), ALL);
	close(content);
	close(helper);
	event(1);
	/* What it was at may have killed it; the rest may be asked for. */
	assert_int_equal(squeezing.count, 0);
	assert_int_equal(closes, 1);
	assert_int_equal(one->resource.unmade, 0);
	assert_int_equal(two->resource.unmade, ALL);
	file_put(files, one);
	file_put(files, two);
	want("two", ALL);
	assert_int_equal(squeezing.count, 0);
	attach();
	want("two", ALL);
	help();
	coded_is("two", CODING_ZSTD);
	stop();
}

/* Its successor may be there before its end is noticed. */
static void a_successor_takes_over(void **state)
{
	(void)state;
	int first;

	file_make("one", 1000, 1);
	file_make("two", 1000, 2);
	start();
	attach();
	first = helper;
	want("one", ALL);
	attach();
	close(helper);
	attach();
	event(-125 /* ECANCELED */);
	assert_int_equal(closes, 1);
	assert_int_equal(squeezing.count, 0);
	close(first);
	want("two", BIT(CODING_BR));
	help();
	coded_is("two", CODING_BR);
	stop();
}

static void so_many_jobs_and_no_more(void **state)
{
	(void)state;
	char name[20];

	start();
	attach();
	for (unsigned i = 0; i <= SQUEEZING_JOBS_MAX; i++) {
		snprintf(name, sizeof name, "many%u", i);
		file_make(name, 1000, i + 1);
		want(name, ALL);
	}
	assert_int_equal(squeezing.count, SQUEEZING_JOBS_MAX);
	struct file *last = look(name);
	assert_int_equal(last->resource.unmade, ALL);
	file_put(files, last);
	help();
	want(name, ALL);
	assert_int_equal(squeezing.count, SQUEEZING_JOBS_MAX);
	for (unsigned i = 0; i < SQUEEZING_JOBS_MAX; i++)
		help();
	coded_is(name, CODING_GZIP);
	/* Those in flight at the end are let go. */
	file_make("one", 1000, 99);
	want("one", ALL);
	stop();
}

static int set_up(void **state)
{
	(void)state;
	helper = -1;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "small", "middle", "big", "noise",
		"one", "two", "three" };
	char path[100];

	(void)state;
	for (size_t i = 0; i < array_count(names) + SQUEEZING_JOBS_MAX + 1;
		i++) {
		if (i < array_count(names))
			snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		else
			snprintf(path, sizeof path, "%s/many%zu", dir,
				i - array_count(names));
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_is_made),
		cmocka_unit_test(what_is_no_use_is_not_kept),
		cmocka_unit_test(what_changed_meanwhile_is_dropped),
		cmocka_unit_test(lies_are_not_believed),
		cmocka_unit_test(a_helper_that_dies_is_replaced),
		cmocka_unit_test(a_successor_takes_over),
		cmocka_unit_test(so_many_jobs_and_no_more),
	};

	return cmocka_run_group_tests_name(
		"squeezing", tests, set_up, tear_down);
}

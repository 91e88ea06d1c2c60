/*
 * usage: sim [--seeds A-B]        runs many seeds, 1-2000 by default, each
 *                                 under a loop of either temper
 *        sim SEED epoll|uring     replays one, telling what happens
 *
 * The seeds run in child processes, so that one in which the server dies, by
 * an assertion or a sanitizer, is a case that failed, and the others go on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario.h"
#include "trace.h"

#define JOBS_MAX 4

/* A seed takes milliseconds. */
#define SEED_SECONDS 20

/* What failed seeds say is shown in full for so many. */
#define SHOWN_MAX 8
#define SAID_MAX  4000

/* One child at a time, and where it is: shared with it. */
struct job {
	pid_t pid;
	FILE *said;
	bool is_running;
	volatile uint64_t at; /* the next run, or the one that goes on */
	volatile uint64_t passed;
};

/* Runs: each seed has TEMPERS of them. */
struct range {
	uint64_t first, last;
	unsigned step;
};

static uint64_t seed_of(uint64_t run)
{
	return run / TEMPERS;
}

static enum temper temper_of(uint64_t run)
{
	return (enum temper)(run % TEMPERS);
}

static unsigned shown;

static void seeds_run(struct job *job, const struct range *range)
{
	dup2(fileno(job->said), STDERR_FILENO);
	for (; job->at <= range->last; job->at += range->step) {
		alarm(SEED_SECONDS);
		scenario_run(seed_of(job->at), temper_of(job->at));
		job->passed++;
	}
	_exit(0);
}

static void job_start(struct job *job, const struct range *range)
{
	fflush(NULL);
	rewind(job->said);
	if (ftruncate(fileno(job->said), 0) < 0)
		exit(1);
	pid_t pid = fork();
	if (pid < 0) {
		perror("sim: fork");
		exit(1);
	}
	if (pid == 0)
		seeds_run(job, range);
	job->pid = pid;
	job->is_running = true;
}

static void said_show(struct job *job, int status, const char *program)
{
	char said[SAID_MAX];

	rewind(job->said);
	size_t len = fread(said, 1, sizeof said, job->said);
	if (shown++ < SHOWN_MAX)
		fwrite(said, 1, len, stdout);
	if (WIFSIGNALED(status))
		printf("%s\n", strsignal(WTERMSIG(status)));
	printf("seed %llu failed; replay: %s %llu %s\n",
		(unsigned long long)seed_of(job->at), program,
		(unsigned long long)seed_of(job->at),
		temper_names[temper_of(job->at)]);
}

/* Waits for a child; true when its job has come to its end. */
static struct job *job_wait(struct job *jobs, unsigned count, int *status)
{
	pid_t pid = wait(status);

	for (unsigned i = 0; i < count; i++) {
		if (jobs[i].is_running && jobs[i].pid == pid) {
			jobs[i].is_running = false;
			return &jobs[i];
		}
	}
	perror("sim: wait");
	exit(1);
}

static int seeds_all(struct range range, const char *program)
{
	struct job *jobs = mmap(NULL, sizeof *jobs * JOBS_MAX,
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned running = 0, failed = 0;
	uint64_t passed = 0;

	if (jobs == MAP_FAILED)
		return 1;
	range.first *= TEMPERS;
	range.last = range.last * TEMPERS + TEMPERS - 1;
	range.step = cores < JOBS_MAX ? (unsigned)cores : JOBS_MAX;
	for (; running < range.step; running++) {
		jobs[running].at = range.first + running;
		jobs[running].said = tmpfile();
		if (jobs[running].said == NULL)
			return 1;
		job_start(&jobs[running], &range);
	}
	while (running > 0) {
		int status;
		struct job *job = job_wait(jobs, range.step, &status);
		if (status == 0) {
			running--;
			passed += job->passed;
			continue;
		}
		failed++;
		said_show(job, status, program);
		job->at += range.step;
		job_start(job, &range);
	}
	printf("%llu passed, %u failed\n", (unsigned long long)passed, failed);
	return failed > 0;
}

static bool number_read(const char *text, char end, uint64_t *out)
{
	char *rest;

	errno = 0;
	*out = strtoull(text, &rest, 10);
	return errno == 0 && rest != text && *rest == end;
}

int main(int argc, char **argv)
{
	struct range range = { .first = 1, .last = 2000 };
	const char *dash = argc == 3 ? strchr(argv[2], '-') : NULL;
	uint64_t seed;

	if (argc == 1)
		return seeds_all(range, argv[0]);
	if (dash != NULL && strcmp(argv[1], "--seeds") == 0 &&
		number_read(argv[2], '-', &range.first) &&
		number_read(dash + 1, '\0', &range.last))
		return seeds_all(range, argv[0]);
	for (enum temper t = 0; t < TEMPERS && argc == 3; t++) {
		if (strcmp(argv[2], temper_names[t]) != 0 ||
			!number_read(argv[1], '\0', &seed))
			continue;
		trace_is_on = true;
		scenario_run(seed, t);
		printf("seed %llu passed\n", (unsigned long long)seed);
		return 0;
	}
	fprintf(stderr, "usage: sim [--seeds A-B] | sim SEED epoll|uring\n");
	return 2;
}

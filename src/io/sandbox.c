/*
 * The order of the walls and what to do when one is missing. Landlock comes
 * before seccomp, whose list has no place for Landlock's calls. Must not know
 * what is served.
 */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/landlock.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

/* Sanitizers make calls of their own, to the end: LeakSanitizer starts a
 * thread and traces. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

static int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* LeakSanitizer reads /proc/PID/task at the exit, and fails if it cannot. */
static int landlock_and_proc(const struct sandbox_rules *rules)
{
	int *dirs = calloc((size_t)rules->count + 1, sizeof(*dirs));
	if (dirs == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < rules->count; i++)
		dirs[i] = rules->read_dirs[i];
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	dirs[rules->count] = proc;
	int error = proc < 0 ? -errno : landlock_enter(dirs, rules->count + 1);
	if (proc >= 0)
		close(proc);
	free(dirs);
	return error;
}

static int landlock_of(const struct sandbox_rules *rules)
{
	return IS_SANITIZED || rules->reads_proc
		       ? landlock_and_proc(rules)
		       : landlock_enter(rules->read_dirs, rules->count);
}

/* A sanitizer's shadow alone is larger than any limit. */
static int memory_limit(uint64_t max)
{
	const struct rlimit limit = { max, max };

	if (max == 0 || IS_SANITIZED)
		return 0;
	return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

static int first_error(int a, int b)
{
	return a != 0 ? a : b;
}

int sandbox_enter(const struct sandbox_rules *rules, enum sandbox_mode mode,
	struct sandbox_state *out)
{
	*out = (struct sandbox_state){ .is_sanitized = IS_SANITIZED };
	if (mode == SANDBOX_OFF)
		return 0;

	int error = no_new_privs();
	out->has_no_new_privs = error == 0;
	error = first_error(error, memory_limit(rules->memory_max));

	int abi = landlock_abi();
	out->landlock_abi = abi > 0 ? abi : 0;
	int landlock = landlock_of(rules);
	out->has_landlock = landlock == 0;
	out->landlock_error = -landlock;

	int seccomp = IS_SANITIZED ? 0
				   : seccomp_enter(rules->role, rules->kills,
					     rules->ring);
	out->has_seccomp = seccomp == 0 && !IS_SANITIZED;
	out->seccomp_error = -seccomp;

	if (mode == SANDBOX_AUTO)
		return 0;
	return first_error(error, first_error(landlock, seccomp));
}

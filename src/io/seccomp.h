/*
 * The second wall: a seccomp filter that lets through the system calls that
 * a worker needs, or the helper, and no other. A part of sandbox.h, apart so
 * that it can be tried alone. Must not know what the worker serves.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/text.h"

/* Whose system calls are let through. */
enum seccomp_role {
	SECCOMP_WORKER,
	SECCOMP_ADMIN,   /* the admin process: see admin_run.h */
	SECCOMP_SQUEEZER /* the helper that codes bodies: see squeezer.h */
};

struct seccomp_blocked {
	unsigned count; /* since it was last taken */
	int last;       /* the number of the last call, if count > 0 */
};

/*
 * Confines the calling thread for good. `ring`: the io_uring that it goes on
 * using, or -1; no other can be set up or changed. A call that is not on the
 * list kills the process when `kills`; else it fails with EPERM and is counted
 * (see seccomp_blocked_take), for which this takes SIGSYS over. Wants
 * no_new_privs. 0 or -errno; then nothing is confined.
 */
must_check int seccomp_enter(enum seccomp_role role, bool kills, int ring);

/* The system calls that were made to fail; resets the count. */
struct seccomp_blocked seccomp_blocked_take(void);

/* Appends the name of a system call, "connect", or its number. Allocates. */
void seccomp_call_name(int call, struct text *out);

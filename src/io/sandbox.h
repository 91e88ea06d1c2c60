/*
 * The walls around a worker: no_new_privs, then Landlock, then seccomp. What
 * a worker opened before stays open; afterwards it reads files beneath given
 * directories, accepts, sends and receives, and that is all; the helper opens
 * nothing. Must not know what is served, and never logs: it reports.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/seccomp.h"

enum sandbox_mode {
	SANDBOX_OFF,
	SANDBOX_AUTO,   /* what this kernel and its container allow */
	SANDBOX_REQUIRE /* all of it, or fail */
};

struct sandbox_rules {
	enum seccomp_role role;
	const int *read_dirs; /* directories; O_PATH suffices; borrowed */
	unsigned count;
	bool reads_proc; /* beneath /proc, too */
	int ring;        /* an io_uring that is used on, or -1 */
	bool kills;      /* a forbidden call ends the process; else it fails */
	uint64_t memory_max; /* of address space, in bytes; 0: any */
};

/* What is enforced, for the start message. Errors are positive errno, 0 where
 * there was none. */
struct sandbox_state {
	bool has_no_new_privs;
	bool has_landlock;
	bool has_seccomp;
	bool is_sanitized; /* seccomp is left out of such a build */
	int landlock_abi;  /* what the kernel offers, 0 if nothing */
	int landlock_error;
	int seccomp_error;
};

/*
 * Walls the calling thread in, for good, and what it starts later: call it
 * before there is another. Takes SIGSYS over unless rules->kills; leave it
 * unblocked. AUTO and OFF return 0. REQUIRE returns -errno when a part is
 * missing; half a wall may then stand, and the caller should exit. *out says
 * what stands in either case. An older ABI of Landlock counts as Landlock. A
 * build with a sanitizer leaves seccomp and the limit of memory out, in every
 * mode, and /proc readable.
 * What seccomp made fail is told by seccomp_blocked_take.
 */
must_check int sandbox_enter(const struct sandbox_rules *rules,
	enum sandbox_mode mode, struct sandbox_state *out);

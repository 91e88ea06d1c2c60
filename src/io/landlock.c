/*
 * Landlock by its three system calls. The constants are declared here because
 * the headers of the systems we build on stop at ABI 2; which of them hold is
 * asked of the running kernel. Must not know what is served. Source: the
 * kernel's Documentation/userspace-api/landlock.rst.
 */
#include "io/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH      1

#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR  (UINT64_C(1) << 3)

/* The kernel takes a longer struct than it knows when the rest is zero. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* Everything that this ABI can refuse; of later ones, what we know. */
static struct ruleset ruleset_of(int abi)
{
	/* Rights are numbered from 0 without a gap. */
	unsigned rights = 13; /* execute .. make_sym */
	if (abi >= 2)
		rights = 14; /* refer */
	if (abi >= 3)
		rights = 15; /* truncate */
	if (abi >= 5)
		rights = 16; /* ioctl_dev */
	return (struct ruleset){
		.fs = (UINT64_C(1) << rights) - 1,
		.net = abi >= 4 ? 3 : 0,    /* bind_tcp, connect_tcp */
		.scoped = abi >= 6 ? 3 : 0, /* abstract_unix_socket, signal */
	};
}

int landlock_abi(void)
{
	long abi = syscall(
		SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	return abi < 0 ? -errno : (int)abi;
}

static int rules_add(int ruleset, const int *read_dirs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct path_beneath beneath = {
			.allowed = FS_READ_FILE | FS_READ_DIR,
			.parent = read_dirs[i],
		};
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			    &beneath, 0) < 0)
			return -errno;
	}
	return 0;
}

int landlock_enter(const int *read_dirs, unsigned count)
{
	int abi = landlock_abi();
	if (abi < 0)
		return abi;
	struct ruleset handled = ruleset_of(abi);
	int ruleset = (int)syscall(
		SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (ruleset < 0)
		return -errno;
	int error = rules_add(ruleset, read_dirs, count);
	if (error == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		error = -errno;
	close(ruleset);
	return error;
}

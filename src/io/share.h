/*
 * Memory that several processes look at, and the door at which a stranger may
 * ask for it: a memfd that nobody but its maker's family can write, and an
 * abstract Unix socket (unix(7)), whose other end the kernel vouches for. Must
 * not know what lies in the memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

struct share {
	void *at;
	size_t size;
	int fd; /* for others: it can only be read */
};

/* Zeroes, shared with what is forked from here on; touched pages cost memory,
 * others none. 0 or -errno. */
must_check int share_make(struct share *s, size_t size);

/* Takes `fd` over, also when it fails: a view of somebody else's, which cannot
 * shrink while it is looked at. 0, -EBADF when it could, -errno. */
must_check int share_view(struct share *s, int fd);

/* In a process that is only to look at what another has made: from now on it
 * cannot write. 0 or -errno; then it has nothing. */
must_check int share_narrow(struct share *s);

/* Lets go of memory and descriptor; the others keep theirs. */
void share_drop(struct share *s);

/* Who is at the other end, by the kernel's word. */
struct peer {
	pid_t pid;
	uid_t uid;
};

/* Listens at the abstract name "hstatic/xray/PID": a descriptor or -errno. */
must_check int door_open(pid_t pid);

/* Somebody at the door: a descriptor, never one that blocks; -errno. */
must_check int door_answer(int door, struct peer *out);

/* Goes to the door of `pid`: a descriptor, on which receiving waits for a
 * second at most; -ECONNREFUSED when there is none; -EPERM when somebody else
 * stands there. */
must_check int door_knock(pid_t pid);

/* The pids with a door in this network namespace, at most `max`, in the order
 * of the kernel; how many there are. */
unsigned door_list(pid_t *out, unsigned max);

/* Is it root, or of our own user? To others nothing is shared. */
bool peer_is_family(const struct peer *p);

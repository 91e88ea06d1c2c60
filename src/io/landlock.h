/*
 * The first wall: Landlock, by which the kernel refuses what lies outside the
 * directories that are served, whoever asks. A part of sandbox.h, apart so
 * that it can be tried alone. Must not know what is served.
 */
#pragma once

#include "base/attr.h"

/* The version of Landlock that the kernel offers, 1 or more; or -errno:
 * ENOSYS when it was built without, EOPNOTSUPP when it was booted without. */
must_check int landlock_abi(void);

/*
 * Confines the calling thread for good: files may be read beneath the
 * `count` directories of `read_dirs` (O_PATH suffices) and nothing else may
 * be opened, made, removed or renamed; from ABI 3 nothing truncated, from 4
 * no TCP bind or connect, from 5 no ioctl on devices opened later, from 6 no
 * abstract socket and no process outside reached. Descriptors that are open
 * already keep their rights. O_PATH opens and stat are not restricted. Wants
 * no_new_privs. 0 or -errno; then nothing is confined.
 */
must_check int landlock_enter(const int *read_dirs, unsigned count);

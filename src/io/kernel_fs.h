/*
 * The file system of the kernel: openat2(2) that cannot leave the root,
 * statx(2), inotify(7); and the root itself, a name that may come to lead to
 * another directory.
 */
#pragma once

#include "io/fs.h"

/*
 * Opens the root at `path`, a directory or a link to one. *out is the
 * caller's until kernel_fs_close. -errno of the first thing that failed;
 * failing to watch is not a failure. `watches`: whether to watch at all; to end
 * watching takes the kernel 10 ms and more (it waits for a grace period).
 */
must_check int kernel_fs_open(const char *path, bool watches, struct fs **out);

void kernel_fs_close(struct fs *fs);

/* The most that kernel_fs_readable gives. */
#define KERNEL_FS_READABLE_MAX 3

/*
 * Descriptors of the directories beneath which files are read, for walls that
 * let a root be switched: the root, and where it is a link, the directory
 * that holds the link and the one that holds its target. Borrowed. Returns
 * how many.
 */
unsigned kernel_fs_readable(struct fs *fs, int out[KERNEL_FS_READABLE_MAX]);

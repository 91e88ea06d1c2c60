/*
 * The loop over io_uring(7), which is completion style by itself.
 */
#pragma once

#include "io/loop.h"

/* A new loop in *out, the caller's until ops->free, for the calling thread
 * alone; 0 or -errno (see ring_open: it may be forbidden). SIGPIPE must be
 * ignored by the process. */
must_check int uring_loop_open(struct loop **out);

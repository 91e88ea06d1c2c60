/*
 * The loop over epoll(7), with the emulation of completions.
 */
#pragma once

#include "io/loop.h"

/* A new loop in *out, the caller's until ops->free; 0 or -errno. */
must_check int epoll_loop_open(struct loop **out);

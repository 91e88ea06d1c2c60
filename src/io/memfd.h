/*
 * Bytes in a descriptor: how a body travels between two processes. What has
 * been sealed changes no more, whoever else has it (memfd_create(2), fcntl(2)).
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

/* A sealed descriptor of a copy of `bytes`, the caller's; -errno. */
must_check int memfd_of(struct span bytes);

/* Is it sealed against any change, and of exactly `size` bytes? */
bool memfd_is_sealed(int fd, uint64_t size);

/* Copies exactly `size` bytes from the start of any descriptor that can be
 * read anywhere: 0; -ENODATA when there are fewer, -errno. */
must_check int memfd_read(int fd, char *to, uint64_t size);

/*
 * The door to memory that has a descriptor (memfd.h).
 */
#include "io/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int write_whole(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.at, bytes.len);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0)
			bytes = span_skip(bytes, (size_t)put);
	}
	return 0;
}

int memfd_of(struct span bytes)
{
	int fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	int res = write_whole(fd, bytes);
	if (res == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		res = -errno;
	if (res == 0)
		return fd;
	close(fd);
	return res;
}

bool memfd_is_sealed(int fd, uint64_t size)
{
	struct stat facts;

	return fcntl(fd, F_GET_SEALS) == SEALS && fstat(fd, &facts) == 0 &&
	       (uint64_t)facts.st_size == size;
}

int memfd_read(int fd, char *to, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = pread(
			fd, to + done, (size_t)(size - done), (off_t)done);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return -ENODATA;
		if (got > 0)
			done += (uint64_t)got;
	}
	return 0;
}

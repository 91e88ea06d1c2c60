/*
 * The codings (io/codec.h) there and back, the room that they get, and the
 * descriptors in which bodies travel (io/memfd.h).
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decode.h"
#include "io/codec.h"
#include "io/memfd.h"

static char content[CODEC_IN_MAX], coded[CODEC_IN_MAX], back[CODEC_IN_MAX];

static void text_fill(size_t size)
{
	for (size_t i = 0; i < size; i++)
		content[i] = "the quick brown fox\n"[i * i / 7 % 20];
}

static void noise_fill(size_t size)
{
	uint64_t x = 88172645463325252;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		content[i] = (char)(x >> 32);
	}
}

static void what_is_coded_comes_back(void **state)
{
	(void)state;
	static const size_t sizes[] = { 256, 1000, 65535, 65536, 300000,
		CODEC_IN_MAX };

	for (size_t i = 0; i < array_count(sizes); i++) {
		struct span in = { content, sizes[i] };
		text_fill(in.len);
		for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++) {
			ssize_t len = codec_encode(
				c, in, coded, (size_t)codec_room(in.len));
			expect(len > 0, "%zu, %d: %zd", in.len, (int)c, len);
			size_t got = decode(c,
				(struct span){ coded, (size_t)len }, back,
				sizeof back);
			expect(span_equal(in, (struct span){ back, got }),
				"%zu, %d: other bytes", in.len, (int)c);
			/* RFC 9659: no more window than 8 MiB. */
			if (c == CODING_ZSTD)
				assert_int_equal(ZSTD_getFrameContentSize(
							 coded, (size_t)len),
					in.len);
			/* RFC 1952 2.3: no name, no time. */
			if (c == CODING_GZIP)
				assert_memory_equal(
					coded, "\x1f\x8b\x08\0\0\0\0\0", 8);
		}
	}
}

static void what_does_not_fit_is_told(void **state)
{
	(void)state;
	static const size_t sizes[] = { 256, 5000, 200000, CODEC_IN_MAX };

	for (size_t i = 0; i < array_count(sizes); i++) {
		struct span in = { content, sizes[i] };
		noise_fill(in.len);
		for (enum coding c = 0; c <= CODING_COUNT; c++)
			expect(codec_encode(c, in, coded,
				       (size_t)codec_room(in.len)) == -ENOSPC,
				"%zu, %d", in.len, (int)c);
	}
	text_fill(1000);
	for (enum coding c = CODING_GZIP; c < CODING_COUNT; c++)
		expect(codec_encode(c, (struct span){ content, 1000 }, coded,
			       0) == -ENOSPC,
			"%d", (int)c);
}

static void room_is_a_twentieth_less(void **state)
{
	(void)state;
	static const struct {
		uint64_t size, room;
	} rows[] = { { 0, 0 }, { 64, 0 }, { 65, 1 }, { 1000, 936 },
		{ 1280, 1216 }, { 2000, 1900 }, { 1 << 20, 996148 } };

	for (size_t i = 0; i < array_count(rows); i++)
		assert_int_equal(codec_room(rows[i].size), rows[i].room);
}

static void sealed_bytes_stay(void **state)
{
	(void)state;
	struct span bytes = SPAN("bytes that stay");
	int fd = memfd_of(bytes), fds[2];

	assert_true(fd >= 0);
	assert_true(memfd_is_sealed(fd, bytes.len));
	assert_int_equal(memfd_read(fd, back, bytes.len), 0);
	assert_memory_equal(back, bytes.at, bytes.len);
	assert_int_equal(memfd_read(fd, back, bytes.len + 1), -ENODATA);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), -1);
	assert_false(memfd_is_sealed(fd, bytes.len - 1));
	assert_false(memfd_is_sealed(fd, bytes.len + 1));
	close(fd);
	/* Half a seal is none. */
	fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_false(memfd_is_sealed(fd, 0));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_false(memfd_is_sealed(fd, 0));
	close(fd);
	/* Nor has anything else one. */
	assert_int_equal(pipe(fds), 0);
	assert_false(memfd_is_sealed(fds[0], 0));
	assert_int_equal(memfd_read(fds[0], back, 1), -ESPIPE);
	close(fds[0]);
	close(fds[1]);
	assert_false(memfd_is_sealed(-1, 0));
	assert_int_equal(memfd_read(-1, back, 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_coded_comes_back),
		cmocka_unit_test(what_does_not_fit_is_told),
		cmocka_unit_test(room_is_a_twentieth_less),
		cmocka_unit_test(sealed_bytes_stay),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}

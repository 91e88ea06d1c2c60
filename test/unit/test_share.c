/*
 * Shared memory that only its makers write, and the door at which others ask
 * for it: who may look, who stands there, and what nobody can do to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/share.h"

#define SIZE 8192

static void test_view(void **state)
{
	struct share made, seen;
	(void)state;

	assert_int_equal(share_make(&made, SIZE), 0);
	memcpy(made.at, "abc", 4);
	assert_int_equal(share_view(&seen, dup(made.fd)), 0);
	assert_int_equal(seen.size, SIZE);
	assert_string_equal(seen.at, "abc");
	memcpy(made.at, "xyz", 4);
	assert_string_equal(seen.at, "xyz");
	/* Whoever has the descriptor can neither write nor cut it. */
	assert_true(write(seen.fd, "b", 1) < 0);
	assert_true(ftruncate(seen.fd, 1) < 0);
	assert_ptr_equal(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
				 seen.fd, 0),
		MAP_FAILED);
	share_drop(&seen);
	share_drop(&made);
	share_drop(&made);
}

/* What could shrink under its reader is refused, and closed. */
static void test_strange(void **state)
{
	struct share seen;
	int ends[2];
	(void)state;

	int fd = memfd_create("x", MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(share_view(&seen, fd), -EBADF);
	assert_int_equal(close(fd), -1);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(share_view(&seen, ends[0]), -EBADF);
	close(ends[1]);
}

static void test_door(void **state)
{
	pid_t pids[64];
	struct peer who;
	(void)state;

	assert_int_equal(door_knock(getpid()), -ECONNREFUSED);
	int door = door_open(getpid());
	assert_true(door >= 0);
	assert_int_equal(door_open(getpid()), -EADDRINUSE);
	assert_int_equal(door_answer(door, &who), -EAGAIN);
	int visitor = door_knock(getpid());
	assert_true(visitor >= 0);
	int host = door_answer(door, &who);
	assert_true(host >= 0);
	assert_int_equal(who.pid, getpid());
	assert_true(peer_is_family(&who));
	assert_false(peer_is_family(&(struct peer){ .uid = geteuid() + 1 }));
	unsigned count = door_list(pids, 64), found = 0;
	for (unsigned i = 0; i < count; i++)
		found += pids[i] == getpid();
	assert_int_equal(found, 1);
	close(host);
	close(visitor);
	close(door);
}

/* A name is anybody's: whoever stands at another's door is noticed. */
static void test_false_door(void **state)
{
	(void)state;
	int door = door_open(getpid() + 1);

	assert_true(door >= 0);
	assert_int_equal(door_knock(getpid() + 1), -EPERM);
	close(door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_door),
		cmocka_unit_test(test_false_door),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

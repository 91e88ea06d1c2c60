/*
 * The walls as far as a build with sanitizers can try them (no seccomp there;
 * test/walls/walls.c has the same rows for a build without), and what
 * sandbox_enter says when a wall is missing. Each case in a child of its own,
 * for walls stand until the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <seccomp.h>

#include "../walls/verdict.h"

/* Runs `run` in a child; what it returns, 0 to 255, or -1 if it was killed. */
static int in_child(int (*run)(bool is_sanitized), bool is_sanitized)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(10);
		_exit(run(is_sanitized));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A claim that a child makes; its exit status says whether all held. */
#define claim(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s: %s\n", __func__, #condition); \
			return 1; \
		} \
	} while (0)

static int enter(enum sandbox_mode mode, int dir, struct sandbox_state *out)
{
	const struct sandbox_rules rules = {
		.read_dirs = &dir, .count = 1, .ring = -1
	};
	return sandbox_enter(&rules, mode, out);
}

static int open_root(void)
{
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int off_is_no_wall(bool is_sanitized)
{
	struct sandbox_state state;
	claim(enter(SANDBOX_OFF, -1, &state) == 0);
	claim(!state.has_no_new_privs && !state.has_landlock &&
		!state.has_seccomp && state.is_sanitized == is_sanitized);
	claim(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	claim(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	claim(open("/etc/passwd", O_RDONLY) >= 0);
	return 0;
}

static int require_is_every_wall(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	int abi = landlock_abi();
	claim(enter(SANDBOX_REQUIRE, dir, &state) == 0);
	claim(state.has_no_new_privs && state.has_landlock);
	claim(state.has_seccomp == !is_sanitized);
	claim(state.landlock_abi == abi);
	claim(state.landlock_error == 0 && state.seccomp_error == 0);
	claim(open_at(dir, "etc/passwd", O_RDONLY, RESOLVE_BENEATH) >= 0);
	claim(open_at(dir, "etc/passwd", O_WRONLY, RESOLVE_BENEATH) < 0);
	return 0;
}

/* Sixteen layers are the most (landlock(7)): the next one is E2BIG. */
static int landlock_exhaust(int dir)
{
	int error = 0;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (unsigned i = 0; i < 32 && error == 0; i++)
		error = landlock_enter(&dir, 1);
	return error;
}

static int auto_goes_without_landlock(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	claim(landlock_exhaust(dir) == -E2BIG);
	claim(enter(SANDBOX_AUTO, dir, &state) == 0);
	claim(state.has_no_new_privs && !state.has_landlock);
	claim(state.landlock_error == E2BIG);
	claim(state.has_seccomp == !is_sanitized);
	return 0;
}

static int require_wants_landlock(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	(void)is_sanitized;
	claim(landlock_exhaust(dir) == -E2BIG);
	claim(enter(SANDBOX_REQUIRE, dir, &state) == -E2BIG);
	claim(!state.has_landlock && state.landlock_error == E2BIG);
	return 0;
}

/* The helper has no directory at all. */
static int squeezer_opens_nothing(bool is_sanitized)
{
	const struct sandbox_rules rules = { .role = SECCOMP_SQUEEZER,
		.ring = -1,
		.memory_max = UINT64_C(1) << 30 };
	struct sandbox_state state;
	struct rlimit limit;
	int dir = open_root();
	claim(sandbox_enter(&rules, SANDBOX_REQUIRE, &state) == 0);
	claim(state.has_landlock && state.has_seccomp == !is_sanitized);
	if (is_sanitized) {
		claim(open_at(dir, "etc/passwd", O_RDONLY, 0) < 0);
		claim(errno == EACCES);
		/* The sanitizer itself needs more. */
		claim(getrlimit(RLIMIT_AS, &limit) == 0);
		claim(limit.rlim_cur == RLIM_INFINITY);
	}
	return 0;
}

static int bad_descriptor_is_told(bool is_sanitized)
{
	struct sandbox_state state;
	(void)is_sanitized;
	claim(enter(SANDBOX_REQUIRE, -1, &state) == -EBADF);
	claim(!state.has_landlock && state.landlock_error == EBADF);
	return 0;
}

/* A container whose own filter refuses `call` with `error`. */
static int container_enter(int call, int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter == NULL ? -ENOMEM : 0;
	if (result == 0)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO((uint16_t)error), call, 0);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

static int kernel_without_landlock(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	claim(container_enter(SCMP_SYS(landlock_create_ruleset), ENOSYS) == 0);
	claim(enter(SANDBOX_AUTO, dir, &state) == 0);
	claim(state.landlock_abi == 0 && !state.has_landlock);
	claim(state.landlock_error == ENOSYS);
	claim(state.has_seccomp == !is_sanitized);
	return 0;
}

static int container_without_seccomp(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	(void)is_sanitized;
	claim(container_enter(SCMP_SYS(seccomp), EPERM) == 0);
	claim(enter(SANDBOX_AUTO, dir, &state) == 0);
	claim(state.has_landlock && !state.has_seccomp);
	claim(state.seccomp_error != 0);
	return 0;
}

static int container_without_seccomp_required(bool is_sanitized)
{
	struct sandbox_state state;
	int dir = open_root();
	(void)is_sanitized;
	claim(container_enter(SCMP_SYS(seccomp), EPERM) == 0);
	claim(enter(SANDBOX_REQUIRE, dir, &state) < 0);
	claim(state.has_landlock && !state.has_seccomp);
	return 0;
}

static int blocked_calls_are_counted(bool is_sanitized)
{
	struct sandbox_state state;
	char storage[32];
	struct text name = text_in(storage, sizeof(storage));
	(void)is_sanitized;
	claim(enter(SANDBOX_REQUIRE, open_root(), &state) == 0);
	claim(seccomp_blocked_take().count == 0);
	claim(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
	claim(leave_namespace(NULL) == -EPERM);
	struct seccomp_blocked blocked = seccomp_blocked_take();
	claim(blocked.count == 2 && blocked.last == SYS_unshare);
	claim(seccomp_blocked_take().count == 0);
	seccomp_call_name(blocked.last, &name);
	claim(span_equal(text_span(&name), SPAN("unshare")));
	return 0;
}

/* A SIGSYS that somebody sends is no call of ours and changes nothing. */
static int sent_sigsys_is_ignored(bool is_sanitized)
{
	struct sandbox_state state;
	(void)is_sanitized;
	claim(enter(SANDBOX_REQUIRE, open_root(), &state) == 0);
	claim(raise(SIGSYS) == 0);
	claim(seccomp_blocked_take().count == 0);
	return 0;
}

/* Blocked, the signal of a trap would kill: sandbox_enter unblocks it. */
static int blocked_sigsys_is_unblocked(bool is_sanitized)
{
	sigset_t all;
	(void)is_sanitized;
	sigfillset(&all);
	claim(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
	return blocked_calls_are_counted(is_sanitized);
}

/* Through atexit(), where LeakSanitizer reads /proc. */
static int exit_is_clean(bool is_sanitized)
{
	struct sandbox_state state;
	(void)is_sanitized;
	int dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	claim(enter(SANDBOX_REQUIRE, dir, &state) == 0);
	exit(0);
}

static const struct {
	const char *name;
	int (*run)(bool is_sanitized);
	bool needs_landlock, needs_seccomp;
} cases[] = {
	{ "off", off_is_no_wall, false, false },
	{ "require", require_is_every_wall, true, false },
	{ "auto, no Landlock", auto_goes_without_landlock, true, false },
	{ "require, no Landlock", require_wants_landlock, true, false },
	{ "exit", exit_is_clean, true, false },
	{ "the helper", squeezer_opens_nothing, true, false },
	{ "a bad descriptor", bad_descriptor_is_told, true, false },
	{ "auto, an old kernel", kernel_without_landlock, false, false },
	{ "auto, no seccomp", container_without_seccomp, true, true },
	{ "require, no seccomp", container_without_seccomp_required, true,
		true },
	{ "blocked calls", blocked_calls_are_counted, true, true },
	{ "SIGSYS is sent", sent_sigsys_is_ignored, true, true },
	{ "SIGSYS is blocked", blocked_sigsys_is_unblocked, true, true },
};

static void test_modes(void **state)
{
	struct tally t = tally_start();
	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		if ((cases[i].needs_landlock && t.abi < 0) ||
			(cases[i].needs_seccomp && t.is_sanitized)) {
			print_message("not tried: %s\n", cases[i].name);
			continue;
		}
		if (in_child(cases[i].run, t.is_sanitized) != 0)
			fail_msg("%s", cases[i].name);
	}
}

static void column_test(enum column column)
{
	struct tally t = tally_start();
	column_run(&t, column);
	assert_int_equal(t.failed, 0);
}

static void test_no_wall(void **state)
{
	(void)state;
	column_test(NO_WALL);
}

static void test_landlock(void **state)
{
	(void)state;
	column_test(LANDLOCK);
}

/* That the helper's climbs are sound; its walls are seccomp's. */
static void test_helper_no_wall(void **state)
{
	(void)state;
	column_test(HELPER_NO_WALL);
}

/* The same for the admin process. */
static void test_admin_no_wall(void **state)
{
	(void)state;
	column_test(ADMIN_NO_WALL);
}

static void test_both(void **state)
{
	(void)state;
	column_test(BOTH_TRAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_no_wall),
		cmocka_unit_test(test_landlock),
		cmocka_unit_test(test_admin_no_wall),
		cmocka_unit_test(test_helper_no_wall),
		cmocka_unit_test(test_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

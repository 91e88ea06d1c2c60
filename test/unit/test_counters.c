/*
 * What /proc says of the namespace and of a process: the files as this kernel
 * and older ones write them, and lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/counters.h"

static const struct {
	const char *text;
	struct counters want;
} files[] = {
	{ "", { 0 } },
	{ "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
	  "TcpExt: 3 1 2\n",
		{ .listen_overflows = 1,
			.listen_drops = 2,
			.cookies_sent = 3 } },
	{ "Tcp: MaxConn PassiveOpens OutSegs RetransSegs\nTcp: -1 7 8 9\n",
		{ .passive_opens = 7,
			.segments_out = 8,
			.segments_retransmitted = 9 } },
	/* Another protocol's line of the same name, or of another's numbers */
	{ "Udp: OutSegs\nUdp: 5\n", { 0 } },
	{ "Tcp: OutSegs\nTcpExt: 5\n", { 0 } },
	/* more names than numbers, no end of line, no number */
	{ "Tcp: OutSegs RetransSegs\nTcp: 5", { .segments_out = 5 } },
	{ "Tcp: OutSegs\nTcp: x\n", { 0 } },
	{ "TcpExt: TCPReqQFullDrop\nTcpExt: 18446744073709551615\n",
		{ .queue_full_drops = UINT64_MAX } },
	{ "TcpExt: ListenDrops\n", { 0 } },
};

static void test_counters(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(files); i++) {
		struct counters c = { 0 };
		counters_parse(span_of(files[i].text), &c);
		assert_memory_equal(&c, &files[i].want, sizeof c);
	}
}

static const struct {
	const char *text;
	bool is_task;
	struct task want;
} tasks[] = {
	{ "7 (a) S 1 7 7 0 -1 4 5 0 0 0 30 12 0 0 20 0 1 0 9\n", true,
		{ 'S', 42 } },
	/* a name that looks like the rest */
	{ "7 (b) R 1 2) T 1 7 7 0 -1 4 5 0 0 0 1 2 0", true, { 'T', 3 } },
	{ "7 (a) S 1 7 7 0 -1 4 5 0 0 0 30", false, { 0 } },
	{ "7 (a) S 1 7 7 0 -1 4 5 0 0 0 x 1 0", false, { 0 } },
	{ "7 (a SS 1", false, { 0 } },
	{ "", false, { 0 } },
};

static void test_task(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(tasks); i++) {
		struct task t = { 0 };
		assert_int_equal(task_parse(span_of(tasks[i].text), &t),
			tasks[i].is_task);
		assert_int_equal(t.state, tasks[i].want.state);
		assert_int_equal(t.ticks, tasks[i].want.ticks);
	}
}

static void test_kernel(void **state)
{
	struct counters c;
	struct net_limits limits;
	struct task self;
	char name[16];
	(void)state;

	counters_read(&c, &limits);
	assert_true(limits.somaxconn > 0);
	assert_int_equal(task_read(getpid(), &self), 0);
	assert_int_equal(self.state, 'R');
	assert_int_equal(task_read(INT32_MAX, &self), -ESRCH);
	task_name(getpid(), name, sizeof name);
	assert_string_equal(name, "test_counters");
	task_name(INT32_MAX, name, sizeof name);
	assert_string_equal(name, "");
	assert_true(task_hertz() > 0 && clock_now_ms() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_task),
		cmocka_unit_test(test_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

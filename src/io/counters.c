/*
 * Parsers and doors for /proc (counters.h).
 */
#include "io/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* /proc/net/netstat has some 130 numbers of up to 20 digits, and as many
 * names. */
#define FILE_SIZE 16384

static struct span word_take(struct span *line)
{
	struct span rest = span_trim(*line);
	size_t len = span_find(rest, ' ');

	*line = span_skip(rest, len);
	return span_first(rest, len);
}

static struct span line_take(struct span *text)
{
	size_t len = span_find(*text, '\n');
	struct span line = span_first(*text, len);

	*text = span_skip(*text, len < text->len ? len + 1 : len);
	return line;
}

#define ROW(name, field) \
	{ \
		{ name, sizeof(name) - 1 }, offsetof(struct counters, field) \
	}

static const struct {
	struct span name;
	size_t at;
} rows[] = {
	ROW("ListenOverflows", listen_overflows),
	ROW("ListenDrops", listen_drops),
	ROW("SyncookiesSent", cookies_sent),
	ROW("TCPReqQFullDrop", queue_full_drops),
	ROW("OutSegs", segments_out),
	ROW("RetransSegs", segments_retransmitted),
	ROW("PassiveOpens", passive_opens),
};

static void counter_set(struct counters *c, struct span name, uint64_t value)
{
	for (size_t i = 0; i < array_count(rows); i++) {
		if (span_equal(name, rows[i].name))
			memcpy((char *)c + rows[i].at, &value, sizeof value);
	}
}

void counters_parse(struct span text, struct counters *out)
{
	while (text.len > 0) {
		struct span names = line_take(&text);
		struct span values = line_take(&text);
		struct span protocol = word_take(&names);
		/* What is Udp's or Icmp's is not TCP's. */
		if (!span_equal(protocol, word_take(&values)) ||
			!span_starts(protocol, SPAN("Tcp")))
			continue;
		while (names.len > 0 && values.len > 0) {
			struct span name = word_take(&names);
			uint64_t value;
			if (span_read_u64(word_take(&values), &value))
				counter_set(out, name, value);
		}
	}
}

static struct span file_read(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && len < size) {
		got = read(fd, to + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return (struct span){ to, len };
}

static uint64_t number_read(const char *path)
{
	char storage[32];
	struct span text = file_read(path, storage, sizeof storage);
	uint64_t value = 0;

	text = span_first(text, span_find(text, '\n'));
	return span_read_u64(text, &value) ? value : 0;
}

void counters_read(struct counters *out, struct net_limits *limits)
{
	static char storage[FILE_SIZE];

	*out = (struct counters){ 0 };
	counters_parse(file_read("/proc/net/netstat", storage, FILE_SIZE), out);
	counters_parse(file_read("/proc/net/snmp", storage, FILE_SIZE), out);
	*limits = (struct net_limits){
		.somaxconn = number_read("/proc/sys/net/core/somaxconn"),
		.syn_backlog = number_read(
			"/proc/sys/net/ipv4/tcp_max_syn_backlog"),
		.has_cookies =
			number_read("/proc/sys/net/ipv4/tcp_syncookies") != 0,
		.aborts_on_overflow = number_read("/proc/sys/net/ipv4/"
						  "tcp_abort_on_overflow") != 0,
	};
}

bool task_parse(struct span text, struct task *out)
{
	/* The name may hold anything, parentheses too: the last one ends it. */
	size_t end = span_find_last(text, ')');
	uint64_t user, system;

	if (end >= text.len)
		return false;
	text = span_skip(text, end + 1);
	struct span state = word_take(&text);
	/* Fields 4 to 13: utime and stime are 14 and 15. */
	for (unsigned i = 4; i < 14; i++)
		word_take(&text);
	if (state.len != 1 || !span_read_u64(word_take(&text), &user) ||
		!span_read_u64(word_take(&text), &system))
		return false;
	*out = (struct task){ .state = state.at[0], .ticks = user + system };
	return true;
}

int task_read(pid_t pid, struct task *out)
{
	char path[32], storage[1024];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	struct span text = file_read(path, storage, sizeof storage);
	return task_parse(text, out) ? 0 : -ESRCH;
}

uint64_t task_hertz(void)
{
	long hertz = sysconf(_SC_CLK_TCK);

	return hertz > 0 ? (uint64_t)hertz : 100;
}

uint64_t clock_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void task_name(pid_t pid, char *out, size_t size)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	struct span text = file_read(path, out, size - 1);
	out[span_find(text, '\n')] = '\0';
}

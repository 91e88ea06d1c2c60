/*
 * load: asks a server on 127.0.0.1, and counts and times what it answers.
 *
 * One thread, one epoll loop. Commands come on stdin, "go MS", one slice each;
 * each is answered by one line of JSON. The end of stdin ends it. With --ms it
 * takes one slice and ends. README and reasons: bench/NOTES.md.
 */
#include "load.h"
#include "load_slice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: load --port N --requests FILE [options]\n"
	"  --requests FILE  heads of requests, one behind the other\n"
	"  --random         pick them at random (a fixed seed), not in turn\n"
	"  --conns N        connections (1)\n"
	"  --depth N        requests sent at once on each (1)\n"
	"  --rate N         requests per second, timed from when they are due\n"
	"  --close          one connection per request\n"
	"  --spin           never sleep: waking it would cost the server\n"
	"  --status N       that answers have to have (200)\n"
	"  --source ADDR    address of the first 10,000 connections of --idle\n"
	"  --idle           ask once on each, hold them until stdin ends\n"
	"  --ms N           one slice of N milliseconds, no commands\n";

uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

const struct request *request_next(const struct options *options)
{
	static uint64_t random = 0x9e3779b97f4a7c15;
	static size_t turn;

	if (options->request_count == 1)
		return options->requests;
	if (!options->is_random)
		return &options->requests[turn++ % options->request_count];
	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	return &options->requests[random % options->request_count];
}

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void request_add(struct options *options, const char *at, size_t len)
{
	size_t count = options->request_count++;

	/* Room doubles at each power of two. */
	if ((count & (count - 1)) == 0) {
		size_t room = count == 0 ? 1 : count * 2;
		options->requests = realloc(
			options->requests, room * sizeof *options->requests);
		if (!options->requests)
			fail("realloc");
	}
	options->requests[count] = (struct request){ at, len };
}

static void requests_read(struct options *options, const char *path)
{
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &facts) < 0)
		fail(path);
	size_t len = (size_t)facts.st_size;
	const char *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		fail(path);
	close(fd);
	const char *end;
	while ((end = memmem(at, len, "\r\n\r\n", 4))) {
		size_t head = (size_t)(end + 4 - at);
		request_add(options, at, head);
		at += head;
		len -= head;
	}
	if (len > 0 || options->request_count == 0) {
		errno = EINVAL;
		fail(path);
	}
}

static double cpu_us(void)
{
	struct timespec cpu;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	return (double)cpu.tv_sec * 1e6 + (double)cpu.tv_nsec / 1e3;
}

static void slice_report(const struct options *options, unsigned ms)
{
	static struct counts counts;

	memset(&counts, 0, sizeof counts);
	double cpu = cpu_us();
	uint64_t took = slice_run(options, ms, &counts);
	cpu = cpu_us() - cpu;
	/* What it spun away, it would have slept. */
	if (options->spins)
		cpu -= (double)counts.spun_ns / 1e3;
	const struct times *times = &counts.times;
	printf("{\"answers\": %llu, \"bytes\": %llu, \"unexpected\": %llu, "
	       "\"errors\": %llu, \"opened\": %llu, \"elapsed_us\": %.1f, "
	       "\"cpu_us\": %.1f, ",
		(unsigned long long)counts.answers,
		(unsigned long long)counts.bytes,
		(unsigned long long)counts.unexpected,
		(unsigned long long)counts.errors,
		(unsigned long long)counts.opened, (double)took / 1e3,
		cpu > 0 ? cpu : 0);
	printf("\"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, "
	       "\"p999_us\": %.2f, \"max_us\": %.2f}\n",
		times_share_us(times, 0.5), times_share_us(times, 0.9),
		times_share_us(times, 0.99), times_share_us(times, 0.999),
		(double)times->max_ns / 1e3);
	fflush(stdout);
}

static void commands_run(const struct options *options)
{
	char line[64];
	unsigned ms;

	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "go %u", &ms) != 1) {
			fprintf(stderr, "load: what is %s", line);
			exit(2);
		}
		slice_report(options, ms);
	}
}

static unsigned number(const char *word, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (*end || end == word || value > most) {
		fprintf(stderr, "load: %s: want a number up to %lu\n", word,
			most);
		exit(2);
	}
	return (unsigned)value;
}

static bool option_take(struct options *options, int letter, unsigned *ms)
{
	switch (letter) {
	case 'p':
		options->server.sin_port = htons(
			(uint16_t)number(optarg, 65535));
		return true;
	case 'q':
		requests_read(options, optarg);
		return true;
	case 'r':
		options->is_random = true;
		return true;
	case 'c':
		options->conns = number(optarg, 1000000);
		return true;
	case 'd':
		options->depth = number(optarg, DEPTH_MAX);
		return true;
	case 'R':
		options->rate = number(optarg, 10000000);
		return true;
	case 'C':
		options->closes = true;
		return true;
	case 'S':
		options->spins = true;
		return true;
	case 's':
		options->status = number(optarg, 599);
		return true;
	case 'a':
		options->source = inet_addr(optarg);
		return options->source != INADDR_NONE;
	case 'i':
		options->is_idle = true;
		return true;
	case 'm':
		*ms = number(optarg, 3600000);
		return true;
	}
	return false;
}

int main(int count, char **words)
{
	static const struct option table[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "requests", required_argument, NULL, 'q' },
		{ "random", no_argument, NULL, 'r' },
		{ "conns", required_argument, NULL, 'c' },
		{ "depth", required_argument, NULL, 'd' },
		{ "rate", required_argument, NULL, 'R' },
		{ "close", no_argument, NULL, 'C' },
		{ "spin", no_argument, NULL, 'S' },
		{ "status", required_argument, NULL, 's' },
		{ "source", required_argument, NULL, 'a' },
		{ "idle", no_argument, NULL, 'i' },
		{ "ms", required_argument, NULL, 'm' },
		{ 0 },
	};
	static struct options options = {
		.server.sin_family = AF_INET,
		.conns = 1,
		.depth = 1,
		.status = 200,
	};
	unsigned ms = 0;
	int letter;
	bool is_good = true;

	options.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while ((letter = getopt_long(count, words, "", table, NULL)) != -1)
		is_good = option_take(&options, letter, &ms) && is_good;
	if (!is_good || optind != count || !options.server.sin_port ||
		!options.requests || !options.conns || !options.depth ||
		(options.depth > 1 && (options.closes || options.rate))) {
		fputs(usage, stderr);
		return 2;
	}
	if (options.is_idle)
		return idle_run(&options);
	if (ms)
		slice_report(&options, ms);
	else
		commands_run(&options);
	return 0;
}

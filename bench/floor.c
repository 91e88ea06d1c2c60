/*
 * floor: answers each request with the same bytes, without looking at it.
 *
 * floor --port N --answer FILE [--loop epoll|uring] [--close] [--sendfile FILE]
 *
 * --answer is a head and, without --sendfile, its body. One thread; ends when
 * it is killed. It must not learn to do anything that an answer does not need.
 */
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Answers in one buffer: enough for a deep pipeline of small ones. */
#define BUFFER_MAX (1 << 20)

static const char usage[] =
	"usage: floor --port N --answer FILE "
	"[--loop epoll|uring] [--close] [--sendfile FILE]\n";

struct options {
	unsigned long port;
	const char *answer;
	const char *file;
	bool is_uring;
	bool closes;
};

unsigned ends_count(unsigned *matched, const char *bytes, size_t len)
{
	static const char end[] = "\r\n\r\n";
	const char *found;
	unsigned count = 0;

	/* Nearly always whole heads, and nothing behind them. */
	while (*matched == 0 && (found = memmem(bytes, len, end, 4))) {
		len -= (size_t)(found + 4 - bytes);
		bytes = found + 4;
		count++;
	}
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == end[*matched])
			(*matched)++;
		else
			*matched = bytes[i] == '\r';
		if (*matched == 4) {
			*matched = 0;
			count++;
		}
	}
	return count;
}

static void fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int file_open(const char *path, size_t *len)
{
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &facts) < 0)
		fail(path);
	*len = (size_t)facts.st_size;
	return fd;
}

/* Repeats the file's bytes as often as there is room for them. */
static void answer_read(struct floor *floor, const char *path)
{
	int fd = file_open(path, &floor->answer_len);
	size_t len = floor->answer_len;

	if (len == 0 || len > BUFFER_MAX) {
		errno = EFBIG;
		fail(path);
	}
	floor->copies = COPIES_MAX;
	if (floor->copies > BUFFER_MAX / len)
		floor->copies = (unsigned)(BUFFER_MAX / len);
	char *bytes = malloc(len * floor->copies);
	if (!bytes)
		fail("malloc");
	for (unsigned i = 0; i < floor->copies; i++)
		if (pread(fd, bytes + i * len, len, 0) != (ssize_t)len)
			fail(path);
	close(fd);
	floor->bytes = bytes;
}

static int listener_open(unsigned long port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	/* Inherited by what is accepted: no call for each. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		fail("bind");
	if (listen(fd, 4096) < 0)
		fail("listen");
	return fd;
}

static void options_read(struct options *options, int count, char **words)
{
	static const struct option table[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "answer", required_argument, NULL, 'a' },
		{ "loop", required_argument, NULL, 'l' },
		{ "close", no_argument, NULL, 'c' },
		{ "sendfile", required_argument, NULL, 's' },
		{ 0 },
	};
	bool is_good = true;
	int letter;

	while ((letter = getopt_long(count, words, "", table, NULL)) != -1) {
		if (letter == 'p')
			options->port = strtoul(optarg, NULL, 10);
		else if (letter == 'a')
			options->answer = optarg;
		else if (letter == 'c')
			options->closes = true;
		else if (letter == 's')
			options->file = optarg;
		else if (letter == 'l' && strcmp(optarg, "uring") == 0)
			options->is_uring = true;
		else if (letter != 'l' || strcmp(optarg, "epoll") != 0)
			is_good = false;
	}
	/* A ring has no sendfile, and splice through a pipe is no floor. */
	if (!is_good || optind != count || options->port - 1 > 65534 ||
		!options->answer || (options->is_uring && options->file)) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int count, char **words)
{
	struct options options = { 0 };
	struct floor floor = { .file = -1 };

	options_read(&options, count, words);
	signal(SIGPIPE, SIG_IGN);
	answer_read(&floor, options.answer);
	floor.closes = options.closes;
	if (options.file)
		floor.file = file_open(options.file, &floor.file_len);
	floor.listener = listener_open(options.port);
	errno = -(options.is_uring ? floor_uring(&floor) : floor_epoll(&floor));
	fail(options.is_uring ? "uring" : "epoll");
}

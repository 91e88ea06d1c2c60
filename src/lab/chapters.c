/*
 * The table of chapters and the run of one (chapters.h).
 */
#include "lab/chapters.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct chapter chapters[] = {
	{ "socket", "a socket is a descriptor, and no more yet",
		chapter_socket },
	{ "write-closed", "writing where nobody can read",
		chapter_write_closed },
	{ "bind", "a name for the socket", chapter_bind },
	{ "listen", "the socket begins to wait", chapter_listen },
	{ "handshake", "the kernel connects, nobody has accepted",
		chapter_handshake },
	{ "backlog", "ten clients for a queue of four", chapter_backlog },
	{ "queues", "half-open and complete: the two queues behind listen",
		chapter_queues },
	{ "accept", "taking what the kernel has connected", chapter_accept },
	{ "close", "two ends, and each is closed for itself", chapter_close },
	{ "reset", "the end without a farewell", chapter_reset },
	{ "server", "the tutorial's whole server", chapter_server },
	{ "http", "the same server speaks HTTP", chapter_http },
};

const unsigned chapter_count = array_count(chapters);

const struct chapter *chapter_find(const char *name)
{
	for (unsigned i = 0; i < chapter_count; i++) {
		if (strcmp(chapters[i].name, name) == 0)
			return &chapters[i];
	}
	return NULL;
}

static void stay(const struct chapter *c)
{
	int pid = getpid();

	fprintf(stderr,
		"   The stage of '%s' is kept. From another terminal:\n"
		"     nsenter -t %d -U -n --preserve-credentials ss -tan\n"
		"     nsenter -t %d -U -n --preserve-credentials nstat -az\n"
		"     ls -l /proc/%d/fd; lsof -a -p %d -i\n"
		"   Enter, or Ctrl-D, ends it.\n",
		c->name, pid, pid, pid, pid);
	char byte;
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
}

/* Out of the way, so that the chapter's own begin at 3, as in the tutorial. */
static int aside(int fd)
{
	int far = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 64);

	if (fd >= 0)
		close(fd);
	return far;
}

bool chapter_run(
	const struct chapter *c, const struct lab_options *o, int *error)
{
	static char out[TELL_SIZE];
	static struct lab l;

	l = (struct lab){ .who = "server",
		.broken = o->broken,
		.holds = true,
		.is_stepping = o->is_stepping,
		.teller = { .out = text_in(out, sizeof out),
			.width = o->width,
			.is_json = o->is_json,
			.has_colour = o->has_colour } };
	*error = stage_enter();
	if (*error < 0)
		return false;
	/* As a program begins, whoever has started this one. */
	signal(SIGPIPE, SIG_DFL);
	l.capture = aside(capture_open());
	l.raw = aside(raw_open());
	if (l.capture < 0 || l.raw < 0) {
		*error = l.capture < 0 ? l.capture : l.raw;
		return false;
	}
	tell_chapter(&l.teller, c->name, c->title);
	c->run(&l);
	lab_end(&l);
	if (o->is_staying)
		stay(c);
	return l.holds;
}

/*
 * The tutorial's server at work, the same with HTTP, and hstatic on the same
 * stage.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/chapters.h"
#include "lab/tutorial.h"

/* The server as a process of its own, and what it prints. */
struct process {
	pid_t pid;
	int output;
};

static struct process server_start(struct lab *l, bool speaks_http)
{
	struct process s;
	int ends[2];

	lab_flush(l);
	if (pipe2(ends, O_CLOEXEC) < 0)
		lab_fail(l, "pipe", errno);
	s.pid = fork();
	if (s.pid < 0)
		lab_fail(l, "fork", errno);
	if (s.pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		server_run(PORT, speaks_http);
	}
	close(ends[1]);
	s.output = ends[0];
	if (!lab_until_rows(PORT, DIAG_LISTEN, 1))
		lab_fail(l, "the server", ETIMEDOUT);
	return s;
}

static void server_end(struct process *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	close(s->output);
}

/* How often it has said so. */
static unsigned greetings(struct lab *l, struct process *s)
{
	char words[512];
	unsigned count = 0;
	ssize_t n = read(s->output, words, sizeof words);

	for (ssize_t i = 0; i < n; i++)
		count += words[i] == '\n';
	for (unsigned i = 0; i < count; i++)
		lab_show(l, "stdout", "Client connected!");
	return count;
}

void chapter_server(struct lab *l)
{
	char bytes[32];
	unsigned said = 0;

	lab_claim(l, "It listens at every address, on port 8080, with a "
		     "backlog of 4.");
	struct process s = server_start(l, false);
	struct sock_row row = { 0 };
	lab_look_tables(l, PORT);
	lab_expect_is(l, "it has a row", lab_row(PORT, 0, &row), true);
	lab_expect_is(l, "at every address", sock_end_is_any(&row.local), true);
	lab_expect(l, "its backlog", row.tx_queue, 4);

	lab_claim(l, "It takes three clients in turn, says so each time, and "
		     "closes: each reads the end.");
	for (unsigned i = 0; i < 3; i++) {
		int client = lab_client(l, PORT);
		lab_expect(l, "read", lab_read(l, client, bytes), 0);
		said += greetings(l, &s);
		lab_close(l, client);
	}
	lab_ladder(l, PORT);
	lab_expect(l, "said \"Client connected!\"", said, 3);

	lab_claim(l, "The server closes first, so TIME-WAIT is its: one for "
		     "each client.");
	lab_until_rows(PORT, DIAG_TIME_WAIT, 3);
	lab_look_ss(l, PORT);
	lab_expect(l, "rows in TIME-WAIT", lab_rows(PORT, DIAG_TIME_WAIT), 3);
	server_end(&s);
}

/* Reads one answer: all of it, whose body is "Hello, world!\n". */
static void answer_read(struct lab *l, int client, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(client, out + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		out[len] = '\0';
	} while (n > 0 && strstr(out, "Hello, world!\n") == NULL);
	lab_called(l, "read", (int64_t)len, "%d, \"%.15s\"..., %zu", client,
		out, size - 1);
	out[len < 15 ? len : 15] = '\0';
}

#define REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void by_hand(struct lab *l)
{
	char answer[1024], bytes[32];

	lab_claim(l, "With two functions more it answers HTTP/1.1: one file, "
		     "one connection for each request.");
	struct process s = server_start(l, true);
	int client = lab_client(l, PORT);
	lab_write(l, client, REQUEST);
	answer_read(l, client, answer, sizeof answer);
	lab_expect_text(l, "the status line", answer, "HTTP/1.1 200 OK");
	lab_expect(l, "then the end", lab_read(l, client, bytes), 0);
	greetings(l, &s);
	lab_ladder(l, PORT);
	server_end(&s);
}

/* hstatic itself, with a directory to serve that has one file. */
static pid_t hstatic_start(struct lab *l, char *root)
{
	char path[128];

	if (mkdtemp(root) == NULL)
		lab_fail(l, root, errno);
	snprintf(path, sizeof path, "%s/index.html", root);
	FILE *f = fopen(path, "we");
	if (f == NULL || fputs("Hello, world!\n", f) < 0 || fclose(f) != 0)
		lab_fail(l, path, errno);
	lab_show(l, "$", "hstatic -b 127.0.0.1:%d %s", PORT + 1, root);
	lab_flush(l);
	pid_t pid = fork();
	if (pid < 0)
		lab_fail(l, "fork", errno);
	if (pid == 0) {
		execl("/proc/self/exe", "hstatic", "-q", "-b", "127.0.0.1:8081",
			root, (char *)NULL);
		_exit(127);
	}
	lab_until_rows(PORT + 1, DIAG_LISTEN, 1);
	return pid;
}

static void hstatic_end(pid_t pid, const char *root)
{
	char path[128];

	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	snprintf(path, sizeof path, "%s/index.html", root);
	unlink(path);
	rmdir(root);
}

void chapter_http(struct lab *l)
{
	char root[] = "/tmp/hstatic-lab-XXXXXX", answer[1024];

	by_hand(l);

	lab_claim(l, "hstatic on the same stage: two requests, one "
		     "connection, one handshake.");
	pid_t pid = hstatic_start(l, root);
	lab_expect(l, "it listens", lab_rows(PORT + 1, DIAG_LISTEN), 1);
	int client = lab_client(l, PORT + 1);
	for (unsigned i = 0; i < 2; i++) {
		lab_write(l, client, REQUEST);
		answer_read(l, client, answer, sizeof answer);
		lab_expect_text(
			l, "the status line", answer, "HTTP/1.1 200 OK");
	}
	unsigned syns = 0;
	lab_ladder(l, PORT + 1);
	for (unsigned i = 0; i < l->segment_count; i++)
		syns += l->segments[i].flags == PACKET_SYN;
	lab_expect(l, "handshakes", syns, 1);
	lab_expect_text(l, "the connection", lab_state(client), "ESTAB");
	hstatic_end(pid, root);
}

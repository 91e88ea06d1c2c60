/*
 * Starting and stopping (server.h). The binary is $HSTATIC_PLAIN: with all
 * its walls, and without sanitizers.
 */
#include "server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void server_exec(const char *root, unsigned workers, const char *loop)
{
	const char *binary = getenv("HSTATIC_PLAIN");
	char number[16];
	/* Nothing that would be an option. */
	char *environment[] = { NULL };

	if (binary == NULL)
		binary = "build-gcc/hstatic";
	snprintf(number, sizeof number, "%u", workers);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execle(binary, binary, "-b", "127.0.0.1", "-p", "0", "-w", number,
		"--loop", loop, root, (char *)NULL, environment);
	perror(binary);
	_exit(127);
}

/* Reads until the line that names the port. */
static bool port_read(struct server *s)
{
	char text[4096] = "";
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len + 1 < sizeof text) {
		got = read(s->said, text + len, sizeof text - 1 - len);
		if (got > 0)
			len += (size_t)got;
		text[len] = '\0';
		const char *url = strstr(text, "http://127.0.0.1:");
		if (url != NULL && strchr(url, '\n') != NULL)
			return sscanf(url, "http://127.0.0.1:%u/", &s->port) ==
			       1;
	}
	fputs(text, stdout);
	return false;
}

bool server_start(
	struct server *s, const char *root, unsigned workers, const char *loop)
{
	int ends[2];

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	s->said = ends[0];
	s->pid = fork();
	if (s->pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		server_exec(root, workers, loop);
	}
	close(ends[1]);
	return s->pid > 0 && port_read(s);
}

bool server_stop(struct server *s)
{
	char text[4096];
	size_t len = 0;
	ssize_t got = 1;
	int status;

	kill(s->pid, SIGTERM);
	if (waitpid(s->pid, &status, 0) < 0)
		return false;
	while (got > 0 && len + 1 < sizeof text) {
		got = read(s->said, text + len, sizeof text - 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	text[len] = '\0';
	close(s->said);
	bool is_good = status == 0 && strstr(text, "killed") == NULL &&
		       strstr(text, "exited") == NULL;
	if (!is_good)
		printf("  the server ended with %d\n%s", status, text);
	return is_good;
}

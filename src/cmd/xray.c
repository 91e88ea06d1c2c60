/*
 * `hstatic xray [PID]`: a running server, seen from outside: queues,
 * connections as the kernel knows them, what each of them is doing, and what
 * is wrong, in words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "io/process.h"
#include "server/snapshot_json.h"

#define SERVERS_MAX 64

/* Rates need two looks: of --once and --json, so far apart. */
#define LOOK_MS 600

static const char usage[] =
	"Usage: hstatic xray [OPTION]... [PID]\n\n"
	"Shows a running server: its accept queues, its connections with what\n"
	"TCP knows of them and what each is doing, and what is wrong, in\n"
	"words. PID is that of its master; without it, the only one there is.\n"
	"Live on a terminal: q ends it, s sorts, f filters.\n\n"
	"      --once  print it once\n"
	"      --json  print it once, for machines\n";

struct looking {
	pid_t pid;
	struct visit visit;
	struct snapshot *snapshots[2]; /* the last two, in turn */
	unsigned count;                /* that were taken */
};

static void failure_tell(pid_t pid, int error)
{
	if (error == ECONNREFUSED)
		log_error("xray: no hstatic with the process number %d runs "
			  "in this network namespace",
			(int)pid);
	else if (error == EPROTO)
		log_error("xray: process %d is of another version of hstatic",
			(int)pid);
	else if (error == EPERM)
		log_error("xray: somebody else stands at the door of process "
			  "%d, and is not believed",
			(int)pid);
	else
		log_error("xray: cannot look at process %d: %s", (int)pid,
			strerror(error));
}

static bool look_next(void *from, struct snapshot **now)
{
	struct looking *l = from;
	struct snapshot *s = l->snapshots[l->count % 2];
	const struct snapshot *before =
		l->count == 0 ? NULL : l->snapshots[(l->count + 1) % 2];

	int res = snapshot_take(s, before, &l->visit, l->pid);
	if (res < 0) {
		if (l->count == 0)
			failure_tell(l->pid, -res);
		return false;
	}
	l->count++;
	*now = s;
	return true;
}

/* Workers publish when they have been asked to, and rates need two looks. */
static struct snapshot *look_twice(struct looking *l)
{
	struct snapshot *now;

	if (!look_next(l, &now))
		return NULL;
	process_pause(LOOK_MS);
	if (!look_next(l, &now)) {
		log_error("xray: the server has ended");
		return NULL;
	}
	return now;
}

static void line_print(void *to, enum view_style style, struct span line)
{
	(void)to;
	(void)style;
	printf("%.*s\n", (int)line.len, line.at);
}

static int once_print(struct looking *l, bool is_json)
{
	struct snapshot *now = look_twice(l);
	struct diagnoses diagnoses;

	if (now == NULL)
		return EXIT_FAILED;
	diagnose(now, &diagnoses);
	if (!is_json) {
		const struct view v = { .width = 500 };
		view_write(&v, now, &diagnoses, line_print, NULL);
		return output_end();
	}
	char *storage = malloc(SNAPSHOT_JSON_SIZE);
	if (storage == NULL)
		return EXIT_FAILED;
	struct text out = text_in(storage, SNAPSHOT_JSON_SIZE);
	snapshot_json(now, &diagnoses, &out);
	fwrite(storage, 1, out.len, stdout);
	free(storage);
	return output_end();
}

/* The only server there is; 0, having said so, when there is no such. */
static pid_t server_find(void)
{
	pid_t pids[SERVERS_MAX], ours[SERVERS_MAX];
	unsigned count = door_list(pids, SERVERS_MAX), own = 0;

	for (unsigned i = 0; i < count; i++) {
		struct visit v = { .page = { .fd = -1 } };
		if (door_visit(pids[i], &v) == 0 && v.page.at != NULL)
			ours[own++] = pids[i];
		visit_end(&v);
	}
	if (count == 1)
		return pids[0];
	if (own == 1)
		return ours[0];
	if (count == 0)
		log_error("xray: no hstatic runs in this network namespace");
	else
		log_error("xray: there are %u servers: say which", count);
	for (unsigned i = 0; i < count; i++)
		fprintf(stderr, "  hstatic xray %d\n", (int)pids[i]);
	return 0;
}

static bool pid_read(const char *words, pid_t *out)
{
	uint64_t value;

	if (!span_read_u64(span_of(words), &value) || value == 0 ||
		value > INT32_MAX) {
		log_error("xray: %s is no number of a process", words);
		return false;
	}
	*out = (pid_t)value;
	return true;
}

static int look(struct looking *l, bool is_once, bool is_json)
{
	for (unsigned i = 0; i < 2; i++) {
		l->snapshots[i] = calloc(1, sizeof *l->snapshots[i]);
		if (l->snapshots[i] == NULL)
			return EXIT_FAILED;
	}
	if (is_once || is_json || !isatty(STDOUT_FILENO))
		return once_print(l, is_json);
	screen_run(look_next, l);
	return l->count == 0 ? EXIT_FAILED : EXIT_DONE;
}

int cmd_xray(int argc, char **argv)
{
	struct looking l = { .visit.page.fd = -1 };
	bool is_once = false, is_json = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
			strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return output_end();
		}
		if (strcmp(argv[i], "--once") == 0)
			is_once = true;
		else if (strcmp(argv[i], "--json") == 0)
			is_json = true;
		else if (argv[i][0] == '-') {
			log_error("xray: no option %s; see hstatic xray --help",
				argv[i]);
			return EXIT_USAGE;
		} else if (l.pid != 0 || !pid_read(argv[i], &l.pid))
			return EXIT_USAGE;
	}
	if (l.pid == 0 && (l.pid = server_find()) == 0)
		return EXIT_FAILED;
	int status = look(&l, is_once, is_json);
	visit_end(&l.visit);
	free(l.snapshots[0]);
	free(l.snapshots[1]);
	return status;
}

/*
 * `hstatic lab [CHAPTER]...`: experiments with TCP sockets that run on the
 * reader's own kernel, each in a process and on a stage of its own, and are
 * verified there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "lab/chapters.h"

/* A chapter that hangs is a bug of ours; the longest takes 8 s. */
#define CHAPTER_MAX_S 40

/* A child that has no stage ends with this. */
#define EXIT_NO_STAGE 77

static const char usage[] =
	"Usage: hstatic lab [OPTION]... [CHAPTER]...|all\n\n"
	"Shows TCP on this kernel: each chapter makes claims, makes the\n"
	"system calls, looks at what the kernel shows, and says whether it\n"
	"is so. Runs in a network namespace of its own; needs no root.\n"
	"Without a chapter, lists them.\n\n"
	"      --json     for machines\n"
	"      --step     wait for a key after each claim\n"
	"      --stay     keep the stage of each chapter, to look around\n"
	"      --width=N  columns; the terminal's, or 80\n\n"
	"For example: hstatic lab backlog\n";

struct plan {
	struct lab_options options;
	const struct chapter *chosen[32];
	unsigned count;
};

static unsigned terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
		size.ws_col >= TELL_WIDTH_MIN)
		return size.ws_col;
	return 80;
}

static bool width_read(const char *words, unsigned *out)
{
	char *end;

	errno = 0;
	unsigned long width = strtoul(words, &end, 10);
	if (errno != 0 || *end != '\0' || !ascii_is_digit(*words) ||
		width < TELL_WIDTH_MIN || width > 1000) {
		log_error(
			"--width=%s: wants %d to 1000", words, TELL_WIDTH_MIN);
		return false;
	}
	*out = (unsigned)width;
	return true;
}

static bool option_read(struct lab_options *o, const char *flag)
{
	if (strcmp(flag, "--json") == 0)
		o->is_json = true;
	else if (strcmp(flag, "--step") == 0)
		o->is_stepping = true;
	else if (strcmp(flag, "--stay") == 0)
		o->is_staying = true;
	else if (strncmp(flag, "--width=", 8) == 0)
		return width_read(flag + 8, &o->width);
	else {
		log_error("lab: no option %s; see hstatic lab --help", flag);
		return false;
	}
	return true;
}

static bool chapter_add(struct plan *p, const char *name)
{
	const struct chapter *c = chapter_find(name);

	for (unsigned i = 0; strcmp(name, "all") == 0 && i < chapter_count; i++)
		if (!chapter_add(p, chapters[i].name))
			return false;
	if (strcmp(name, "all") == 0)
		return true;
	if (c == NULL) {
		log_error("lab: no chapter '%s'; hstatic lab lists them", name);
		return false;
	}
	if (p->count == array_count(p->chosen)) {
		log_error("lab: at most %zu chapters at once",
			array_count(p->chosen));
		return false;
	}
	p->chosen[p->count++] = c;
	return true;
}

static void chapters_list(bool is_json)
{
	if (is_json)
		printf("[");
	for (unsigned i = 0; i < chapter_count; i++) {
		const struct chapter *c = &chapters[i];
		if (is_json)
			printf("%s{\"chapter\":\"%s\",\"title\":\"%s\"}",
				i > 0 ? ",\n" : "", c->name, c->title);
		else
			printf("%-13s %s\n", c->name, c->title);
	}
	printf(is_json ? "]\n" : "\nhstatic lab all runs them in turn.\n");
}

static void no_stage(int error)
{
	log_error("lab: cannot have a network namespace of its own: %s",
		strerror(error));
	log_error("where unprivileged user namespaces are switched off, "
		  "try: sudo hstatic lab ..., or see user_namespaces(7) "
		  "for kernel.unprivileged_userns_clone, "
		  "user.max_user_namespaces and "
		  "kernel.apparmor_restrict_unprivileged_userns");
}

/* In a process of its own: its exit status. */
static int chapter_child(const struct chapter *c, const struct lab_options *o)
{
	int error;

	if (!o->is_staying && !o->is_stepping)
		alarm(CHAPTER_MAX_S);
	bool holds = chapter_run(c, o, &error);
	if (error < 0) {
		no_stage(-error);
		return EXIT_NO_STAGE;
	}
	return holds ? EXIT_DONE : EXIT_FAILED;
}

static int chapter_wait(const struct chapter *c, pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	log_error("lab: chapter '%s' was ended by signal %d (%s)", c->name,
		WTERMSIG(status), strsignal(WTERMSIG(status)));
	return EXIT_FAILED;
}

static int chapters_run(const struct plan *p)
{
	int status = EXIT_DONE;

	for (unsigned i = 0; i < p->count; i++) {
		if (p->options.is_json && i > 0)
			printf(",\n");
		fflush(stdout);
		pid_t child = fork();
		if (child < 0) {
			log_error("fork: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (child == 0)
			exit(chapter_child(p->chosen[i], &p->options));
		int ended = chapter_wait(p->chosen[i], child);
		if (ended != EXIT_DONE)
			status = EXIT_FAILED;
		if (ended == EXIT_NO_STAGE)
			break;
	}
	return status;
}

static int plan_run(const struct plan *p)
{
	struct utsname kernel;

	if (p->options.is_json) {
		uname(&kernel);
		printf("{\"version\":1,\"kernel\":\"%s\",\"chapters\":[\n",
			kernel.release);
	}
	int status = chapters_run(p);
	if (p->options.is_json)
		printf("]}\n");
	return status == EXIT_DONE ? output_end() : status;
}

int cmd_lab(int argc, char **argv)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *broken = getenv("HSTATIC_LAB_BROKEN");
	static struct plan p;

	p.options.width = terminal_width();
	p.options.has_colour = isatty(STDOUT_FILENO) &&
			       (no_colour == NULL || *no_colour == '\0');
	if (broken != NULL)
		p.options.broken = (unsigned)strtoul(broken, NULL, 10);
	for (int i = 1; i < argc; i++) {
		bool is_option = argv[i][0] == '-';
		if (strcmp(argv[i], "--help") == 0 ||
			strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return output_end();
		}
		if (is_option ? !option_read(&p.options, argv[i])
			      : !chapter_add(&p, argv[i]))
			return EXIT_USAGE;
	}
	if (p.count == 0) {
		chapters_list(p.options.is_json);
		return output_end();
	}
	return plan_run(&p);
}

/*
 * The subcommands. Each takes its own argc and argv, prints for people, and
 * returns the exit status (hstatic(1)).
 */
#pragma once

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* at run time */
	EXIT_USAGE = 2   /* the command line makes no sense */
};

int cmd_serve(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_lab(int argc, char **argv);
int cmd_xray(int argc, char **argv);

/* Flushes standard output: EXIT_DONE, or EXIT_FAILED, having said so, when not
 * everything could be written. */
int output_end(void);

/*
 * hstatic: serves files over HTTP. Finds the subcommand; without one it
 * serves.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"

int output_end(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	log_error("cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "explain") == 0)
		return cmd_explain(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "lab") == 0)
		return cmd_lab(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "xray") == 0)
		return cmd_xray(argc - 1, argv + 1);
	return cmd_serve(argc, argv);
}

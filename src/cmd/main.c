/*
 * hstatic: serves files over HTTP. Finds the subcommand; without one it
 * serves.
 */
#include <string.h>

#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "explain") == 0)
		return cmd_explain(argc - 1, argv + 1);
	return cmd_serve(argc, argv);
}

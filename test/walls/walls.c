/*
 * Tries the walls around a worker: everything that they must refuse and
 * everything that they must let through, without a wall, with Landlock and
 * seccomp alone and with both. To be built without sanitizers, under which
 * there is no seccomp; test/unit/test_sandbox.c is for those. Knows nothing
 * of the server.
 */
#include "verdict.h"

int main(void)
{
	struct tally t = tally_start();
	for (enum column column = NO_WALL; column < COLUMNS; column++)
		column_run(&t, column);
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return t.failed != 0;
}

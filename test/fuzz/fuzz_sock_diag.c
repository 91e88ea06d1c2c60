/*
 * Netlink messages of anybody: nothing is read beyond them, each row comes
 * from a whole message, and the end of the parse says what stopped it.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "io/sock_diag.h"

static void row_count(void *to, const struct sock_row *row)
{
	size_t *count = to;

	assert(row->has_tcp || row->tcp.rtt_us == 0);
	(*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t count = 0;
	/* The allocator aligns; the corpus' own block need not be. */
	char *copy = malloc(size + (size == 0));

	if (copy == NULL)
		return 0;
	memcpy(copy, bytes, size);
	int res = sock_rows_parse(
		(struct span){ copy, size }, row_count, &count);
	/* A head of 16 bytes and a struct of 72. */
	assert(res <= 1 && count <= size / 88);
	free(copy);
	return 0;
}

/*
 * The main of a fuzz target when no fuzzer drives it: gives it each file that
 * the command line names, and first the empty input. Each input lies in an
 * allocation of its very size, so that the sanitizer sees one byte too far.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int replay_file(FILE *file)
{
	struct stat facts;
	if (fstat(fileno(file), &facts) != 0)
		return -1;
	size_t size = (size_t)facts.st_size;
	uint8_t *bytes = malloc(size > 0 ? size : 1);
	if (bytes == NULL)
		return -1;
	int status = fread(bytes, 1, size, file) == size ? 0 : -1;
	if (status == 0)
		LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return status;
}

int main(int count, char **paths)
{
	int status = count > 1 ? 0 : 2;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < count; i++) {
		/* The last name said is the one that fell. */
		fprintf(stderr, "replay: %s\n", paths[i]);
		FILE *file = fopen(paths[i], "rb");
		if (file == NULL || replay_file(file) != 0) {
			perror(paths[i]);
			status = 1;
		}
		if (file != NULL)
			fclose(file);
	}
	return status;
}

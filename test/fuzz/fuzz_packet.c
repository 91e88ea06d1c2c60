/*
 * Whatever goes over a loopback: a segment is only what lies wholly within
 * the bytes, and it can be drawn.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "lab/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char storage[160], *copy = malloc(size + (size == 0));
	struct text line = text_in(storage, sizeof storage);
	struct rung rung = { .server_port = 8080 };
	struct packet p;

	if (copy == NULL)
		return 0;
	memcpy(copy, bytes, size);
	if (packet_parse((struct span){ copy, size }, &p)) {
		assert(size >= 40 && p.length <= size - 40 && p.flags < 32);
		packet_rung_learn(&rung, &p);
		packet_rung_write(&p, &rung, 80, &line);
		assert(!line.is_full);
	}
	free(copy);
	return 0;
}

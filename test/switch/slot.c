/*
 * The table of files (slot.h), and what is in them.
 */
#include "slot.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct slot slots[SLOTS_MAX];
unsigned slot_count;

/* Sizes on both sides of what is kept in memory (32 KiB) and of what the
 * ETag is computed from (1 MiB). Most are small, as on a site. */
static const struct kind {
	enum how how;
	unsigned count;
	uint32_t bytes;
	const char *ending;
} kinds[] = {
	{ RENAMED, 20, 8, "bin" },
	{ RENAMED, 10, 1024, "bin" },
	{ RENAMED, 1, 32 << 10, "bin" },
	{ RENAMED, 2, 40 << 10, "bin" },
	{ RENAMED, 1, CONTENT_MAX, "bin" },
	{ RENAMED, 3, 2048, "txt" }, /* worth compressing */
	{ REWRITTEN, 4, 1024, "bin" },
	{ LINKED, 4, 1024, "bin" },
	{ SOFT, 4, 1024, "bin" },
	{ APPEARING, 4, 1024, "bin" },
	{ CODED, 4, 1024, "bin" },
};

static void slot_add(const struct kind *kind)
{
	struct slot *s = &slots[slot_count];

	assert(slot_count + 2 <= SLOTS_MAX);
	*s = (struct slot){
		.how = kind->how,
		.words = kind->bytes / 8,
		.is_asked_coded = kind->how == CODED ||
				  strcmp(kind->ending, "txt") == 0,
	};
	snprintf(s->name, sizeof s->name, "f%u/s%u.%s", slot_count % FOLDERS,
		slot_count, kind->ending);
	slot_count++;
	if (kind->how != CODED)
		return;
	slots[slot_count] = (struct slot){ .how = SIDECAR, .words = s->words };
	snprintf(slots[slot_count].name, PATH_SIZE, "f%u/s%u.%s.gz",
		(slot_count - 1) % FOLDERS, slot_count - 1, kind->ending);
	slot_count++;
}

void slots_init(void)
{
	slot_count = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		for (unsigned k = 0; k < kinds[i].count; k++)
			slot_add(&kinds[i]);
	}
}

/* 32 bits of version, 8 of slot, 24 of position. */
struct word word_read(const unsigned char *bytes)
{
	uint64_t w;

	memcpy(&w, bytes, sizeof w);
	return (struct word){ .version = (uint32_t)(w >> 32),
		.slot = (unsigned)(w >> 24) & 255,
		.at = (uint32_t)w & 0xffffff };
}

size_t slot_fill(unsigned slot, uint32_t version, unsigned char *out)
{
	for (uint32_t i = 0; i < slots[slot].words; i++) {
		uint64_t w = (uint64_t)version << 32 | slot << 24 | i;
		memcpy(out + 8 * (size_t)i, &w, sizeof w);
	}
	return 8 * (size_t)slots[slot].words;
}

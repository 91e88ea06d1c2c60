/*
 * What the writer has done, for those who judge answers: of each slot, the
 * version that is certainly visible and the newest that may be. The writer
 * says what may be visible before a system call, and what is after it; a
 * client looks before it sends a request, and again when it has the answer.
 * Whatever was visible at some moment between is right; nothing else is.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "slot.h"

/* Versions grow: the epoch, one per root, is their upper half. So a root can
 * be filled ahead of time with what is newer than all that comes before it. */
#define EPOCH_BITS 16

void board_init(void);

/* Before the call: `version` of `slot` may be seen from now on. A file that
 * is overwritten in place is modified at `second`, or a little later. */
void board_begin(
	unsigned slot, uint32_t version, bool is_there, uint32_t second);

/* After it: nothing older may be seen any more. */
void board_publish(unsigned slot, uint32_t version);

/* The second that was said of a version; 0 when that is long ago. */
uint32_t board_second(unsigned slot, uint32_t version);

/* What was certain when a request was about to be sent. */
struct before {
	uint32_t least;
};

struct before board_look(unsigned slot);

/* May an answer that has just come be of that version, or of none? */
bool board_is_old(const struct before *b, uint32_t version);
bool board_is_ahead(unsigned slot, uint32_t version);
bool board_may_be_absent(unsigned slot, const struct before *b);

/* Changes are counted; a client notes the count before it sends and until it
 * has all its answers. So the writer knows of a root that was left whether
 * somebody may still be reading it. */
#define CLIENTS_MAX 16

void board_count_change(void);
uint64_t board_now(void);
void board_client_asks(unsigned client);
void board_client_rests(unsigned client);
bool board_is_past(uint64_t moment);

/* The slot that has changed last: the best one to ask for. */
unsigned board_latest(void);

/*
 * The writer (writer.h). One change at a time, so that what it publishes has
 * an order. The next root is filled ahead of time, one file with each change,
 * with versions of the next epoch.
 */
#include "writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "board.h"
#include "dice.h"
#include "tree.h"

/* One change in so many is a switch of the root. */
#define SWITCH_EVERY 100

/* What is larger changes more seldom, by this factor. */
#define LARGE_WORDS (1024 / 8)
#define HUGE_WORDS  ((64 << 10) / 8)

/* A slot in the root that is served, or in the next one. */
struct state {
	uint32_t version;
	uint32_t second;
	bool is_there;
};

static struct {
	pthread_t thread;
	atomic_bool is_over;
	enum sabotage sabotage;
	struct dice dice;
	struct tempo tempo;
	struct timespec start;
	struct state now[SLOTS_MAX], next[SLOTS_MAX];
	uint64_t left_at[ROOTS]; /* the change that left it, by number */
	unsigned root, next_root;
	unsigned filled; /* slots of the next root */
	uint32_t epoch, last_version;
} w;

/* The clock that stamps files. */
static uint32_t second_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return (uint32_t)t.tv_sec;
}

/* A fault that lasts a microsecond would be found, but not in each run. */
static void linger(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void begin(unsigned slot, bool is_there)
{
	struct state *s = &w.now[slot];

	*s = (struct state){ ++w.last_version, second_now(), is_there };
	assert((s->version & ((1u << EPOCH_BITS) - 1)) != 0);
	if (w.sabotage != UNANNOUNCED)
		board_begin(slot, s->version, is_there, s->second);
	if (w.sabotage == TOO_EARLY) {
		board_publish(slot, s->version);
		linger();
	}
}

static void publish(unsigned slot)
{
	const struct state *s = &w.now[slot];

	if (w.sabotage == UNANNOUNCED) {
		linger();
		board_begin(slot, s->version, s->is_there, s->second);
	}
	board_publish(slot, s->version);
}

static void put(unsigned slot)
{
	begin(slot, true);
	if (w.sabotage == MIXED)
		tree_put_mixed(w.root, slot, w.now[slot].version);
	else
		tree_put(w.root, slot, w.now[slot].version);
	publish(slot);
}

static void rewrite(unsigned slot)
{
	begin(slot, true);
	tree_rewrite(w.root, slot, w.now[slot].version);
	publish(slot);
}

static void take_away(unsigned slot)
{
	begin(slot, false);
	tree_take_away(w.root, slot);
	publish(slot);
}

/* A file that becomes newer than its sidecar: which then does not count. */
static void put_above_sidecar(unsigned slot)
{
	bool had_sidecar = w.now[slot + 1].is_there;

	if (had_sidecar)
		begin(slot + 1, false);
	put(slot);
	if (had_sidecar)
		publish(slot + 1);
}

/* The file of an aged sidecar is still there, and is replaced. */
static void change_sidecar(unsigned slot)
{
	if (w.now[slot].is_there && dice_roll(&w.dice, 2) == 0)
		take_away(slot);
	else
		put(slot);
}

static void change(unsigned slot)
{
	switch (slots[slot].how) {
	case RENAMED:
	case SOFT:
		put(slot);
		break;
	case REWRITTEN:
	case LINKED:
		if (dice_roll(&w.dice, 8) == 0)
			put(slot);
		else
			rewrite(slot);
		break;
	case APPEARING:
		if (w.now[slot].is_there)
			take_away(slot);
		else
			put(slot);
		break;
	case CODED:
		put_above_sidecar(slot);
		break;
	case SIDECAR:
		change_sidecar(slot);
		break;
	}
}

static void change_any(void)
{
	unsigned slot;
	unsigned rarity;

	do {
		slot = dice_roll(&w.dice, slot_count);
		rarity = slots[slot].words > HUGE_WORDS    ? 20
			 : slots[slot].words > LARGE_WORDS ? 3
							   : 1;
	} while (dice_roll(&w.dice, rarity) != 0);
	change(slot);
}

/* One more slot of the next root. What comes and goes is there half of the
 * time. A slot's file is put before its sidecar, and so is older. */
static void next_fill(void)
{
	unsigned slot = w.filled++;
	struct state *s = &w.next[slot];
	uint32_t version = (w.epoch + 1) << EPOCH_BITS | w.filled;
	bool may_be_absent = slots[slot].how == APPEARING ||
			     slots[slot].how == SIDECAR;

	*s = (struct state){ version, second_now(),
		!may_be_absent || dice_roll(&w.dice, 2) == 0 };
	if (s->is_there)
		tree_put(w.next_root, slot, version);
	else
		tree_forget(w.next_root, slot);
}

static void next_choose(void)
{
	w.next_root = (w.root + 1) % ROOTS;
	w.filled = 0;
}

/* The root becomes the next one, all of its files at once. */
static void root_switch(void)
{
	w.epoch++;
	w.last_version = w.epoch << EPOCH_BITS | slot_count;
	for (unsigned i = 0; i < slot_count; i++) {
		w.now[i] = w.next[i];
		board_begin(i, w.now[i].version, w.now[i].is_there,
			w.now[i].second);
	}
	tree_switch(w.next_root);
	w.left_at[w.root] = board_now();
	board_count_change();
	for (unsigned i = 0; i < slot_count; i++)
		board_publish(i, w.now[i].version);
	w.root = w.next_root;
	next_choose();
	w.tempo.switches++;
}

void writer_prepare(enum sabotage sabotage)
{
	w.sabotage = sabotage;
	w.dice = (struct dice){ .state = 1 };
	w.tempo = (struct tempo){ 0 };
	w.epoch = 0;
	w.is_over = false;
	for (unsigned i = 0; i < ROOTS; i++)
		w.left_at[i] = 0;
	w.root = ROOTS - 1;
	next_choose();
	while (w.filled < slot_count)
		next_fill();
	root_switch();
	w.tempo.switches = 0;
}

/* Whoever asked while a root was served may still be reading it. */
static bool next_is_free(void)
{
	return w.left_at[w.next_root] == 0 ||
	       board_is_past(w.left_at[w.next_root]);
}

static void change_next(uint64_t number)
{
	board_count_change();
	if (number % SWITCH_EVERY == 0 && w.filled < slot_count)
		w.tempo.put_off++;
	else if (number % SWITCH_EVERY == 0) {
		root_switch();
		return;
	}
	change_any();
	if (w.filled > 0 ? w.filled < slot_count : next_is_free())
		next_fill();
}

static struct timespec moment_of(uint64_t number)
{
	struct timespec t = w.start;

	t.tv_sec += (time_t)(number / CHANGES_PER_SECOND);
	t.tv_nsec += (long)(number % CHANGES_PER_SECOND * 1000000000 /
			    CHANGES_PER_SECOND);
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static void *writer_run(void *unused)
{
	while (!w.is_over) {
		struct timespec t = moment_of(++w.tempo.changes);
		/* Late, it does not sleep, and so catches up. */
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		change_next(w.tempo.changes);
	}
	return unused;
}

void writer_start(void)
{
	clock_gettime(CLOCK_MONOTONIC, &w.start);
	if (pthread_create(&w.thread, NULL, writer_run, NULL) != 0) {
		perror("a thread for the writer");
		exit(1);
	}
}

void writer_stop(struct tempo *out)
{
	struct timespec end;

	w.is_over = true;
	pthread_join(w.thread, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	w.tempo.seconds = (double)(end.tv_sec - w.start.tv_sec) +
			  (double)(end.tv_nsec - w.start.tv_nsec) / 1e9;
	*out = w.tempo;
}

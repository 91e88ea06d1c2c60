/*
 * The workers as their master knows them: who is ready, who is to leave, who
 * has left. Starts and ends nobody.
 */
#pragma once

#include "io/loop.h"
#include "io/process.h"
#include "server/message.h"
#include "server/roster.h"

/* What could not be started is tried again after so long. */
#define RESTART_MS 1000

struct master;

struct child {
	struct op op; /* on its channel */
	struct list node;
	struct master *owner;
	pid_t pid;
	int channel;
	uint64_t started_ms;
	unsigned number; /* no other that stays has it */
	bool is_ready;
	bool is_old; /* to leave when its successors are ready */
	bool has_left, has_ended;
};

struct children {
	struct list list;
};

#define for_each_child(c, i) \
	for (struct list *i = (c)->list.next; i != &(c)->list; i = i->next)

static inline struct child *child_of(struct list *node)
{
	return container_of(node, struct child, node);
}

static inline void children_init(struct children *c)
{
	list_init(&c->list);
}

/* How many serve, or are about to unless `ready_only`, and are to go on. */
unsigned children_serving(const struct children *c, bool ready_only);

/* One that is ready and stays, another each time; or NULL. */
struct child *child_next(struct children *c);

/* The least number that none has who is to stay. */
unsigned children_number(const struct children *c);

/* The child of that pid, or NULL. */
struct child *child_find(struct children *c, pid_t pid);

/* One that is gone already needs no telling. */
void child_tell(struct child *c, enum message_kind kind);

/* In a process that is not the master: lets go of their channels. */
void children_close(struct children *c);

/* Tells the old ones that their successors are there. */
void children_dismiss(struct children *c);

/* Asks all of them to finish; or ends them, where there is no time for that. */
void children_end(struct children *c, bool at_once);

/*
 * A process died `age_ms` after its start: how long to wait before the next is
 * started. *young_deaths counts those that died soon, in a row.
 */
uint64_t death_pause(unsigned *young_deaths, uint64_t age_ms);

/* Fills in who there is, and how many are ready: old ones, too, for as long as
 * they accept. */
void children_roster(const struct children *c, struct roster *out);

/* The old ones are to stay after all. True when there were any. */
bool roll_cancel(struct children *c);

/*
 * The register of workers (children.h).
 */
#include "server/children.h"

/* What dies sooner than this after its start died young; after so
 * many such deaths in a row the next start waits, so that a fault at start
 * does not burn a core. */
#define YOUNG_MS     1000
#define YOUNG_DEATHS 5

unsigned children_serving(const struct children *c, bool ready_only)
{
	unsigned count = 0;

	for_each_child (c, i) {
		const struct child *child = child_of(i);
		count += !child->has_left && !child->is_old &&
			 (child->is_ready || !ready_only);
	}
	return count;
}

void children_roster(const struct children *c, struct roster *out)
{
	out->count = out->ready = 0;
	for_each_child (c, i) {
		const struct child *child = child_of(i);
		if (child->has_left)
			continue;
		out->ready += child->is_ready;
		if (out->count == ROSTER_MAX)
			continue;
		out->at[out->count++] = (struct roster_worker){
			.pid = child->pid,
			.number = child->number,
			.is_ready = child->is_ready,
		};
	}
}

struct child *child_next(struct children *c)
{
	for_each_child (c, i) {
		struct child *child = child_of(i);
		if (!child->is_ready || child->has_left || child->is_old)
			continue;
		list_remove(i);
		list_add_last(&c->list, i);
		return child;
	}
	return NULL;
}

static bool has_number(const struct children *c, unsigned number)
{
	for_each_child (c, i) {
		const struct child *child = child_of(i);
		if (!child->is_old && !child->has_left &&
			child->number == number)
			return true;
	}
	return false;
}

unsigned children_number(const struct children *c)
{
	unsigned number = 0;

	while (has_number(c, number))
		number++;
	return number;
}

struct child *child_find(struct children *c, pid_t pid)
{
	for_each_child (c, i) {
		if (child_of(i)->pid == pid)
			return child_of(i);
	}
	return NULL;
}

void child_tell(struct child *c, enum message_kind kind)
{
	if (message_send(c->channel, &(struct message){ .kind = kind }, -1) < 0)
		return;
}

bool roll_cancel(struct children *c)
{
	bool was_rolling = false;

	for_each_child (c, i) {
		struct child *child = child_of(i);
		was_rolling |= child->is_old && !child->has_left;
		child->is_old = false;
	}
	return was_rolling;
}

void children_dismiss(struct children *c)
{
	for_each_child (c, i) {
		struct child *child = child_of(i);
		if (!child->is_old || child->has_left)
			continue;
		child->has_left = true;
		child_tell(child, MESSAGE_LEAVE);
	}
}

void children_end(struct children *c, bool at_once)
{
	for_each_child (c, i) {
		if (at_once)
			process_kill(child_of(i)->pid);
		else
			child_tell(child_of(i), MESSAGE_DRAIN);
	}
}

uint64_t death_pause(unsigned *young_deaths, uint64_t age_ms)
{
	*young_deaths = age_ms < YOUNG_MS ? *young_deaths + 1 : 0;
	return *young_deaths < YOUNG_DEATHS ? 0 : RESTART_MS;
}

void children_close(struct children *c)
{
	for_each_child (c, i)
		process_close(child_of(i)->channel);
}

/*
 * What a climb must come to under each set of walls, by its row, and a run of
 * all of them that says which did not. Static functions in a header, because
 * two programs include it.
 */
#pragma once

#include "admin.h"

struct tally {
	unsigned passed, failed;
	int abi;           /* of Landlock, negative if there is none */
	bool is_sanitized; /* no seccomp then */
};

static inline bool column_is_tried(const struct tally *t, enum column column)
{
	if (column == NO_WALL || column == HELPER_NO_WALL ||
		column == ADMIN_NO_WALL)
		return true;
	if (column > HELPER_NO_WALL && t->is_sanitized)
		return false;
	if (column == TRAP || column == KILL)
		return !t->is_sanitized;
	return t->abi > 0;
}

static inline struct report expected(
	const struct tally *t, const struct climb *c, enum column column)
{
	bool has_wall = column != NO_WALL && column != HELPER_NO_WALL &&
			column != ADMIN_NO_WALL;
	bool has_seccomp = has_wall && column != LANDLOCK && !t->is_sanitized;
	bool has_landlock = has_wall && column != TRAP && column != KILL &&
			    t->abi >= c->abi;
	if (c->dies != 0)
		return (struct report){ .signal = c->dies };
	if (has_seccomp && c->call >= 0) {
		if (column == KILL || column == BOTH_KILL ||
			column == HELPER_KILL || column == ADMIN_KILL)
			return (struct report){ .signal = SIGSYS };
		return (struct report){ .result = -EPERM,
			.blocked = { .count = 1, .last = c->call } };
	}
	return (struct report){ .result = has_landlock ? -c->landlock : 0 };
}

static inline void report_print(const char *label, const struct report *r)
{
	fprintf(stderr, "  %s: ", label);
	if (r->wall != 0)
		fprintf(stderr, "no wall: %s\n", strerror(-r->wall));
	else if (r->signal != 0)
		fprintf(stderr, "dies of %s\n", strsignal(r->signal));
	else
		fprintf(stderr, "%s, %u calls blocked, the last %d\n",
			strerror(-r->result), r->blocked.count,
			r->blocked.count > 0 ? r->blocked.last : -1);
}

static inline bool report_is(const struct report *a, const struct report *b)
{
	return a->wall == b->wall && a->signal == b->signal &&
	       a->result == b->result && a->blocked.count == b->blocked.count &&
	       (a->blocked.count == 0 || a->blocked.last == b->blocked.last);
}

static inline void climbs_run(struct tally *t, const struct climb *climbs,
	size_t count, enum column column)
{
	for (size_t i = 0; i < count; i++) {
		const struct climb *c = &climbs[i];
		struct report want = expected(t, c, column);
		struct report got = stage_run(c, column);
		if (report_is(&want, &got)) {
			t->passed++;
			continue;
		}
		t->failed++;
		fprintf(stderr, "%s: %s\n", column_names[column], c->name);
		report_print("wanted", &want);
		report_print("got", &got);
	}
}

static inline struct tally tally_start(void)
{
	struct sandbox_state state;
	struct sandbox_rules none = { 0 };
	if (sandbox_enter(&none, SANDBOX_OFF, &state) != 0)
		exit(1);
	return (struct tally){
		.abi = landlock_abi(),
		.is_sanitized = state.is_sanitized,
	};
}

/* Tries every row under one set of walls, or says that it cannot. */
static inline void column_run(struct tally *t, enum column column)
{
	if (!column_is_tried(t, column)) {
		printf("%s: not tried: %s\n", column_names[column],
			t->abi > 0 ? "built with a sanitizer"
				   : "this kernel has no Landlock");
		return;
	}
	if (column >= ADMIN_NO_WALL) {
		climbs_run(t, admin_forbidden, array_count(admin_forbidden),
			column);
		climbs_run(t, admin_permitted, array_count(admin_permitted),
			column);
		return;
	}
	if (column >= HELPER_NO_WALL) {
		climbs_run(t, squeezer_forbidden,
			array_count(squeezer_forbidden), column);
		climbs_run(t, squeezer_permitted,
			array_count(squeezer_permitted), column);
		return;
	}
	climbs_run(t, forbidden, array_count(forbidden), column);
	climbs_run(t, permitted, array_count(permitted), column);
}

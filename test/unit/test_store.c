/*
 * Where things are kept (src/base): the map, the pool, and the wheel of
 * timers, which is run against a clock of its own and compared with the
 * simplest thing that could be right.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/pool.h"
#include "base/wheel.h"

struct item {
	struct map_node node;
	char key[16];
};

static void map_finds_what_was_added(void **state)
{
	(void)state;
	static struct item items[1000];
	static const unsigned bits[] = { 0, 4, 12 };
	struct map m;

	for (size_t k = 0; k < array_count(bits); k++) {
		assert_int_equal(map_init(&m, bits[k], 42), 0);
		assert_null(map_any(&m));
		for (unsigned i = 0; i < array_count(items); i++) {
			snprintf(items[i].key, sizeof items[i].key, "%u", i);
			items[i].node.key = span_of(items[i].key);
			assert_null(map_find(&m, items[i].node.key));
			map_add(&m, &items[i].node);
		}
		assert_int_equal(m.count, array_count(items));
		for (unsigned i = 0; i < array_count(items); i += 2)
			map_remove(&m, &items[i].node);
		for (unsigned i = 0; i < array_count(items); i++) {
			struct map_node *want = i % 2 == 0 ? NULL
							   : &items[i].node;
			assert_ptr_equal(
				map_find(&m, span_of(items[i].key)), want);
		}
		/* A prefix, and bytes beyond the key, make another key. */
		assert_null(map_find(&m, SPAN("")));
		assert_null(map_find(&m, SPAN("1\0")));
		struct map_node *node;
		while ((node = map_any(&m)) != NULL)
			map_remove(&m, node);
		assert_int_equal(m.count, 0);
		map_done(&m);
	}
}

static void pool_gives_so_many_and_no_more(void **state)
{
	(void)state;
	struct pool p;
	void *blocks[3];

	pool_init(&p, 64, 3);
	assert_int_equal(pool_used(&p), 0);
	for (int i = 0; i < 3; i++) {
		blocks[i] = pool_take(&p);
		assert_non_null(blocks[i]);
		memset(blocks[i], i, 64);
	}
	assert_null(pool_take(&p));
	assert_int_equal(pool_used(&p), 3);
	/* Put back in any order, taken again without the heap. */
	pool_put(&p, blocks[1]);
	pool_put(&p, blocks[0]);
	assert_int_equal(pool_used(&p), 1);
	assert_ptr_equal(pool_take(&p), blocks[0]);
	assert_ptr_equal(pool_take(&p), blocks[1]);
	assert_null(pool_take(&p));
	for (int i = 0; i < 3; i++)
		pool_put(&p, blocks[i]);
	pool_done(&p);
	assert_int_equal(pool_used(&p), 0);
	pool_init(&p, 64, 0);
	assert_null(pool_take(&p));
	pool_done(&p);
}

#define TIMERS 200

struct alarm {
	struct timer timer;
	bool is_armed;
	unsigned fired;
};

static struct wheel wheel;
static struct alarm alarms[TIMERS];
static uint64_t now;
static uint64_t last_at;
static uint64_t rearm_ms;

static void fire(struct timer *t)
{
	struct alarm *a = container_of(t, struct alarm, timer);

	assert_true(a->is_armed);
	assert_true(t->at <= now);
	a->is_armed = false;
	a->fired++;
	last_at = t->at;
	if (rearm_ms > 0) {
		a->is_armed = true;
		wheel_set(&wheel, t, now + rearm_ms);
		rearm_ms = 0;
	}
}

static void wheel_start(uint64_t at)
{
	now = at;
	rearm_ms = 0;
	wheel_init(&wheel, now);
	for (unsigned i = 0; i < TIMERS; i++) {
		timer_init(&alarms[i].timer, fire);
		alarms[i].is_armed = false;
		alarms[i].fired = 0;
	}
}

static void arm(unsigned i, uint64_t at)
{
	alarms[i].is_armed = true;
	wheel_set(&wheel, &alarms[i].timer, at);
}

/* As the loop does: sleeps as long as the wheel says, then runs it. */
static void sleep_and_run(void)
{
	int wait = wheel_wait(&wheel, now);

	assert_true(wait >= 0);
	now += (uint64_t)wait;
	wheel_run(&wheel, now);
}

static void timers_are_never_early_nor_very_late(void **state)
{
	(void)state;
	static const uint64_t delays[] = { 0, 1, 127, 128, 129, 1000, 10000,
		65408, 65535, 65536, 65537, 131072, 200000, 3600000 };
	static const uint64_t starts[] = { 0, 1, 127, 65535, 65536,
		UINT64_C(1) << 40 };

	for (size_t i = 0; i < array_count(delays) * array_count(starts); i++) {
		uint64_t delay = delays[i % array_count(delays)];
		wheel_start(starts[i / array_count(delays)]);
		assert_int_equal(wheel_wait(&wheel, now), -1);
		uint64_t at = now + delay;
		arm(0, at);
		unsigned turns = 0;
		while (alarms[0].is_armed) {
			sleep_and_run();
			expect(turns++ < 200, "%llu: too many turns",
				(unsigned long long)delay);
		}
		expect(now >= at && now - at <= 2 * WHEEL_SLOT_MS,
			"%llu: late by %llu", (unsigned long long)delay,
			(unsigned long long)(now - at));
		assert_int_equal(wheel_wait(&wheel, now), -1);
	}
}

static void order_is_that_of_the_slots(void **state)
{
	(void)state;

	wheel_start(1000);
	for (unsigned i = 0; i < TIMERS; i++)
		arm(i, now + (uint64_t)(i * 7919 % TIMERS) * 2 * WHEEL_SLOT_MS);
	uint64_t before = 0;
	while (wheel.count > 0) {
		sleep_and_run();
		assert_true(last_at >= before);
		before = last_at;
	}
	for (unsigned i = 0; i < TIMERS; i++)
		assert_int_equal(alarms[i].fired, 1);
}

/* Whatever is armed, moved, disarmed and slept through: each fires once, in
 * the first run at which it is due, if not sooner than a slot after. */
static void the_wheel_is_as_good_as_a_list(void **state)
{
	(void)state;
	unsigned seed = 7;

	wheel_start(5);
	for (unsigned step = 0; step < 20000; step++) {
		seed = seed * 1103515245 + 12345;
		unsigned i = (seed >> 16) % TIMERS, what = (seed >> 8) % 8;
		uint64_t far = (seed >> 4) % 150000;
		if (what < 4) {
			arm(i, now + far);
		} else if (what == 4) {
			wheel_clear(&wheel, &alarms[i].timer);
			alarms[i].is_armed = false;
		} else {
			/* Now and then for longer than a turn. */
			now += what == 5 ? far : far % 300;
			wheel_run(&wheel, now);
			for (unsigned k = 0; k < TIMERS; k++)
				assert_true(
					!alarms[k].is_armed ||
					alarms[k].timer.at + 2 * WHEEL_SLOT_MS >
						now);
		}
		unsigned armed = 0;
		for (unsigned k = 0; k < TIMERS; k++)
			armed += alarms[k].is_armed;
		assert_int_equal(wheel.count, armed);
	}
}

static void a_timer_may_arm_itself_again(void **state)
{
	(void)state;

	wheel_start(0);
	arm(0, 100);
	now = 300;
	rearm_ms = 1000;
	wheel_run(&wheel, now);
	assert_int_equal(alarms[0].fired, 1);
	assert_int_equal(wheel.count, 1);
	while (alarms[0].is_armed)
		sleep_and_run();
	assert_int_equal(alarms[0].fired, 2);
	assert_in_range(now, 1300, 1300 + 2 * WHEEL_SLOT_MS);
}

static struct timer *victim;

static void fire_and_clear(struct timer *t)
{
	fire(t);
	wheel_clear(&wheel, victim);
}

/* One that fires may disarm another that is due in the same run. */
static void a_timer_may_disarm_its_neighbour(void **state)
{
	(void)state;

	wheel_start(0);
	arm(0, 100);
	arm(1, 100);
	alarms[0].timer.fire = fire_and_clear;
	victim = &alarms[1].timer;
	now = 1000;
	wheel_run(&wheel, now);
	assert_int_equal(alarms[0].fired, 1);
	assert_int_equal(alarms[1].fired, 0);
	assert_int_equal(wheel.count, 0);
	wheel_clear(&wheel, victim);
	assert_int_equal(wheel.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_finds_what_was_added),
		cmocka_unit_test(pool_gives_so_many_and_no_more),
		cmocka_unit_test(timers_are_never_early_nor_very_late),
		cmocka_unit_test(order_is_that_of_the_slots),
		cmocka_unit_test(the_wheel_is_as_good_as_a_list),
		cmocka_unit_test(a_timer_may_arm_itself_again),
		cmocka_unit_test(a_timer_may_disarm_its_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

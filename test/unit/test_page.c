/*
 * The page: who has a part, what a reader believes of a stranger's bytes, and
 * a part that is read while it is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "server/page.h"

#define PARTS 3

static struct page *page_make(void)
{
	struct page *p = calloc(1, page_size(PARTS));

	assert_non_null(p);
	page_init(p, PARTS);
	return p;
}

static void test_parts(void **state)
{
	struct page *p = page_make();
	(void)state;

	for (unsigned i = 0; i < PARTS; i++)
		assert_ptr_equal(page_claim(p, 100 + i, i), &p->parts[i]);
	assert_null(page_claim(p, 200, 9));
	page_release(p, 101);
	page_release(p, 999); /* nobody's */
	assert_ptr_equal(page_claim(p, 200, 9), &p->parts[1]);
	assert_int_equal(p->parts[1].worker.number, 9);
	free(p);
}

static void test_valid(void **state)
{
	struct page *p = page_make();
	size_t size = page_size(PARTS);
	(void)state;

	assert_true(page_is_valid(p, size));
	assert_true(page_is_valid(p, size + 1));
	assert_false(page_is_valid(p, size - 1));
	assert_false(page_is_valid(p, sizeof *p - 1));
	p->part_count = UINT32_MAX; /* whose size would overflow */
	assert_false(page_is_valid(p, size));
	p->part_count = PARTS + 1;
	assert_false(page_is_valid(p, size));
	p->part_count = PARTS;
	p->version++;
	assert_false(page_is_valid(p, size));
	p->version--;
	p->magic[0] = 'x';
	assert_false(page_is_valid(p, size));
	free(p);
}

static void test_read(void **state)
{
	struct page *p = page_make();
	struct page_part *copy = calloc(1, sizeof *copy);
	struct page_part *part = page_claim(p, 7, 0);
	(void)state;

	assert_false(page_read(&p->parts[1], copy)); /* nobody's */
	page_write_begin(part);
	part->worker.count = 2;
	part->slots[0] = (struct page_slot){
		.cookie = 5, .doing = PAGE_SENDING, .total = 100, .left = 40
	};
	part->slots[1] = (struct page_slot){ .cookie = 6, .doing = PAGE_BODY };
	page_write_end(part, 1234);
	assert_true(page_read(part, copy));
	assert_int_equal(copy->worker.at_ms, 1234);
	assert_int_equal(copy->worker.count, 2);
	assert_int_equal(copy->slots[0].left, 40);
	assert_int_equal(copy->slots[1].doing, PAGE_BODY);
	/* Its owner was stopped while it wrote. */
	page_write_begin(part);
	assert_true(page_read(part, copy));
	page_write_end(part, 1235);
	assert_int_equal(part->worker.version % 2, 0);
	free(copy);
	free(p);
}

/* Whatever stands there, nothing leads out of bounds. */
static void test_lies(void **state)
{
	struct page *p = page_make();
	struct page_part *copy = calloc(1, sizeof *copy);
	struct page_part *part = page_claim(p, 7, 0);
	(void)state;

	part->worker.count = UINT32_MAX;
	part->slots[0] = (struct page_slot){
		.doing = 200, .name_len = 255, .total = 10, .left = 11
	};
	assert_true(page_read(part, copy));
	assert_int_equal(copy->worker.count, PAGE_SLOTS);
	assert_true(copy->slots[0].doing < PAGE_DOINGS);
	assert_int_equal(copy->slots[0].name_len, 0);
	assert_int_equal(copy->slots[0].left, 10);
	free(copy);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

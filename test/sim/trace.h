/*
 * What a run says: a line for each event when one seed is replayed, and the
 * one line that ends a run in which the server did wrong.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Does trace() write? */
extern bool trace_is_on;

/* The clock that lines are marked with, in milliseconds. */
extern const uint64_t *trace_clock;

void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The server is wrong, or the tester: says so and ends the process. */
_Noreturn void fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Fails unless `is_true`. */
#define check(is_true, ...) \
	do { \
		if (!(is_true)) \
			fail(__VA_ARGS__); \
	} while (0)

/*
 * Counting what is wrong (fault.h).
 */
#include "fault.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

/* Of each kind so many are told. */
#define SHOWN_MAX 5

const char *const fault_names[FAULT_COUNT] = {
	[FAULT_STALE] = "nothing stale",
	[FAULT_AHEAD] = "nothing ahead of the writer",
	[FAULT_TORN] = "nothing torn",
	[FAULT_LENGTH] = "lengths",
	[FAULT_ETAG] = "ETag of the very bytes",
	[FAULT_MODIFIED] = "Last-Modified of the version",
	[FAULT_STATUS] = "200, or 304 when asked",
	[FAULT_ABSENCE] = "404 only for what is absent",
	[FAULT_CODING] = "codings",
	[FAULT_MESSAGE] = "messages",
	[FAULT_CONNECTION] = "connections",
};

static atomic_uint_fast64_t counts[FAULT_COUNT];
static int is_silent;

void faults_clear(void)
{
	for (unsigned i = 0; i < FAULT_COUNT; i++)
		counts[i] = 0;
}

uint64_t faults_of(enum fault fault)
{
	return counts[fault];
}

void faults_quiet(int is_quiet)
{
	is_silent = is_quiet;
}

void fault_note(enum fault fault, const char *format, ...)
{
	char line[512];
	va_list list;

	if (counts[fault]++ >= SHOWN_MAX || is_silent)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	printf("  not '%s': %s\n", fault_names[fault], line);
}

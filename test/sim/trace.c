/*
 * The lines of a run (trace.h), to standard output; of its end, to standard
 * error.
 */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool trace_is_on;
const uint64_t *trace_clock;

static unsigned long long clock_ms(void)
{
	return trace_clock != NULL ? *trace_clock : 0;
}

void trace(const char *format, ...)
{
	va_list values;

	if (!trace_is_on)
		return;
	printf("%9llu  ", clock_ms());
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	putchar('\n');
}

void fail(const char *format, ...)
{
	va_list values;

	fflush(stdout);
	fprintf(stderr, "wrong at %llu ms: ", clock_ms());
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	/* What is half done is not worth a report of leaks. */
	_Exit(1);
}

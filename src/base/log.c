/*
 * Lines on standard error (log.h). A line is one write(2), so that the lines
 * of several processes do not mix; what is longer than a line may be is cut.
 */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static bool quiet, verbose;

void log_init(bool is_quiet, bool is_verbose)
{
	quiet = is_quiet;
	verbose = is_verbose;
}

__attribute__((format(printf, 1, 0))) static void line_write(
	const char *format, va_list args)
{
	/* PIPE_BUF (pipe(7)): what a pipe takes whole, or not at all. */
	char line[4096] = "hstatic: ";
	const int prefix = 9, most = (int)sizeof line - 1;

	int len = vsnprintf(
		line + prefix, sizeof line - (size_t)prefix - 1, format, args);
	if (len < 0)
		return;
	len = len + prefix < most ? len + prefix : most - 1;
	line[len++] = '\n';
	/* A pipe that nobody empties must not hold up a request: the line is
	 * lost. There is nobody to tell when telling fails. */
	struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
	if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0)
		return;
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_write(format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	line_write(format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	line_write(format, args);
	va_end(args);
}

/*
 * Lines for the people who run the server, on standard error: one line each,
 * with the name of the program. The only part of base/ that touches the world;
 * called by server/ and cmd/ alone, where a decision is made.
 */
#pragma once

#include <stdbool.h>

/* Lines of log_info are not written when quiet, those of log_debug only when
 * verbose. */
void log_init(bool is_quiet, bool is_verbose);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

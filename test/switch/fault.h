/*
 * What can be wrong with an answer, counted. The first few are told in full.
 */
#pragma once

#include <stdint.h>

enum fault {
	FAULT_STALE,      /* older than what was published before the request */
	FAULT_AHEAD,      /* newer than what had begun when it came */
	FAULT_TORN,       /* words of more than one version */
	FAULT_LENGTH,     /* not as many bytes as the file has */
	FAULT_ETAG,       /* not that of these bytes */
	FAULT_MODIFIED,   /* Last-Modified of another version */
	FAULT_STATUS,     /* neither 200 nor 304, and 503 in particular */
	FAULT_ABSENCE,    /* 404 while it was there all the time */
	FAULT_CODING,     /* not the coding that was to be had */
	FAULT_MESSAGE,    /* what is no HTTP answer */
	FAULT_CONNECTION, /* ended, reset, or silent */
	FAULT_COUNT
};

extern const char *const fault_names[FAULT_COUNT];

void faults_clear(void);
uint64_t faults_of(enum fault fault);
void faults_quiet(int is_quiet);

__attribute__((format(printf, 2, 3))) void fault_note(
	enum fault fault, const char *format, ...);

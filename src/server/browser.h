/*
 * --open: a browser for the site, as the desktop or $BROWSER has it. Never
 * waits for it, and never lets a failure be more than a line.
 */
#pragma once

#include "io/process.h"
#include "server/reach.h"

struct browser {
	pid_t pid; /* 0: none runs, or none that we care about */
	uint64_t started_ms;
	char url[REACH_URL_SIZE];
};

/* Opens the first place that a browser can show; says so when that cannot be.
 * `now_ms`: the loop's clock. */
void browser_open(
	struct browser *b, const struct reach *reach, uint64_t now_ms);

/* A child has ended that may have been it: says when it had failed. */
void browser_ended(
	struct browser *b, pid_t pid, int wait_status, uint64_t now_ms);

/*
 * What a response must be, given what was asked and what the files were
 * between the request's arrival and its answer: a second opinion on RFC 9110
 * that shares no code with http/ but the format of dates. Fails the run when
 * no state of the files explains what the client got.
 */
#pragma once

#include "ask.h"
#include "history.h"
#include "in_force.h"
#include "reply.h"
#include "server.h"

struct judge {
	const struct world *world;
	const struct history *history;
	const struct server *server;
	struct in_force *redirects, *headers; /* which of them */
};

/* A response to `a`, or as much as came of it before the end. */
void judge_reply(const struct judge *j, const struct sock *s,
	const struct ask *a, const struct reply *r);

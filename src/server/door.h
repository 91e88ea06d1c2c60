/*
 * The door at which `hstatic xray` asks a running server for its page, and
 * what is said there. The page is a memfd that the master hands out over an
 * abstract socket (io/share.h): to root and to the server's own user, whom the
 * kernel vouches for; nobody can open it, wherever it lies. Others get the
 * words alone: which sockets are the server's, so that they can look them up
 * with sock_diag(7), as everybody may.
 */
#pragma once

#include "io/loop.h"
#include "io/share.h"
#include "server/acceptor.h"
#include "server/children.h"
#include "server/page.h"
#include "server/worker.h"

#define DOOR_VERSION 1

struct door_words {
	uint32_t version; /* DOOR_VERSION */
	uint32_t workers; /* as many as there are to be */
	uint32_t backlog; /* that was asked for */
	uint32_t listener_count;
	uint64_t listeners[LISTENERS_MAX]; /* cookies */
};

/* The master's side. */
struct doorman {
	struct loop *loop;
	struct children *children; /* told that somebody watches */
	struct share page;
	struct op op;
	int door; /* -1: it could not be had; then there is no page, either */
	uint64_t told_ms;
	struct door_words words;
};

/* Opens page and door; where that fails the server goes without. `config`: what
 * all workers have. */
void doorman_open(struct doorman *d, struct loop *loop,
	struct children *children, const struct worker_config *config);

/* Somebody watches who needs no door: workers publish for a while. */
void doorman_watched(struct doorman *d);

/* In a process that is not the master: the door is not its. */
void doorman_forget(struct doorman *d);

/* In a worker: its part of the page, or NULL. */
struct page_part *doorman_part(const struct doorman *d, unsigned number);

/* A worker has ended. */
void doorman_release(const struct doorman *d, pid_t worker);

/* The visitor's side: what one visit has brought. */
struct visit {
	struct door_words words;
	struct share page; /* .fd -1: it is not ours to see */
};

/* Asks the server whose master is `pid`: 0, or -errno: -ECONNREFUSED when there
 * is none, -EPERM when somebody else stands at its door, -EPROTO when it is of
 * another version. The page of an earlier visit in *v is dropped. */
must_check int door_visit(pid_t pid, struct visit *v);

void visit_end(struct visit *v);

/*
 * What master and workers tell each other, over the channel that each worker
 * has with its master. Both are of one build: the struct is the protocol.
 */
#pragma once

#include "io/loop.h"
#include "io/sandbox.h"
#include "server/loop_kind.h"

enum message_kind {
	/* from a worker */
	/* accepts from now on, behind the walls in `sandbox`, with `loop` */
	MESSAGE_READY,
	MESSAGE_FAILED, /* cannot begin: `error` while `doing` */
	MESSAGE_LEFT,   /* accepts no more, wants a successor, and LEAVE */
	/* from the master */
	MESSAGE_DRAIN, /* finish, please */
	MESSAGE_LEAVE, /* finish, please: there are successors */
	/* a channel to the helper that codes bodies, as a descriptor */
	MESSAGE_SQUEEZER,
	MESSAGE_WATCH, /* somebody looks at the page for a while */
	/* a connection that did not get through: to be passed over */
	MESSAGE_NONE,
	/* either way: a connection that waits for its next request comes with
	 * the message, and what of that has been received is in `data` */
	MESSAGE_CONN
};

struct message {
	enum message_kind kind;
	int error;          /* positive errno */
	bool is_about_ring; /* the error is io_uring's */
	char doing[120];
	struct sandbox_state sandbox;
	struct loop_state loop;
	unsigned data_len;
	char data[LOOP_RECV_MAX]; /* only so much of it is sent */
};

/* Sends it, with a copy of `fd` unless that is -1: 0 or -errno. */
must_check int message_send(int channel, const struct message *m, int fd);

/* 1 with a message in *m, and in *fd what came with it, the caller's, or -1;
 * 0 at the end of the channel; -EAGAIN, -errno. */
must_check int message_receive(int channel, struct message *m, int *fd);

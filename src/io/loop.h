/*
 * The event loop, completion style: an operation is begun, and its `done` is
 * called once it has happened, never from inside the call that began it.
 * io_uring is natively so, epoll emulates it, the tests fake it.
 *
 * Order within a batch of events: first everything is received, then, if that
 * was anything, on_batch is called, then the completions. What on_batch learns
 * (which files have changed) is therefore never older than the requests that
 * follow it.
 */
#pragma once

#include <sys/uio.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/wheel.h"

/* Most bytes that one recv brings. */
#define LOOP_RECV_MAX 16384

/* Most iovecs that one send takes. */
#define LOOP_IOV_MAX 64

enum op_kind { OP_IDLE, OP_ACCEPT, OP_RECV, OP_POLL, OP_SEND, OP_SENDFILE };

struct loop;

/* One operation in flight, its storage the caller's until `done`. */
struct op {
	/* res >= 0: a descriptor (accept) or a number of bytes; -errno. */
	void (*done)(struct op *, int res, struct span data);
	struct list node; /* the backend's */
	int fd, res;
	enum op_kind kind;
	bool has_received; /* the backend's: something, since op_init */
};

enum send_flags {
	SEND_MORE = 1 /* more follows at once: MSG_MORE */
};

/* Bytes in memory to be sent, from several places. */
struct gather {
	const struct iovec *iov;
	unsigned count; /* 1 to LOOP_IOV_MAX */
	unsigned flags; /* enum send_flags */
};

struct file_slice {
	int fd;
	uint64_t offset;
	size_t len;
};

struct loop_ops {
	/* Accepts until cancelled: done is called once per connection, and
	 * once more, the op idle, with -errno when it had to stop. */
	void (*accept)(struct loop *, struct op *, int fd);
	/* Receives once; `data` is valid inside done, res its length, 0 at
	 * the end of the stream. */
	void (*recv)(struct loop *, struct op *, int fd);
	/* Done, with res 1, once fd is readable. */
	void (*poll)(struct loop *, struct op *, int fd);
	/* Sends some of the bytes; res says how many, perhaps 0 after having
	 * waited. The memory must stay until done, the array need not. */
	void (*send)(struct loop *, struct op *, int fd, const struct gather *);
	/* The same from a file; -ENODATA when it ends before offset. */
	void (*sendfile)(struct loop *, struct op *, int fd,
		const struct file_slice *slice);
	/* done follows, with -ECANCELED or the result that was faster. */
	void (*cancel)(struct loop *, struct op *);
	/* How many bytes the peer has acknowledged, modulo 2^32; 0 where the
	 * kernel does not tell. What moves is alive. */
	uint32_t (*acked)(struct loop *, int fd);
	/* No more will be sent; what comes may still be received. */
	void (*shutdown)(struct loop *, int fd);
	/* No operation may be in flight on it. */
	void (*close)(struct loop *, int fd);
	/* Runs until loop_stop. 0 or -errno. */
	int (*run)(struct loop *);
	/* Frees the loop. No operation may be in flight. */
	void (*free)(struct loop *);
};

struct loop {
	const struct loop_ops *ops;
	uint64_t now_ms; /* monotonic, once per batch */
	int64_t wall_s;  /* seconds since 1970, once per batch */
	struct wheel timers;
	bool is_stopped;
	/* Before the completions of a batch that received; may be NULL. */
	void (*on_batch)(struct loop *);
	void *owner; /* whoever set on_batch */
	/* Its io_uring, which it calls for as long as it runs; -1: none. */
	int ring;
};

/* An operation that is not in flight. */
void op_init(struct op *op, void (*done)(struct op *, int, struct span));

/* For backends: the operation is in flight from now on. */
void op_begin(struct op *op, enum op_kind kind, int fd);

/* For backends: sets now_ms and wall_s. */
void loop_clock_read(struct loop *l);

static inline bool op_is_idle(const struct op *op)
{
	return op->kind == OP_IDLE;
}

static inline void loop_stop(struct loop *l)
{
	l->is_stopped = true;
}

/*
 * Connections in memory: two streams of bytes between a client and the server,
 * with the kernel's manners: room that runs out, ends that are shut one by
 * one, and a reset, which throws away what is still on its way, when one side
 * closes on bytes that it has not read. Keeps account of when which byte went
 * through. Knows no HTTP.
 */
#pragma once

#include "base/span.h"
#include "world.h"

#define NET_SOCKS_MAX 512
#define NET_FDS_MAX   256
#define NET_FD_FIRST  10

struct buffer {
	char *at;
	size_t len, size;
};

/* From this byte of the stream on; when so much had been received. */
struct mark {
	uint64_t offset, epoch, ms, received;
};

struct marks {
	unsigned count, size;
	struct mark *at;
};

/* Why a connection may have ended before its answers had: bits. */
enum excuse {
	EXCUSE_RESET = 1,       /* the client's, or the network's */
	EXCUSE_READ = 2,        /* the file could not be read */
	EXCUSE_SHRUNK = 4,      /* the file became shorter */
	EXCUSE_MEMORY = 8,      /* a pool or the heap was empty */
	EXCUSE_CLOSED_ALL = 16, /* conn_close_all */
	EXCUSE_STALLED = 32,    /* quiet for as long as a send may take */
	EXCUSE_IDLE = 64,       /* quiet for as long as the head may take */
	EXCUSE_LINGERED = 128   /* read on for as long as is promised */
};

struct sock {
	int number;        /* for people */
	int fd;            /* the server's, -1 before accept, after close */
	struct buffer in;  /* from the client, not yet received */
	struct buffer out; /* from the server, not yet read */
	size_t room;       /* most bytes of `out` */
	bool in_ended;     /* the client sends no more */
	bool out_ended;    /* the server sends no more */
	bool is_reset;     /* for the server: no more of anything */
	bool was_reset;    /* for the client, by the server's close */
	bool is_accepted, is_closed;
	uint64_t in_total, out_total; /* received, sent by the server */
	struct marks received, sent;
	uint64_t taken;       /* bytes that the client has read */
	uint64_t progress_ms; /* the server's last sign of the client */
	uint64_t alive_ms;    /* the same, with what it is told on asking */
	uint64_t told_ms;     /* when it last learnt what it had sent */
	uint64_t shutdown_ms, shutdown_in;
	size_t lost; /* bytes of answers that the reset threw away */
	unsigned excuses;
	/* Since when it has outstayed its deadlines once; turns since twice. */
	uint64_t overdue_ms;
	unsigned overdue;
};

struct net {
	struct world *world;
	unsigned count;
	struct sock *socks[NET_SOCKS_MAX];
	struct sock *by_fd[NET_FDS_MAX];
	unsigned backlog_first; /* the next of `socks` to be accepted */
	bool is_listening;
	bool tells_acked; /* does the kernel say what has arrived? */
	/* What excuses follow from how long it was quiet. */
	uint64_t send_ms, idle_ms, linger_ms, linger_bytes;
};

void net_init(struct net *n, struct world *w);
void net_done(struct net *n);

void buffer_add(struct buffer *b, const char *at, size_t len);
void buffer_take(struct buffer *b, size_t len);

/* The mark that the byte at `offset` went through with. */
const struct mark *marks_find(const struct marks *m, uint64_t offset);

/* The client's side. */

/* A new connection in the backlog, or NULL when it is full. */
struct sock *net_connect(struct net *n, size_t room);
/* False when the server has closed: the client learns of it. */
bool sock_write(struct net *n, struct sock *s, struct span bytes);
void sock_end(struct sock *s);
/* Takes `len` bytes of `out`. */
void sock_read(struct net *n, struct sock *s, size_t len);
/* The client is gone, without a word. */
void sock_vanish(struct sock *s);

/* The server's side. */

/* The next of the backlog gets a descriptor: -EAGAIN, -EMFILE. */
int net_accept(struct net *n);
struct sock *net_sock(struct net *n, int fd);
/* `is_late`: it was to be cancelled, and is no sign of life any more. */
void sock_received(struct net *n, struct sock *s, size_t len, bool is_late);
void sock_sent(struct net *n, struct sock *s, const char *at, size_t len);
void sock_shutdown(struct net *n, struct sock *s);
void sock_close(struct net *n, struct sock *s);

/* Excuses all that are open. */
void net_excuse(struct net *n, unsigned excuses);

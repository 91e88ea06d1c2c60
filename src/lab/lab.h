/*
 * What a chapter is written with: it says what it claims, makes system calls
 * that are shown as strace(1) would, looks at what the kernel shows, and lets
 * what it found be compared with what was claimed. Each chapter runs in a
 * process of its own, on a stage of its own (stage.h), which end with it: it
 * need not close what it leaves open, and may assume that all ports are free.
 */
#pragma once

#include "io/sock_diag.h"
#include "lab/stage.h"
#include "lab/tell.h"

#define LOCALHOST "127.0.0.1"
#define ANYWHERE  "0.0.0.0"
#define PORT      8080 /* :1F90 */

struct lab {
	struct teller teller;
	const char *who; /* makes the calls: "server", "client" */
	unsigned claims, facts;
	unsigned
		broken; /* this fact is claimed wrongly; 0: none (chapters.h) */
	bool claim_holds, holds;
	bool is_stepping;
	int capture, raw;
	uint64_t first_us; /* of the first segment, 0: none yet */
	/* What the last lab_ladder showed. */
	struct packet segments[256];
	unsigned segment_count;
};

struct chapter {
	const char *name, *title;
	void (*run)(struct lab *l);
};

/* ---- telling (lab.c) ---- */

/* What follows belongs to this claim. */
void lab_claim(struct lab *l, const char *words);

/* Who makes the calls that follow. */
void lab_as(struct lab *l, const char *who);

/* A line that `source` shows, in printf's manner. */
void lab_show(struct lab *l, const char *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Facts: the claim holds only if each is as claimed. */
void lab_expect(struct lab *l, const char *what, int64_t seen, int64_t claimed);
void lab_expect_is(struct lab *l, const char *what, bool seen, bool claimed);
void lab_expect_within(struct lab *l, const char *what, int64_t seen,
	int64_t least, int64_t most);
void lab_expect_text(
	struct lab *l, const char *what, const char *seen, const char *claimed);
/* The errno, by name: `result` is what a call gave, `claimed` 0 or positive. */
void lab_expect_error(
	struct lab *l, const char *what, int64_t result, int claimed);

/* Writes out what has been told so far. */
void lab_flush(struct lab *l);

/* Tells the last verdict and the end. */
void lab_end(struct lab *l);

/* The experiment itself cannot go on: says why, and ends the process. */
_Noreturn void lab_fail(struct lab *l, const char *what, int error);

/* ---- system calls, shown (calls.c): a result or -errno ---- */

int lab_socket(struct lab *l);
int lab_socket_nonblocking(struct lab *l);
int lab_bind(struct lab *l, int fd, const char *address, uint16_t port);
int lab_listen(struct lab *l, int fd, int backlog);
int lab_connect(struct lab *l, int fd, const char *address, uint16_t port);
/* *peer_port, unless NULL, is who came. */
int lab_accept(struct lab *l, int fd, uint16_t *peer_port);
ssize_t lab_write(struct lab *l, int fd, const char *words);
/* With MSG_NOSIGNAL. */
ssize_t lab_send(struct lab *l, int fd, const char *words);
/* At most 31 bytes, ended by NUL. */
ssize_t lab_read(struct lab *l, int fd, char out[32]);
int lab_shutdown_write(struct lab *l, int fd);
int lab_close(struct lab *l, int fd);
int lab_reuse_address(struct lab *l, int fd);
/* To close without ado: RST in place of FIN. */
int lab_linger_zero(struct lab *l, int fd);
/* Sets /proc/sys/net/`name`; a kernel without it differs, and says so. */
int lab_sysctl(struct lab *l, const char *name, uint64_t value);

/* Shows a call that was made elsewhere; `result` as a call of here. */
void lab_called(struct lab *l, const char *name, int64_t result,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One that has no result, as its process died in it. */
void lab_died(struct lab *l, const char *name, const char *args);

/* A listener on LOCALHOST:port, and a client that has connected to it, each
 * with its calls shown. */
int lab_server(struct lab *l, uint16_t port, int backlog);
int lab_client(struct lab *l, uint16_t port);

/* ---- looking (look.c) ---- */

/* /proc/self/fd/N -> socket:[inode], and lsof's line for it. */
void lab_look_descriptor(struct lab *l, int fd);

/* The rows of /proc/net/tcp with this port, decoded, and ss's lines. */
void lab_look_tables(struct lab *l, uint16_t port);

/* ss's lines alone. */
void lab_look_ss(struct lab *l, uint16_t port);

/* Draws what went by to or from this port since the last look, keeps it in
 * l->segments; how many. */
unsigned lab_ladder(struct lab *l, uint16_t port);

/* The flags of segment `i` of the ladder, "" where there is none. */
const char *lab_flags(const struct lab *l, unsigned i);

/* Shows by how much a counter has grown since it was `before`; that. */
int64_t lab_counted(struct lab *l, const char *counter, uint64_t before);

/* Rows with this port at either end in `state` (enum diag_tcp_state; 0: any),
 * as sock_diag(7) lists them. */
unsigned lab_rows(uint16_t port, unsigned state);

/* The row of this port here and that one there (0: a listener). */
bool lab_row(uint16_t local, uint16_t remote, struct sock_row *out);

/* ss's name of the state of a socket of ours (tcp(7), TCP_INFO). */
const char *lab_state(int fd);

/* The port that a socket of ours is bound to. */
uint16_t lab_port(int fd);

/* Waits until there are so many rows; for 3 seconds at most. */
bool lab_until_rows(uint16_t port, unsigned state, unsigned count);

/* Waits until the socket is in that state; for 3 seconds at most. */
bool lab_until_state(int fd, const char *state);

void lab_pause_ms(unsigned ms);

/*
 * Processes: signals, children, the channel between master and worker, limits.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

/* Makes sure that 0, 1 and 2 are open, if only on /dev/null: what is opened
 * next must not be taken for one of them. */
void process_streams_open(void);

/* Blocks the signals that the master handles, ignores those that would end it
 * for no reason of ours; a descriptor on which they can
 * be read, or -errno. */
must_check int process_signals_open(void);

/* The next signal that has come, or 0. */
int process_signal_take(int signals);

/* In a worker: SIGPIPE and the signals that are the master's are ignored. */
void process_signals_release(void);

/*
 * Forks. In the parent the child's pid, in the child 0; each with its end of
 * the channel in *channel. -errno.
 */
must_check pid_t process_fork(int *channel);

/*
 * Starts a program that has nothing to do with us: `argv`, NULL at its end,
 * looked for in PATH. It gets a session of its own, /dev/null for its streams
 * and no other descriptor, and the signals and limits that we were started
 * with. Its pid, for process_reap, or -errno: -ENOENT when there is none.
 */
must_check pid_t process_spawn(const char *const argv[]);

/* In a helper: what `ps` calls it, at most 15 characters, and ended with its
 * parent. */
void process_helper_begin(const char *name);

/* Behind everybody else who wants the processor. */
void process_yield(void);

/* Two ends of a channel: 0 or -errno. */
must_check int process_channel(int ends[2]);

/* One child that has ended: its pid and wait status, or 0. */
pid_t process_reap(int *status);

void process_kill(pid_t pid);

/* Kills a child of ours, and waits for its end, which is not far. */
void process_end(pid_t pid);

/* Sends a message whole, and with it a copy of the descriptor `fd`, unless
 * that is -1: 0 or -errno, -EAGAIN when the channel is full. */
must_check int process_send(
	int channel, const void *message, size_t size, int fd);

/* The size of the message received, 0 at the end, -EAGAIN when none is there,
 * -errno. *fd: the descriptor that came with it, the caller's, or -1. */
must_check ssize_t process_receive(
	int channel, void *message, size_t size, int *fd);

void process_close(int fd);

pid_t process_id(void);

/* Is it this very process? */
bool process_is_self(pid_t pid);

/* Waits; a signal ends it early. For starts only: nothing is served. */
void process_pause(unsigned ms);

/* Cores that this process may use. */
unsigned process_cores(void);

/* Raises the soft limit of descriptors to the hard one; returns it. */
unsigned process_descriptors_raise(void);

/* 64 bits that nobody can guess. */
uint64_t process_random(void);

bool process_is_terminal(int fd);

/* How wide the terminal is; 0 where that is not known. */
unsigned process_terminal_columns(int fd);

/* "killed by signal 9 (Killed)" or "exited with status 1"; static storage. */
const char *process_status_text(int status);

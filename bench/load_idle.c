/*
 * Connections that have asked once and then only stay. They are opened one by
 * one and block: how fast is of no interest, what they cost the server is. A
 * source address has some 28,000 ports, and the kernel searches long for the
 * last of them: each serves 10,000 connections.
 */
#include "load_slice.h"

#include "load_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONNS_PER_SOURCE 10000
#define ANSWER_MS        5000

static in_addr_t source_of(const struct options *options, unsigned index)
{
	if (!options->source)
		return 0;
	return htonl(ntohl(options->source) + index / CONNS_PER_SOURCE);
}

static bool conn_await(struct conn *conn, short events)
{
	struct pollfd poll_fd = { .fd = conn->fd, .events = events };
	return poll(&poll_fd, 1, ANSWER_MS) == 1;
}

/* One whole answer on a connection that then stays open. */
static bool idle_open(
	const struct options *options, unsigned index, struct counts *counts)
{
	struct conn conn;
	enum conn_news news;

	if (conn_open(&conn, options, source_of(options, index)) < 0)
		return false;
	do {
		if (!conn_await(&conn, POLLOUT))
			return false;
		news = conn_ask(&conn, options, counts);
	} while (news == CONN_WAITS && conn.is_unsent);
	while (news == CONN_WAITS) {
		if (!conn_await(&conn, POLLIN))
			return false;
		news = conn_hear(&conn, options, counts);
	}
	return news == CONN_ANSWERED;
}

int idle_run(const struct options *options)
{
	static struct counts counts;
	unsigned open = 0;
	char byte;

	while (open < options->conns && idle_open(options, open, &counts))
		open++;
	if (open < options->conns)
		fprintf(stderr, "load: connection %u: %s\n", open + 1,
			strerror(errno));
	printf("{\"open\": %u, \"unexpected\": %llu}\n", open,
		(unsigned long long)counts.unexpected);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return open == options->conns ? 0 : 1;
}

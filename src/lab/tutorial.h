/*
 * The tutorial's server: listens, takes one client after the other, says so,
 * and closes. Knows nothing of the lab; it is plain C on sockets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A listening socket at that port of every address; ends the process, having
 * said why, when it cannot be had. */
int server_listen(uint16_t port);

/* Waits for the next client, and says "Client connected!": its descriptor. */
int server_accept(int server);

/* Serves clients in turn, for ever: closes each at once, or, where it speaks
 * HTTP, answers it by hand. */
_Noreturn void server_run(uint16_t port, bool speaks_http);

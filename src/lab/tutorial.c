/*
 * The tutorial's server, whole, as one reads it there (tutorial.h). Each call
 * is looked at because each can fail; that is all there is to it.
 */
#include "lab/tutorial.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

int server_listen(uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};

	int server = socket(AF_INET, SOCK_STREAM, 0);
	if (server < 0)
		die("socket");
	if (bind(server, (const struct sockaddr *)&address, sizeof address) < 0)
		die("bind");
	if (listen(server, BACKLOG) < 0)
		die("listen");
	return server;
}

int server_accept(int server)
{
	int client = accept(server, NULL, NULL);

	if (client < 0)
		die("accept");
	printf("Client connected!\n");
	fflush(stdout);
	return client;
}

/* Reads until the empty line that ends a request (RFC 9112 2.1). */
static void request_read(int client)
{
	char request[4096];
	size_t len = 0;

	while (len < sizeof request - 1) {
		ssize_t n = read(
			client, request + len, sizeof request - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") != NULL)
			return;
	}
}

static void answer_write(int client)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
				     "Content-Type: text/plain\r\n"
				     "Content-Length: 14\r\n"
				     "Connection: close\r\n"
				     "\r\n"
				     "Hello, world!\n";

	if (write(client, answer, sizeof answer - 1) < 0)
		perror("write");
}

_Noreturn void server_run(uint16_t port, bool speaks_http)
{
	int server = server_listen(port);

	for (;;) {
		int client = server_accept(server);
		if (speaks_http) {
			request_read(client);
			answer_write(client);
		}
		close(client);
	}
}

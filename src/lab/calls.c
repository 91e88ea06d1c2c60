/*
 * System calls, made and shown as strace(1) shows them (lab.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/lab.h"

static int64_t result_of(int64_t value)
{
	return value < 0 ? -errno : value;
}

static void told(
	struct lab *l, const char *name, int64_t result, const char *args)
{
	char words[128];
	struct told_call call = { .who = l->who,
		.name = name,
		.args = args,
		.result = words,
		.value = result < 0 ? -1 : result };

	snprintf(words, sizeof words, "%" PRId64, result);
	if (result < 0) {
		call.error = strerrorname_np((int)-result);
		snprintf(words, sizeof words, "-1 %s (%s)",
			call.error == NULL ? "?" : call.error,
			strerror((int)-result));
	}
	tell_call(&l->teller, &call);
	lab_flush(l);
}

void lab_called(struct lab *l, const char *name, int64_t result,
	const char *format, ...)
{
	char words[512];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	told(l, name, result, words);
}

void lab_died(struct lab *l, const char *name, const char *args)
{
	tell_call(&l->teller, &(struct told_call){ .who = l->who,
				      .name = name,
				      .args = args,
				      .result = "?" });
	lab_flush(l);
}

static int socket_make(struct lab *l, int flags, const char *type)
{
	int fd = (int)result_of(socket(AF_INET, SOCK_STREAM | flags, 0));

	lab_called(l, "socket", fd, "AF_INET, %s, IPPROTO_IP", type);
	if (fd < 0)
		lab_fail(l, "socket", -fd);
	return fd;
}

int lab_socket(struct lab *l)
{
	return socket_make(l, 0, "SOCK_STREAM");
}

int lab_socket_nonblocking(struct lab *l)
{
	return socket_make(l, SOCK_NONBLOCK, "SOCK_STREAM|SOCK_NONBLOCK");
}

static struct sockaddr_in end_of(const char *address, uint16_t port)
{
	struct sockaddr_in end = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	inet_pton(AF_INET, address, &end.sin_addr);
	return end;
}

/* "{sa_family=AF_INET, sin_port=htons(8080), ...}" */
static const char *end_words(const struct sockaddr_in *end)
{
	static char words[128];
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &end->sin_addr, address, sizeof address);
	snprintf(words, sizeof words,
		"{sa_family=AF_INET, sin_port=htons(%u), "
		"sin_addr=inet_addr(\"%s\")}",
		ntohs(end->sin_port), address);
	return words;
}

int lab_bind(struct lab *l, int fd, const char *address, uint16_t port)
{
	struct sockaddr_in end = end_of(address, port);
	int status = (int)result_of(
		bind(fd, (struct sockaddr *)&end, sizeof end));

	lab_called(l, "bind", status, "%d, %s, 16", fd, end_words(&end));
	return status;
}

int lab_listen(struct lab *l, int fd, int backlog)
{
	int status = (int)result_of(listen(fd, backlog));

	lab_called(l, "listen", status, "%d, %d", fd, backlog);
	return status;
}

int lab_connect(struct lab *l, int fd, const char *address, uint16_t port)
{
	struct sockaddr_in end = end_of(address, port);
	int status = (int)result_of(
		connect(fd, (struct sockaddr *)&end, sizeof end));

	lab_called(l, "connect", status, "%d, %s, 16", fd, end_words(&end));
	return status;
}

int lab_accept(struct lab *l, int fd, uint16_t *peer_port)
{
	struct sockaddr_in end = { 0 };
	socklen_t len = sizeof end;
	int got = (int)result_of(accept(fd, (struct sockaddr *)&end, &len));

	if (got < 0)
		lab_called(l, "accept", got, "%d, 0x7ffc, [16]", fd);
	else
		lab_called(
			l, "accept", got, "%d, %s, [16]", fd, end_words(&end));
	if (peer_port != NULL)
		*peer_port = ntohs(end.sin_port);
	return got;
}

/* As C would write it, of what a line can hold. */
static const char *quoted(const char *bytes, size_t len)
{
	static char words[160];
	struct text t = text_in(words, sizeof words - 8);

	text_add_char(&t, '"');
	for (size_t i = 0; i < len && t.len < 100; i++) {
		if (bytes[i] == '\r')
			text_add_literal(&t, "\\r");
		else if (bytes[i] == '\n')
			text_add_literal(&t, "\\n");
		else
			text_add_char(&t, bytes[i]);
	}
	text_add_literal(&t, "\"");
	words[t.len] = '\0';
	return words;
}

ssize_t lab_write(struct lab *l, int fd, const char *words)
{
	size_t len = strlen(words);
	ssize_t n = result_of(write(fd, words, len));

	lab_called(l, "write", n, "%d, %s, %zu", fd, quoted(words, len), len);
	return n;
}

ssize_t lab_send(struct lab *l, int fd, const char *words)
{
	size_t len = strlen(words);
	ssize_t n = result_of(send(fd, words, len, MSG_NOSIGNAL));

	lab_called(l, "send", n, "%d, %s, %zu, MSG_NOSIGNAL", fd,
		quoted(words, len), len);
	return n;
}

ssize_t lab_read(struct lab *l, int fd, char out[32])
{
	ssize_t n = result_of(read(fd, out, 31));

	out[n < 0 ? 0 : n] = '\0';
	lab_called(l, "read", n, "%d, %s, 31", fd,
		n < 0 ? "0x7ffc" : quoted(out, (size_t)n));
	return n;
}

int lab_shutdown_write(struct lab *l, int fd)
{
	int status = (int)result_of(shutdown(fd, SHUT_WR));

	lab_called(l, "shutdown", status, "%d, SHUT_WR", fd);
	return status;
}

int lab_close(struct lab *l, int fd)
{
	int status = (int)result_of(close(fd));

	lab_called(l, "close", status, "%d", fd);
	return status;
}

int lab_reuse_address(struct lab *l, int fd)
{
	const int on = 1;
	int status = (int)result_of(
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));

	lab_called(l, "setsockopt", status,
		"%d, SOL_SOCKET, SO_REUSEADDR, [1], 4", fd);
	return status;
}

int lab_linger_zero(struct lab *l, int fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int status = (int)result_of(setsockopt(
		fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));

	lab_called(l, "setsockopt", status,
		"%d, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}, 8", fd);
	return status;
}

int lab_sysctl(struct lab *l, const char *name, uint64_t value)
{
	int status = stage_set(name, value);
	char words[96];

	snprintf(words, sizeof words, "net/%s", name);
	for (char *c = words; *c != '\0'; c++)
		*c = *c == '/' ? '.' : *c;
	if (status < 0)
		lab_show(l, "sysctl", "%s: %s", words, strerror(-status));
	else
		lab_show(l, "sysctl", "%s = %" PRIu64, words, value);
	return status;
}

int lab_server(struct lab *l, uint16_t port, int backlog)
{
	lab_as(l, "server");
	int fd = lab_socket(l);
	int status = lab_bind(l, fd, LOCALHOST, port);
	if (status == 0)
		status = lab_listen(l, fd, backlog);
	if (status < 0)
		lab_fail(l, "a listener", -status);
	return fd;
}

int lab_client(struct lab *l, uint16_t port)
{
	lab_as(l, "client");
	int fd = lab_socket(l);
	int status = lab_connect(l, fd, LOCALHOST, port);
	if (status < 0)
		lab_fail(l, "a client", -status);
	return fd;
}

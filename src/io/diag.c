/*
 * Reads the kernel's tables of TCP sockets (proc(5)) and looks for who holds
 * one: the tables name a socket by its inode, and each process lists its
 * descriptors as links to "socket:[inode]". Must not know why somebody asks.
 */
#include "io/diag.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One listener per address of the machine, in the worst case; beyond this
 * many on one port the first ones will do to find their process. */
#define INODES_MAX 32

struct inodes {
	unsigned count;
	uint64_t at[INODES_MAX];
};

const char *diag_state_name(unsigned state)
{
	static const char *const names[] = { "?", "ESTAB", "SYN-SENT",
		"SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE",
		"CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV" };

	return names[state < array_count(names) ? state : 0];
}

/* Takes the next word of the line; empty at the end. */
static struct span word_take(struct span *line)
{
	struct span rest = span_trim(*line);
	size_t len = span_find(rest, ' ');
	*line = span_skip(rest, len);
	return span_first(rest, len);
}

/* At most 8 hexadecimal digits and nothing else. */
static bool hex_read(struct span s, uint32_t *out)
{
	uint32_t value = 0;
	if (s.len == 0 || s.len > 8)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = ascii_hex(s.at[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return true;
}

/* Two hexadecimal numbers with a colon between them. */
static bool hex_pair_read(struct span s, uint32_t *first, uint32_t *second)
{
	size_t colon = span_find(s, ':');
	return colon < s.len && hex_read(span_first(s, colon), first) &&
	       hex_read(span_skip(s, colon + 1), second);
}

/* "0100007F:1F90": words of 32 bits, each printed as the number that this
 * machine sees in memory where the address lies in network order. */
static bool end_read(struct span s, struct diag_end *out)
{
	size_t colon = span_find(s, ':');
	uint32_t port;
	if ((colon != 8 && colon != 32) || colon == s.len ||
		!hex_read(span_skip(s, colon + 1), &port) || port > UINT16_MAX)
		return false;
	for (size_t i = 0; i < colon / 8; i++) {
		uint32_t word;
		if (!hex_read(span_first(span_skip(s, i * 8), 8), &word))
			return false;
		memcpy(out->address + i * 4, &word, sizeof(word));
	}
	out->port = (uint16_t)port;
	return true;
}

/* sl local remote st tx:rx tr:when retransmits uid timeout inode ... */
bool diag_tcp_parse(struct span line, struct diag_tcp *out)
{
	struct diag_tcp tcp = { 0 };
	uint32_t timer, when;
	uint64_t uid;

	struct span slot = word_take(&line);
	struct span local = word_take(&line);
	struct span remote = word_take(&line);
	tcp.is_v6 = span_find(local, ':') == 32;
	if (!span_ends(slot, SPAN(":")) || !end_read(local, &tcp.local) ||
		!end_read(remote, &tcp.remote) ||
		span_find(remote, ':') != span_find(local, ':') ||
		!hex_read(word_take(&line), &tcp.state) ||
		!hex_pair_read(
			word_take(&line), &tcp.tx_queue, &tcp.rx_queue) ||
		!hex_pair_read(word_take(&line), &timer, &when))
		return false;
	word_take(&line);
	if (!span_read_u64(word_take(&line), &uid) || uid > UINT32_MAX)
		return false;
	word_take(&line);
	struct span inode = word_take(&line);
	inode = span_first(inode, span_find(inode, '\n'));
	if (!span_read_u64(inode, &tcp.inode))
		return false;
	tcp.uid = (uint32_t)uid;
	*out = tcp;
	return true;
}

bool diag_socket_parse(struct span link, uint64_t *out)
{
	const struct span start = SPAN("socket:[");
	if (!span_starts(link, start) || !span_ends(link, SPAN("]")))
		return false;
	struct span number = span_skip(link, start.len);
	return span_read_u64(span_first(number, number.len - 1), out);
}

/* Adds the listeners on `port` that a table names. */
static int listeners_read(const char *path, uint16_t port, struct inodes *out)
{
	char line[512];
	struct diag_tcp tcp;
	FILE *table = fopen(path, "re");
	if (table == NULL)
		return -errno;
	while (out->count < INODES_MAX &&
		fgets(line, sizeof(line), table) != NULL) {
		if (diag_tcp_parse(span_of(line), &tcp) &&
			tcp.state == DIAG_LISTEN && tcp.local.port == port)
			out->at[out->count++] = tcp.inode;
	}
	int error = ferror(table) ? -EIO : 0;
	fclose(table);
	return error;
}

static bool inodes_have(const struct inodes *in, uint64_t inode)
{
	for (unsigned i = 0; i < in->count; i++) {
		if (in->at[i] == inode)
			return true;
	}
	return false;
}

static DIR *directory_open(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	DIR *directory = fdopendir(fd);
	if (directory == NULL)
		close(fd);
	return directory;
}

/* Has this process one of the sockets open? Not if we may not look. */
static bool process_holds(int proc, const char *pid, const struct inodes *in)
{
	char path[32], link[64];
	const struct dirent *entry;
	bool holds = false;
	snprintf(path, sizeof(path), "%.16s/fd", pid);
	DIR *fds = directory_open(proc, path);
	if (fds == NULL)
		return false;
	while (!holds && (entry = readdir(fds)) != NULL) {
		uint64_t inode;
		ssize_t n = readlinkat(
			dirfd(fds), entry->d_name, link, sizeof(link));
		holds = n > 0 &&
			diag_socket_parse(
				(struct span){ link, (size_t)n }, &inode) &&
			inodes_have(in, inode);
	}
	closedir(fds);
	return holds;
}

static void comm_read(int proc, pid_t pid, char *out, size_t size)
{
	char path[32];
	snprintf(path, sizeof(path), "%d/comm", pid);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);
	if (fd >= 0)
		close(fd);
	size_t len = n > 0 ? (size_t)n : 0;
	if (len > 0 && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	}
}

static pid_t holder_find(DIR *proc, const struct inodes *in)
{
	pid_t lowest = 0;
	const struct dirent *entry;
	while ((entry = readdir(proc)) != NULL) {
		uint64_t pid;
		if (!span_read_u64(span_of(entry->d_name), &pid) ||
			pid > INT_MAX || (lowest != 0 && (pid_t)pid > lowest))
			continue;
		if (process_holds(dirfd(proc), entry->d_name, in))
			lowest = (pid_t)pid;
	}
	return lowest;
}

/* A kernel without IPv6 has no tcp6. */
static int listeners_find(uint16_t port, struct inodes *out)
{
	int error = listeners_read("/proc/net/tcp", port, out);
	if (error != 0)
		return error;
	error = listeners_read("/proc/net/tcp6", port, out);
	if (error != 0 && error != -ENOENT)
		return error;
	return out->count > 0 ? 0 : -ENOENT;
}

int diag_port_holder(uint16_t port, struct diag_holder *out)
{
	struct inodes listeners = { 0 };
	int error = listeners_find(port, &listeners);
	if (error != 0)
		return error;
	DIR *proc = directory_open(AT_FDCWD, "/proc");
	if (proc == NULL)
		return -errno;
	struct diag_holder holder = { .pid = holder_find(proc, &listeners) };
	if (holder.pid != 0)
		comm_read(dirfd(proc), holder.pid, holder.comm,
			sizeof(holder.comm));
	closedir(proc);
	if (holder.pid == 0)
		return -ENOENT;
	*out = holder;
	return 0;
}

/* The one who called listen(2): the kernel kept that for whoever connects. */
static int peer_find(int fd, const struct sockaddr *to, socklen_t len)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (connect(fd, to, len) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	/* 0 in another PID namespace (pid_namespaces(7)). */
	return peer.pid > 0 ? peer.pid : -ENOENT;
}

int diag_unix_holder(
	const struct sockaddr *address, socklen_t len, struct diag_holder *out)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int pid = peer_find(fd, address, len);
	close(fd);
	if (pid < 0)
		return pid;
	DIR *proc = directory_open(AT_FDCWD, "/proc");
	if (proc == NULL)
		return -errno;
	struct diag_holder holder = { .pid = pid };
	comm_read(dirfd(proc), pid, holder.comm, sizeof(holder.comm));
	closedir(proc);
	if (holder.comm[0] == '\0')
		return -ENOENT; /* dead, and what it had is about to go */
	*out = holder;
	return 0;
}

/*
 * What the kernel shows of sockets, next to what the tools of the trade would
 * print (lab.h): /proc/net/tcp, ss(8), lsof(8), segments, counters.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/counters.h"
#include "lab/lab.h"

/* What is waited for takes microseconds; this is for a machine that is busy. */
#define PATIENCE_MS 3000

void lab_pause_ms(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}

/* "127.0.0.1:8080", or "0.0.0.0:*" as ss(8) shows nobody. */
static const char *end_words(const struct diag_end *end, char out[32])
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, end->address, address, sizeof address);
	if (end->port == 0)
		snprintf(out, 32, "%s:*", address);
	else
		snprintf(out, 32, "%s:%u", address, end->port);
	return out;
}

const char *lab_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return "no socket of TCP";
	return diag_state_name(info.tcpi_state);
}

uint16_t lab_port(int fd)
{
	struct sockaddr_in end = { 0 };
	socklen_t len = sizeof end;

	getsockname(fd, (struct sockaddr *)&end, &len);
	return ntohs(end.sin_port);
}

void lab_look_descriptor(struct lab *l, int fd)
{
	char path[64], link[128], protocol[32], name[16], ends[2][32];
	struct stat is = { 0 };
	struct sock_row row;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, link, sizeof link - 1);
	link[n < 0 ? 0 : n] = '\0';
	lab_show(l, "ls -l", "%s -> %s", path, link);
	n = getxattr(
		path, "system.sockprotoname", protocol, sizeof protocol - 1);
	protocol[n < 0 ? 0 : n] = '\0';
	fstat(fd, &is);
	task_name(getpid(), name, sizeof name);
	if (lab_port(fd) != 0 && lab_row(lab_port(fd), 0, &row))
		lab_show(l, "lsof", "%s %d %du IPv4 %ju 0t0 %s %s (%s)", name,
			getpid(), fd, (uintmax_t)is.st_ino, protocol,
			end_words(&row.local, ends[0]), "LISTEN");
	else
		lab_show(l, "lsof", "%s %d %du sock 0,8 0t0 %ju protocol: %s",
			name, getpid(), fd, (uintmax_t)is.st_ino, protocol);
}

/* Runs of spaces become one, and what follows the inode is left out. */
static void row_squeeze(const char *line, char *out, size_t size)
{
	struct text t = text_in(out, size - 1);
	unsigned words = 0;

	for (const char *c = line; *c != '\0' && *c != '\n' && words < 10;
		c++) {
		bool ends_word = *c == ' ' && t.len > 0;
		if (ends_word && t.at[t.len - 1] == ' ')
			continue;
		if (*c == ' ' && t.len == 0)
			continue;
		if (ends_word && ++words == 10)
			break;
		text_add_char(&t, *c);
	}
	out[t.len] = '\0';
}

static void proc_row_show(struct lab *l, const char *line, uint16_t port)
{
	char words[256], ends[2][32];
	struct diag_tcp tcp;

	if (!diag_tcp_parse(span_of(line), &tcp) ||
		(tcp.local.port != port && tcp.remote.port != port))
		return;
	row_squeeze(line, words, sizeof words);
	lab_show(l, "proc", "%s", words);
	lab_show(l, "", "= %s to %s, %02X %s, queues tx %u rx %u, inode %ju",
		end_words(&tcp.local, ends[0]), end_words(&tcp.remote, ends[1]),
		tcp.state, diag_state_name(tcp.state), tcp.tx_queue,
		tcp.rx_queue, (uintmax_t)tcp.inode);
}

void lab_look_tables(struct lab *l, uint16_t port)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	char line[512];

	while (table != NULL && fgets(line, sizeof line, table) != NULL)
		proc_row_show(l, line, port);
	if (table != NULL)
		fclose(table);
	lab_look_ss(l, port);
}

/* Rows of a port: those that are shown, counted or looked for. */
struct look {
	struct lab *lab; /* shows them; NULL: does not */
	uint16_t port, remote;
	unsigned state, count;
	struct sock_row *found; /* copies the one of port and remote */
};

static void look_row(void *to, const struct sock_row *row)
{
	struct look *k = to;
	char ends[2][32];

	if (k->found != NULL) {
		if (row->local.port != k->port || row->remote.port != k->remote)
			return;
		*k->found = *row;
	} else if ((row->local.port != k->port &&
			   row->remote.port != k->port) ||
		   (k->state != 0 && row->state != k->state)) {
		return;
	}
	k->count++;
	if (k->lab != NULL)
		lab_show(k->lab, "ss", "%-10s %u %u %s %s",
			diag_state_name(row->state), row->rx_queue,
			row->tx_queue, end_words(&row->local, ends[0]),
			end_words(&row->remote, ends[1]));
}

static void look_all(struct look *k)
{
	const struct sock_query query = { .states = SOCK_STATES_ALL };

	if (sock_diag_read(&query, look_row, k) < 0)
		k->count = 0;
}

void lab_look_ss(struct lab *l, uint16_t port)
{
	struct look k = { .lab = l, .port = port };

	look_all(&k);
	if (k.count == 0)
		lab_show(l, "ss", "(no row with port %u)", port);
}

unsigned lab_rows(uint16_t port, unsigned state)
{
	struct look k = { .port = port, .state = state };

	look_all(&k);
	return k.count;
}

bool lab_row(uint16_t local, uint16_t remote, struct sock_row *out)
{
	struct look k = { .port = local, .remote = remote, .found = out };

	look_all(&k);
	return k.count > 0;
}

bool lab_until_rows(uint16_t port, unsigned state, unsigned count)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
		if (lab_rows(port, state) == count)
			return true;
		lab_pause_ms(1);
	}
	return false;
}

bool lab_until_state(int fd, const char *state)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
		if (strcmp(lab_state(fd), state) == 0)
			return true;
		lab_pause_ms(1);
	}
	return false;
}

/* One client at a time: numbers are counted from its own beginning. */
static struct rung *rung_of(struct rung *rungs, uint16_t *ports,
	const struct packet *p, uint16_t server_port)
{
	uint16_t client = p->source_port == server_port ? p->destination_port
							: p->source_port;
	unsigned i = 0;

	while (i < 63 && ports[i] != 0 && ports[i] != client)
		i++;
	if (ports[i] != client)
		rungs[i] = (struct rung){ .server_port = server_port };
	ports[i] = client;
	return &rungs[i];
}

unsigned lab_ladder(struct lab *l, uint16_t port)
{
	/* They live as long as the chapter: a ladder goes on. */
	static struct rung rungs[64];
	static uint16_t ports[64];
	struct packet p;

	l->segment_count = 0;
	while (capture_next(l->capture, &p)) {
		if (l->first_us == 0)
			l->first_us = p.at_us;
		p.at_us -= l->first_us;
		if ((p.source_port != port && p.destination_port != port) ||
			l->segment_count == array_count(l->segments))
			continue;
		struct rung *rung = rung_of(rungs, ports, &p, port);
		packet_rung_learn(rung, &p);
		tell_segment(&l->teller, &p, rung);
		l->segments[l->segment_count++] = p;
		lab_flush(l);
	}
	return l->segment_count;
}

const char *lab_flags(const struct lab *l, unsigned i)
{
	static char words[4][32];
	static unsigned turn;
	char *out = words[turn++ % 4];
	struct text t = text_in(out, 31);

	if (i < l->segment_count)
		packet_flags_write(l->segments[i].flags, &t);
	out[t.len] = '\0';
	return out;
}

int64_t lab_counted(struct lab *l, const char *counter, uint64_t before)
{
	uint64_t now = stage_counter(counter);

	lab_show(l, "nstat", "%s %" PRIu64 " (+%" PRIu64 ")", counter, now,
		now - before);
	return (int64_t)(now - before);
}

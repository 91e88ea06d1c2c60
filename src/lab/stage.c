/*
 * Namespaces, sysctls, counters, captured and forged segments (stage.h).
 */
#include "lab/stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int file_write(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, words, strlen(words));
	int status = n < 0 ? -errno : 0;
	close(fd);
	return status;
}

/* A whole small file, ended by NUL; its length or -errno. */
static ssize_t file_read(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	out[len] = '\0';
	return (ssize_t)len;
}

/* Who we were outside is root inside: user_namespaces(7). */
static int identity_map(uid_t uid, gid_t gid)
{
	char line[64];

	snprintf(line, sizeof line, "0 %u 1", uid);
	int status = file_write("/proc/self/uid_map", line);
	if (status == 0)
		status = file_write("/proc/self/setgroups", "deny");
	if (status == 0) {
		snprintf(line, sizeof line, "0 %u 1", gid);
		status = file_write("/proc/self/gid_map", line);
	}
	return status;
}

static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	int status = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
	close(fd);
	return status;
}

int stage_enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		status = identity_map(uid, gid);
	else if (unshare(CLONE_NEWNET) == 0) /* root needs no other user */
		status = 0;
	else
		status = -errno;
	return status < 0 ? status : loopback_up();
}

int stage_set(const char *name, uint64_t value)
{
	char path[128], words[24];

	snprintf(path, sizeof path, "/proc/sys/net/%s", name);
	snprintf(words, sizeof words, "%llu", (unsigned long long)value);
	return file_write(path, words);
}

bool stage_get(const char *name, uint64_t *out)
{
	char path[128], words[32];

	snprintf(path, sizeof path, "/proc/sys/net/%s", name);
	if (file_read(path, words, sizeof words) <= 0)
		return false;
	*out = strtoull(words, NULL, 10);
	return true;
}

/* Word `n` of the line at `s`, counted from 0. */
static struct span word_at(struct span s, unsigned n)
{
	s = span_first(s, span_find(s, '\n'));
	for (; n > 0; n--)
		s = span_skip(s, min_u64(s.len, span_find(s, ' ') + 1));
	return span_first(s, span_find(s, ' '));
}

/* Lines come in pairs: the names, and below each its number. */
static bool counter_find(struct span text, struct span name, uint64_t *out)
{
	while (text.len > 0) {
		size_t end = span_find(text, '\n');
		struct span below = span_skip(text, min_u64(text.len, end + 1));
		struct span word = word_at(text, 0);
		for (unsigned i = 1; word.len > 0; i++) {
			word = word_at(text, i);
			if (!span_equal(word, name))
				continue;
			*out = strtoull(word_at(below, i).at, NULL, 10);
			return true;
		}
		end = span_find(below, '\n');
		text = span_skip(below, min_u64(below.len, end + 1));
	}
	return false;
}

uint64_t stage_counter(const char *name)
{
	static const char *const files[] = { "/proc/net/netstat",
		"/proc/net/snmp" };
	static char text[32768];
	uint64_t value = 0;

	for (size_t i = 0; i < array_count(files); i++) {
		ssize_t len = file_read(files[i], text, sizeof text);
		if (len > 0 && counter_find((struct span){ text, (size_t)len },
				       span_of(name), &value))
			break;
	}
	return value;
}

int capture_open(void)
{
	/* Of what goes over the loopback both ends are here; ETH_P_IP takes
	 * what comes in, and so each packet once. */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		htons(ETH_P_IP));
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex("lo"),
	};
	const int room = 4 << 20, on = 1;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) <
			0) {
		int status = -errno;
		close(fd);
		return status;
	}
	/* More room than anybody gets by default; less would do, too. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	return fd;
}

static uint64_t time_of(struct msghdr *message)
{
	struct timespec at = { 0 };
	struct cmsghdr *c = CMSG_FIRSTHDR(message);

	for (; c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
			c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&at, CMSG_DATA(c), sizeof at);
	}
	return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

bool capture_next(int capture, struct packet *out)
{
	/* The largest packet of IPv4: its own length is checked against what
	 * was received. */
	static char bytes[65536];
	_Alignas(struct cmsghdr) char control[128];

	for (;;) {
		struct iovec part = { bytes, sizeof bytes };
		struct msghdr message = { .msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control };
		ssize_t n = recvmsg(capture, &message, 0);
		if (n < 0)
			return false;
		if (!packet_parse((struct span){ bytes, (size_t)n }, out))
			continue;
		out->at_us = time_of(&message);
		return true;
	}
}

int raw_open(void)
{
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = (char *)"lo" };
	struct sockaddr_in *to = (struct sockaddr_in *)&route.rt_dst;
	struct sockaddr_in *mask = (struct sockaddr_in *)&route.rt_genmask;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	to->sin_family = mask->sin_family = AF_INET;
	to->sin_addr.s_addr = htonl(0x0a090000);
	mask->sin_addr.s_addr = htonl(0xffff0000);
	if (ioctl(fd, SIOCADDRT, &route) < 0 && errno != EEXIST) {
		int status = -errno;
		close(fd);
		return status;
	}
	return fd;
}

static uint32_t sum_add(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	return sum;
}

static void number_put(uint8_t *at, uint32_t value, unsigned bytes)
{
	for (unsigned i = bytes; i > 0; i--, value >>= 8)
		at[i - 1] = (uint8_t)value;
}

int raw_send(int raw, const struct packet *p)
{
	uint8_t bytes[40] = { 0x45 }, *tcp = bytes + 20;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(p->destination) };

	/* The kernel fills in the length and the checksum of IP (raw(7)). */
	number_put(bytes + 8, 64, 1); /* time to live */
	number_put(bytes + 9, IPPROTO_TCP, 1);
	number_put(bytes + 12, p->source, 4);
	number_put(bytes + 16, p->destination, 4);
	number_put(tcp, p->source_port, 2);
	number_put(tcp + 2, p->destination_port, 2);
	number_put(tcp + 4, p->sequence, 4);
	number_put(tcp + 8, p->acknowledged, 4);
	number_put(tcp + 12, 5 << 4, 1); /* words of the header */
	number_put(tcp + 13, p->flags, 1);
	number_put(tcp + 14, 65535, 2); /* the window */
	/* The sum of RFC 9293 3.1: addresses, protocol, length, header. */
	uint32_t sum = sum_add(IPPROTO_TCP + 20, bytes + 12, 8);
	sum = sum_add(sum, tcp, 20);
	sum = (sum >> 16) + (sum & 0xffff);
	number_put(tcp + 16, ~(sum + (sum >> 16)), 2);
	ssize_t n = sendto(
		raw, bytes, sizeof bytes, 0, (struct sockaddr *)&to, sizeof to);
	return n < 0 ? -errno : 0;
}

/*
 * Decoding of captured segments and the rungs of a ladder (packet.h).
 */
#include "lab/packet.h"

#define IPV4_HEADER_MIN 20
#define TCP_HEADER_MIN  20
#define PROTOCOL_TCP    6

static uint32_t number_at(struct span s, size_t at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (uint8_t)s.at[at + i];
	return value;
}

bool packet_parse(struct span bytes, struct packet *out)
{
	if (bytes.len < IPV4_HEADER_MIN || number_at(bytes, 0, 1) >> 4 != 4)
		return false;
	size_t ip_header = (number_at(bytes, 0, 1) & 15) * 4;
	size_t total = number_at(bytes, 2, 2);
	if (ip_header < IPV4_HEADER_MIN || total > bytes.len ||
		total < ip_header + TCP_HEADER_MIN ||
		number_at(bytes, 9, 1) != PROTOCOL_TCP)
		return false;
	struct span tcp = span_skip(span_first(bytes, total), ip_header);
	size_t tcp_header = (number_at(tcp, 12, 1) >> 4) * 4;
	if (tcp_header < TCP_HEADER_MIN || tcp_header > tcp.len)
		return false;
	*out = (struct packet){
		.source = number_at(bytes, 12, 4),
		.destination = number_at(bytes, 16, 4),
		.source_port = (uint16_t)number_at(tcp, 0, 2),
		.destination_port = (uint16_t)number_at(tcp, 2, 2),
		.sequence = number_at(tcp, 4, 4),
		.acknowledged = number_at(tcp, 8, 4),
		.flags = number_at(tcp, 13, 1) & 31,
		.length = (uint32_t)(tcp.len - tcp_header),
	};
	return true;
}

void packet_flags_write(unsigned flags, struct text *out)
{
	static const struct {
		unsigned flag;
		struct span name;
	} names[] = {
		{ PACKET_SYN, { "SYN", 3 } },
		{ PACKET_FIN, { "FIN", 3 } },
		{ PACKET_RST, { "RST", 3 } },
		{ PACKET_PSH, { "PSH", 3 } },
		{ PACKET_ACK, { "ACK", 3 } },
	};
	bool is_first = true;

	for (size_t i = 0; i < array_count(names); i++) {
		if ((flags & names[i].flag) == 0)
			continue;
		if (!is_first)
			text_add_char(out, ',');
		text_add(out, names[i].name);
		is_first = false;
	}
	if (is_first)
		text_add_char(out, '-');
}

/* Who sent it: 0 the client, 1 the server. */
static unsigned side_of(const struct rung *rung, const struct packet *p)
{
	return p->source_port == rung->server_port;
}

void packet_rung_learn(struct rung *rung, const struct packet *p)
{
	unsigned side = side_of(rung, p);

	if (!rung->has_base[side] || (p->flags & PACKET_SYN) != 0) {
		rung->base[side] = p->sequence;
		rung->has_base[side] = true;
	}
	if (!rung->has_base[!side] && (p->flags & PACKET_ACK) != 0) {
		rung->base[!side] = p->acknowledged;
		rung->has_base[!side] = true;
	}
}

/* What stands on the arrow: "SYN seq 0", "PSH,ACK seq 1 ack 1 len 5". */
static void label_write(
	const struct packet *p, const struct rung *rung, struct text *out)
{
	unsigned side = side_of(rung, p);

	packet_flags_write(p->flags, out);
	text_add_literal(out, " seq ");
	text_add_u64(out, (uint32_t)(p->sequence - rung->base[side]));
	if ((p->flags & PACKET_ACK) != 0) {
		text_add_literal(out, " ack ");
		text_add_u64(
			out, (uint32_t)(p->acknowledged - rung->base[!side]));
	}
	if (p->length > 0) {
		text_add_literal(out, " len ");
		text_add_u64(out, p->length);
	}
}

static void dashes_add(struct text *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_add_char(out, '-');
}

/* "1234.567 ms", in a column of its own. */
static void time_write(uint64_t us, struct text *out)
{
	char storage[24];
	struct text t = text_in(storage, sizeof storage);

	text_add_u64(&t, us / 1000);
	text_add_char(&t, '.');
	text_add_padded(&t, us % 1000, 3);
	for (size_t i = t.len; i < 8; i++)
		text_add_char(out, ' ');
	text_add(out, text_span(&t));
	text_add_literal(out, " ms  ");
}

void packet_rung_write(const struct packet *p, const struct rung *rung,
	unsigned width, struct text *out)
{
	char storage[64];
	struct text label = text_in(storage, sizeof storage);
	bool is_right = side_of(rung, p) == 0;
	uint16_t client = is_right ? p->source_port : p->destination_port;
	size_t start = out->len;

	label_write(p, rung, &label);
	time_write(p->at_us, out);
	text_add_char(out, ':');
	text_add_padded(out, client, 5);
	text_add(out, is_right ? SPAN(" --") : SPAN(" <-"));
	text_add_char(out, ' ');
	text_add(out, text_span(&label));
	text_add_char(out, ' ');
	/* The arrow takes what the server's port leaves. */
	size_t used = out->len - start + sizeof("> :65535");
	dashes_add(out, used < width ? width - used : 1);
	text_add(out, is_right ? SPAN("-> :") : SPAN("-- :"));
	text_add_u64(out, rung->server_port);
}

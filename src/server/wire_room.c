/*
 * Limits and pools of the wires (wire_room.h).
 */
#include "server/wire_room.h"

#include "wire/h2_stream.h"

/* Requests that are half read at the same time, beyond which clients get 503:
 * 48 KiB each. */
#define BUFFERS_MAX 4096

/* Streams of HTTP/2 at the same time, 150 bytes each: their exchanges are what
 * there are fewer of. */
#define STREAMS_MAX 65536

void wire_room_init(
	struct wire_host *host, const struct options *o, unsigned conns)
{
	host->limits = (struct head_limits){
		.line_max = (size_t)o->line_max,
		.head_max = (size_t)o->head_max,
		.field_max = (unsigned)o->fields_max,
		.body_max = o->body_max,
	};
	host->timeouts = (struct wire_timeouts){
		.head_ms = o->head_ms,
		.body_ms = o->body_ms,
		.idle_ms = o->idle_ms,
		.window_ms = o->send_ms,
	};
	/* One for each, and as many again for those that pipeline. */
	pool_init(&host->exchanges, sizeof(struct exchange), 2 * conns);
	pool_init(&host->buffers, WIRE_BUFFER_SIZE(&host->limits),
		(unsigned)min_u64(conns, BUFFERS_MAX));
	pool_init(&host->sessions, sizeof(struct h2_session), conns);
	pool_init(&host->streams, sizeof(struct h2_stream), STREAMS_MAX);
}

void wire_room_done(struct wire_host *host)
{
	pool_done(&host->exchanges);
	pool_done(&host->buffers);
	pool_done(&host->sessions);
	pool_done(&host->streams);
}

/*
 * Messages between master and workers (message.h).
 */
#include "server/message.h"

#include <errno.h>

#include "io/process.h"

int message_send(int channel, const struct message *m, int fd)
{
	size_t size = offsetof(struct message, data) + m->data_len;

	return process_send(channel, m, size, fd);
}

int message_receive(int channel, struct message *m, int *fd)
{
	const size_t least = offsetof(struct message, data);
	ssize_t got = process_receive(channel, m, sizeof *m, fd);

	if (got <= 0)
		return (int)got;
	/* A descriptor that we have no room for does not come (recvmsg(2),
	 * MSG_CTRUNC): that connection is lost, and nothing else. */
	bool is_whole = (size_t)got >= least &&
			(size_t)got == least + m->data_len;
	if (is_whole && m->kind == MESSAGE_CONN && *fd < 0)
		m->kind = MESSAGE_NONE;
	if (is_whole)
		return 1;
	process_close(*fd);
	*fd = -1;
	return -EBADMSG;
}

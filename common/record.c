/*
 * Records between the processes of one connection.
 *
 * What can go wrong is that a writer lies: a length beyond the record's end,
 * a field longer than its reader's room, a record longer than any should be,
 * or octets after the last field.  All of these end up in one bit, `bad`, or
 * in an error of record_recv(), and the reader ends the connection.
 *
 * SOCK_SEQPACKET keeps the borders between records and tells the end of the
 * other process; with MSG_TRUNC recv() tells the whole length of a record
 * that was longer than the room.
 */
#include "common/record.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int
record_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}

void
record_begin(struct buf *b, uint32_t type)
{
	buf_init(b, RECORD_MAX);
	record_put_u32(b, type);
}

void
record_put_u32(struct buf *b, uint32_t n)
{
	buf_add(b, &n, sizeof(n));
}

void
record_put_u64(struct buf *b, uint64_t n)
{
	buf_add(b, &n, sizeof(n));
}

void
record_put_str(struct buf *b, struct str s)
{
	if (s.n > RECORD_MAX)
		b->bad = true;
	record_put_u32(b, (uint32_t)s.n);
	buf_adds(b, s);
}

int
record_send(int fd, const struct buf *b)
{
	ssize_t n;

	if (b->bad) {
		errno = EMSGSIZE;
		return -1;
	}
	do
		n = send(fd, b->p, b->n, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

int
record_recv(int fd, void *room, size_t room_n, struct record *r)
{
	ssize_t n = recv(fd, room, room_n, MSG_TRUNC);

	*r = (struct record){0};
	if (n <= 0)
		return n == -1 && errno != ECONNRESET ? -1 : 0;
	if ((size_t)n > room_n) {
		errno = EMSGSIZE;
		return -1;
	}
	r->rest = (struct str){room, (size_t)n};
	r->type = record_get_u32(r);
	if (r->bad) {
		errno = EBADMSG;
		return -1;
	}
	return 1;
}

/* The next n octets; zeros from static memory when they are not there. */
static const char *
take(struct record *r, size_t n)
{
	static const char zeros[sizeof(uint64_t)];
	const char *p = r->rest.p;

	if (r->bad || r->rest.n < n) {
		r->bad = true;
		return zeros;
	}
	r->rest = str_skip(r->rest, n);
	return p;
}

uint32_t
record_get_u32(struct record *r)
{
	uint32_t n;

	memcpy(&n, take(r, sizeof(n)), sizeof(n));
	return n;
}

uint64_t
record_get_u64(struct record *r)
{
	uint64_t n;

	memcpy(&n, take(r, sizeof(n)), sizeof(n));
	return n;
}

struct str
record_get_str(struct record *r, size_t max)
{
	uint32_t n = record_get_u32(r);
	struct str s;

	if (n > max || n > r->rest.n)
		r->bad = true;
	if (r->bad)
		return STR("");
	s.n = n;
	s.p = take(r, n);
	return s;
}

bool
record_done(const struct record *r)
{
	return !r->bad && r->rest.n == 0;
}

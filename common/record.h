/*
 * Records between the processes of one connection: a type and a few typed
 * fields, each record one datagram of a SOCK_SEQPACKET pair, so a record is
 * whole or refused.  Same machine, same program: host byte order.
 *
 * A reader never trusts the writer: every length is checked against the
 * record and against the field's own maximum.
 */
#ifndef COMMON_RECORD_H
#define COMMON_RECORD_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The default send buffer of a socket (208 KiB) must hold one. */
enum {
	RECORD_MAX = 160 * 1024
};

/* A pair of connected ends, closed on exec.  0, or -1 with errno. */
int record_pair(int fds[2]);

/* Write: begin, fields in order, send.  -1 with errno: EPIPE the other end
 * is gone, EMSGSIZE larger than RECORD_MAX. */
void record_begin(struct buf *b, uint32_t type);
void record_put_u32(struct buf *b, uint32_t n);
void record_put_u64(struct buf *b, uint64_t n);
void record_put_str(struct buf *b, struct str s);
int record_send(int fd, const struct buf *b);

/* Read. */
struct record {
	uint32_t type;
	struct str rest; /* fields not yet read; borrows the caller's room */
	bool bad;        /* a field was missing or too long */
};

/*
 * Wait for the next record: 1; 0 when the other end is gone; -1 with errno:
 * EINTR a signal came, EMSGSIZE longer than the room, EBADMSG too short.
 */
int record_recv(int fd, void *room, size_t room_n, struct record *r);
uint32_t record_get_u32(struct record *r);
uint64_t record_get_u64(struct record *r);
struct str record_get_str(struct record *r, size_t max);

/* All fields were there and nothing is left over. */
bool record_done(const struct record *r);

#endif

/*
 * The client's connection: buffered lines and octets in, buffered answers
 * out, a deadline for every read and every write.
 *
 * Answers are collected and leave in large pieces: when 64 KiB are waiting,
 * when io_flush() is called, and always before a read has to wait for the
 * client.  So pipelined commands are answered in one write, and no handler
 * flushes by itself unless the client must see something while we work.
 *
 * While a write waits for the client to read, input is still taken in up to
 * in_max, so a client that sends 2,000 commands before it reads its first
 * answer and a server that answers at once cannot lock each other.
 *
 * The two directions fail each for itself, and the first failure of each is
 * remembered: later reads fail at once, later writes are ignored, so a handler
 * may finish without checking.  After a read ended (IO_EOF, IO_TIMEOUT,
 * IO_STOP) answers can still be written; after a write found the peer gone
 * (IO_ERROR), what had been received is still read, for a client may send its
 * QUIT and leave.
 */
#ifndef COMMON_IO_H
#define COMMON_IO_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum io_result {
	IO_OK,
	IO_EOF,     /* the client closed its side */
	IO_TIMEOUT, /* a deadline passed: reading or writing */
	IO_TOOLONG, /* the line was longer than max: swallowed up to its end */
	IO_ERROR,   /* reset, or any other failure */
	IO_STOP     /* SIGTERM asked us to end (see io_stop_on) */
};

struct io;

/*
 * in and out are the same socket, or a pair of pipes, files or terminals.
 * in_max: how many unread octets are held while a write waits.
 * Pipes and terminals are opened again through /proc where that is allowed, so
 * call it before confinement; without, it works as well but slower.  SIGPIPE
 * has to be ignored.  Never returns NULL.
 */
struct io *io_new(int in, int out, size_t in_max);
void io_free(struct io *io); /* does not close the descriptors */

/* read_ms: how long the client may be silent; write_ms: how long it may
 * leave an answer unread.  Both count from the last octet moved. */
void io_set_timeouts(struct io *io, int read_ms, int write_ms);

/* An absolute end for reads besides, CLOCK_MONOTONIC milliseconds; 0: none.
 * (The login time-out, which a slow drip of octets must not stretch.) */
void io_set_deadline(struct io *io, int64_t at_ms);
int64_t io_now_ms(void);

/* When *flag becomes non-zero (a signal handler sets it), waits end with
 * IO_STOP.  SIGTERM has to be blocked outside of ppoll: io does that. */
void io_stop_on(struct io *io, const volatile int *flag);

/*
 * The next line without its CRLF or LF.  *line is valid until the next call
 * on io.  IO_TOOLONG: longer than max octets, thrown away up to its LF; the
 * connection stays in step.
 */
enum io_result io_line(struct io *io, size_t max, struct str *line);

/* Exactly n octets into p. */
enum io_result io_read(struct io *io, void *p, size_t n);

/* At least one and at most n octets into p; *got says how many. */
enum io_result io_some(struct io *io, void *p, size_t n, size_t *got);

/* One octet. */
enum io_result io_getc(struct io *io, unsigned char *c);

/* Throw n octets away as they come. */
enum io_result io_skip(struct io *io, uint64_t n);

/*
 * Wait until the client sent something, or other_fd (-1: none) is readable,
 * or ms passed (-1: the read time-out).  Flushes first.  IO_OK: look at
 * *client and *other.
 */
enum io_result io_wait(
	struct io *io, int other_fd, int ms, bool *client, bool *other);

/* What was received and not yet read: for the hand-over, and for pushing the
 * octets that another process had received in front of what is to come. */
struct str io_unread(const struct io *io);
void io_drop_unread(struct io *io);
void io_preload(struct io *io, struct str octets);

/* Output: append to this buffer, then call io_sent() so that a full one
 * leaves; io_puts and io_write do both. */
struct buf *io_out(struct io *io);
enum io_result io_sent(struct io *io);
enum io_result io_write(struct io *io, const void *p, size_t n);
enum io_result io_puts(struct io *io, const char *z);
enum io_result io_printf(struct io *io, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum io_result io_flush(struct io *io);

/* An answer cannot be ended as it was begun, so the connection ends here: what
 * was said so far leaves, nothing more is said or read. */
void io_break(struct io *io);

/* Why nothing can be written any more; IO_OK while it can.  A client that has
 * closed its side (IO_EOF) may still wait for its answers. */
enum io_result io_dead(const struct io *io);

/* Octets so far, for the log's in= and out=. */
uint64_t io_octets_in(const struct io *io);
uint64_t io_octets_out(const struct io *io);

/*
 * A layer between the buffers and the descriptors (TLS in the front, DEFLATE
 * in a session).  read and write behave like read(2) and write(2) on a
 * non-blocking descriptor: -1 with EAGAIN when they need the socket; then
 * *wants says for which of POLLIN, POLLOUT they wait.  flush pushes out what
 * the layer still holds.  pending: decoded octets wait inside the layer.
 */
struct io_layer {
	void *ctx;
	ssize_t (*read)(void *ctx, void *p, size_t n, short *wants);
	ssize_t (*write)(void *ctx, const void *p, size_t n, short *wants);
	int (*flush)(void *ctx, short *wants);
	bool (*pending)(void *ctx);
};
void io_set_layer(struct io *io, const struct io_layer *layer);

/* The descriptor reads and writes of the layer itself use (non-blocking in
 * effect, whatever the descriptor's flags are): -1 with EAGAIN. */
ssize_t io_raw_read(struct io *io, void *p, size_t n);
ssize_t io_raw_write(struct io *io, const void *p, size_t n);

/* errno says that the call would have had to wait. */
bool io_again(void);

/* For a layer that has to speak before it can be set (a handshake): wait for
 * what it wants, as a read would: its time-out, its deadline, IO_STOP. */
enum io_result io_raw_wait(struct io *io, short wants);

#endif

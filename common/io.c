/*
 * Lines and octets in, answers out; the waiting is io_wait.c's.
 *
 * What can go wrong here:
 *
 * 1. A line without an end.  It is read up to the caller's limit, then thrown
 *    away as it comes, so memory stays bounded and the next command is read
 *    from its own first octet.  A last line that the client's close cut off is
 *    no line: "DELE 1" may have been meant as "DELE 12".
 * 2. A client that sends one octet at a time must not make us search the line
 *    from its start each time: rx_scan remembers how far we have looked.
 * 3. The peer has gone, but its last commands were received.  A POP3 client
 *    that sends DELE, QUIT and closes wants its mail deleted, although the
 *    answers cannot be delivered any more.  So after a failed write what was
 *    received is still read.  After a time-out or SIGTERM it is not.
 * 4. Reading has ended (time-out, SIGTERM, end of file), but a last word such
 *    as "* BYE" is due: the two directions fail each for itself.
 */
#include "common/io_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TX_FULL = 65536,   /* this much waiting leaves at once */
	TX_MAX = 16 << 20, /* one answer that was never io_sent() */
	RX_MAX = 64 << 20  /* far above every limit of our callers */
};

struct io *
io_new(int in, int out, size_t in_max)
{
	struct io *io = calloc(1, sizeof(*io));

	if (io == NULL)
		abort();
	io_end_open(&io->in, in, false);
	io_end_open(&io->out, out, true);
	buf_init(&io->rx, RX_MAX);
	buf_init(&io->tx, TX_MAX);
	io->in_max = in_max;
	io->read_ms = io->write_ms = -1;
	return io;
}

void
io_free(struct io *io)
{
	if (io == NULL)
		return;
	if (io->rx.cap > 0)
		explicit_bzero(io->rx.p, io->rx.cap); /* passwords */
	buf_free(&io->rx);
	buf_free(&io->tx);
	io_end_close(&io->in);
	io_end_close(&io->out);
	free(io);
}

void
io_set_timeouts(struct io *io, int read_ms, int write_ms)
{
	io->read_ms = read_ms;
	io->write_ms = write_ms;
}

void
io_set_deadline(struct io *io, int64_t at_ms)
{
	io->deadline_ms = at_ms;
}

void
io_stop_on(struct io *io, const volatile int *flag)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &io->wait_mask);
	sigdelset(&io->wait_mask, SIGTERM);
	io->stop = flag;
}

static size_t
held(const struct io *io)
{
	return io->rx.n - io->rx_off;
}

static void
consume(struct io *io, size_t n)
{
	io->rx_off += n;
	if (io->rx_scan < io->rx_off)
		io->rx_scan = io->rx_off;
}

/* A write that timed out or was stopped ends the reading too; one that found
 * the peer gone does not (3 above). */
static enum io_result
may_read(const struct io *io)
{
	return io->tx_end == IO_ERROR ? IO_OK : io->tx_end;
}

/* Look for the LF in what has come since the last look: its offset behind
 * rx_off in *n. */
static bool
find_lf(struct io *io, size_t *n)
{
	const char *p = io->rx.p;
	const char *lf = NULL;

	if (io->rx_scan < io->rx.n)
		lf = memchr(p + io->rx_scan, '\n', io->rx.n - io->rx_scan);
	io->rx_scan = lf != NULL ? (size_t)(lf - p) : io->rx.n;
	*n = io->rx_scan - io->rx_off;
	return lf != NULL;
}

enum io_result
io_line(struct io *io, size_t max, struct str *line)
{
	enum io_result r = may_read(io);
	bool toolong = false;
	size_t n = 0;

	while (r == IO_OK && !find_lf(io, &n)) {
		if (toolong || n > max + 1) { /* one more for a CR */
			toolong = true;
			consume(io, n);
		}
		r = io_wait_fill(io);
	}
	if (r != IO_OK)
		return r;
	line->p = io->rx.p + io->rx_off;
	line->n = n;
	consume(io, n + 1);
	if (n > 0 && line->p[n - 1] == '\r')
		line->n--;
	return toolong || line->n > max ? IO_TOOLONG : IO_OK;
}

enum io_result
io_some(struct io *io, void *p, size_t n, size_t *got)
{
	enum io_result r = may_read(io);

	*got = 0;
	if (r != IO_OK || n == 0)
		return r;
	if (held(io) == 0)
		io_flush(io); /* may take some in */
	if (held(io) == 0)
		return io_wait_read(io, p, n, got);
	*got = n < held(io) ? n : held(io);
	memcpy(p, io->rx.p + io->rx_off, *got);
	consume(io, *got);
	return IO_OK;
}

enum io_result
io_read(struct io *io, void *p, size_t n)
{
	char *at = p;
	size_t got = 0;

	for (; n > 0; n -= got, at += got) {
		enum io_result r = io_some(io, at, n, &got);

		if (r != IO_OK)
			return r;
	}
	return IO_OK;
}

enum io_result
io_getc(struct io *io, unsigned char *c)
{
	enum io_result r = may_read(io);

	if (r == IO_OK && held(io) == 0)
		r = io_wait_fill(io);
	if (r != IO_OK)
		return r;
	*c = (unsigned char)io->rx.p[io->rx_off];
	consume(io, 1);
	return IO_OK;
}

enum io_result
io_skip(struct io *io, uint64_t n)
{
	while (n > 0) {
		enum io_result r = may_read(io);
		size_t some;

		if (r == IO_OK && held(io) == 0)
			r = io_wait_fill(io);
		if (r != IO_OK)
			return r;
		some = n < held(io) ? (size_t)n : held(io);
		consume(io, some);
		n -= some;
	}
	return IO_OK;
}

struct str
io_unread(const struct io *io)
{
	if (held(io) == 0)
		return (struct str){"", 0};
	return (struct str){io->rx.p + io->rx_off, held(io)};
}

void
io_drop_unread(struct io *io)
{
	consume(io, held(io));
	if (io->rx.n > 0)
		explicit_bzero(io->rx.p, io->rx.n);
}

char *
io_rx_room(struct io *io, size_t n)
{
	if (io->rx_off > 0 && io->rx.cap - io->rx.n < n) {
		buf_drop(&io->rx, io->rx_off);
		io->rx_scan -= io->rx_off;
		io->rx_off = 0;
	}
	return buf_room(&io->rx, n);
}

void
io_preload(struct io *io, struct str octets)
{
	char *at;

	if (octets.n == 0)
		return;
	if (io_rx_room(io, octets.n) == NULL) {
		io->rx_end = IO_ERROR;
		return;
	}
	at = io->rx.p + io->rx_off;
	memmove(at + octets.n, at, held(io));
	memcpy(at, octets.p, octets.n);
	io->rx.n += octets.n;
	io->rx_scan = io->rx_off;
}

struct buf *
io_out(struct io *io)
{
	return &io->tx;
}

enum io_result
io_sent(struct io *io)
{
	if (io->tx.bad && io->tx_end == IO_OK)
		io->tx_end = IO_ERROR;
	if (io->tx_end != IO_OK)
		buf_reset(&io->tx);
	else if (io->tx.n >= TX_FULL)
		io_wait_flush(io);
	return io->tx_end;
}

/* In pieces, so that a large one does not make the buffer grow. */
enum io_result
io_write(struct io *io, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0 && io->tx_end == IO_OK) {
		size_t room = io->tx.n < TX_FULL ? TX_FULL - io->tx.n : 1;
		size_t some = n < room ? n : room;

		buf_add(&io->tx, at, some);
		at += some;
		n -= some;
		io_sent(io);
	}
	return io->tx_end;
}

enum io_result
io_puts(struct io *io, const char *z)
{
	return io_write(io, z, strlen(z));
}

enum io_result
io_printf(struct io *io, const char *fmt, ...)
{
	size_t room = 256;
	va_list ap;
	char *p;
	int n;

	for (;;) {
		p = buf_room(&io->tx, room);
		if (p == NULL)
			return io_sent(io);
		va_start(ap, fmt);
		n = vsnprintf(p, room, fmt, ap);
		va_end(ap);
		if (n < 0)
			return io->tx_end;
		if ((size_t)n < room)
			break;
		room = (size_t)n + 1;
	}
	io->tx.n += (size_t)n;
	return io_sent(io);
}

enum io_result
io_flush(struct io *io)
{
	enum io_result r = io_sent(io);

	return r == IO_OK ? io_wait_flush(io) : r;
}

void
io_break(struct io *io)
{
	io_flush(io);
	buf_reset(&io->tx);
	consume(io, held(io));
	io->tx_end = io->rx_end = IO_ERROR;
}

enum io_result
io_dead(const struct io *io)
{
	return io->tx_end;
}

uint64_t
io_octets_in(const struct io *io)
{
	return io->octets_in;
}

uint64_t
io_octets_out(const struct io *io)
{
	return io->octets_out;
}

void
io_set_layer(struct io *io, const struct io_layer *layer)
{
	io_flush(io); /* what was said so far goes out without it */
	io->layer = *layer;
	io->layered = true;
}

/*
 * The layer of COMPRESS=DEFLATE (RFC 4978).
 *
 * 1. When is something sent?  A compressor keeps octets back as long as it
 *    can, and a client would wait for the rest of its answer.  io flushes the
 *    layer at the end of each batch of answers, and that is a full sync flush:
 *    the octets end at a byte boundary with an empty block behind them, so
 *    that even a decompressor that only looks at whole blocks has everything.
 * 2. Bombs.  A kilobyte of input may stand for a megabyte.  Nothing is
 *    decompressed but into the room that the reader offers, and the limits of
 *    lines and literals count what comes out.
 * 3. Input that stands for nothing (empty blocks without end) would keep a
 *    loop busy that no time-out sees: each read takes in one piece, and then
 *    it is io's turn to wait.
 * 4. Mail that is compressed already costs time and gains nothing; the lowest
 *    level that still finds most of what text has is the default here.
 */
#include "common/deflate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
	PIECE = 16384,
	LEVEL = 3,
	RAW_WINDOW = -15, /* no header, no checksum */
	MEM_LEVEL = 8
};

struct deflate {
	struct io *io;
	z_stream in, out;
	unsigned char *early; /* came with the command, before the layer */
	unsigned char received[PIECE];
	unsigned char waiting[PIECE]; /* compressed, [sent, n) not yet sent */
	size_t sent, n;
	bool flushed;  /* nothing has been written since the last flush */
	bool filled;   /* the last read had no room for all */
	bool finished; /* the client has ended its stream */
};

/* Send what waits; -1 with errno, EAGAIN when not all of it went. */
static int
drain(struct deflate *d, short *wants)
{
	while (d->sent < d->n) {
		ssize_t put = io_raw_write(
			d->io, d->waiting + d->sent, d->n - d->sent);

		if (put == -1) {
			*wants = POLLOUT;
			return -1;
		}
		d->sent += (size_t)put;
	}
	d->sent = d->n = 0;
	return 0;
}

/* Compress into the empty buffer as much as fits. */
static void
squeeze(struct deflate *d, int how)
{
	d->out.next_out = d->waiting;
	d->out.avail_out = sizeof(d->waiting);
	(void)deflate(&d->out, how); /* Z_BUF_ERROR: there was nothing to do */
	d->n = sizeof(d->waiting) - d->out.avail_out;
}

static ssize_t
write_layer(void *ctx, const void *p, size_t n, short *wants)
{
	struct deflate *d = ctx;
	uInt some = n < PIECE ? (uInt)n : PIECE;

	d->flushed = false;
	do {
		if (drain(d, wants) == -1)
			return -1;
		d->out.next_in = p;
		d->out.avail_in = some;
		squeeze(d, Z_NO_FLUSH);
	} while (d->out.avail_in == some);
	return (ssize_t)(some - d->out.avail_in);
}

static int
flush_layer(void *ctx, short *wants)
{
	struct deflate *d = ctx;

	while (drain(d, wants) == 0) {
		if (d->flushed)
			return 0;
		squeeze(d, Z_SYNC_FLUSH);
		d->flushed = d->out.avail_out > 0;
	}
	return -1;
}

static int
receive(struct deflate *d, short *wants)
{
	ssize_t got = io_raw_read(d->io, d->received, sizeof(d->received));

	*wants = POLLIN;
	if (got <= 0)
		return (int)got;
	d->in.next_in = d->received;
	d->in.avail_in = (uInt)got;
	return 1;
}

/* Decompress into p: octets, or -1 with errno. */
static ssize_t
expand(struct deflate *d, void *p, size_t n)
{
	uInt room = n < PIECE ? (uInt)n : PIECE;
	int r;

	d->in.next_out = p;
	d->in.avail_out = room;
	r = inflate(&d->in, Z_SYNC_FLUSH);
	d->filled = d->in.avail_out == 0;
	d->finished = r == Z_STREAM_END;
	if (r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR)
		return (ssize_t)(room - d->in.avail_out);
	errno = EPROTO;
	return -1;
}

static ssize_t
read_layer(void *ctx, void *p, size_t n, short *wants)
{
	struct deflate *d = ctx;
	ssize_t got = 0;
	int r;

	if (d->finished)
		return 0;
	if (d->in.avail_in > 0 || d->filled)
		got = expand(d, p, n);
	if (got != 0 || d->finished)
		return got;
	r = receive(d, wants);
	if (r != 1)
		return r;
	got = expand(d, p, n);
	if (got != 0 || d->finished)
		return got;
	errno = EAGAIN;
	return -1;
}

static bool
pending_layer(void *ctx)
{
	const struct deflate *d = ctx;

	return d->in.avail_in > 0 || d->filled || d->finished;
}

/* What io has taken in already belongs to us. */
static int
take_early(struct deflate *d)
{
	struct str early = io_unread(d->io);

	if (early.n == 0)
		return 0;
	d->early = malloc(early.n);
	if (d->early == NULL)
		return -1;
	memcpy(d->early, early.p, early.n);
	d->in.next_in = d->early;
	d->in.avail_in = (uInt)early.n;
	io_drop_unread(d->io);
	return 0;
}

static void
give_up(struct deflate *d)
{
	deflateEnd(&d->out);
	inflateEnd(&d->in);
	free(d->early);
	free(d);
}

struct deflate *
deflate_start(struct io *io)
{
	struct deflate *d = calloc(1, sizeof(*d));
	const struct io_layer layer = {
		d, read_layer, write_layer, flush_layer, pending_layer};

	if (d == NULL)
		return NULL;
	d->io = io;
	d->flushed = true;
	if (deflateInit2(&d->out, LEVEL, Z_DEFLATED, RAW_WINDOW, MEM_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK ||
		inflateInit2(&d->in, RAW_WINDOW) != Z_OK) {
		give_up(d);
		return NULL;
	}
	io_flush(io);
	if (take_early(d) == -1) {
		give_up(d);
		return NULL;
	}
	io_set_layer(io, &layer);
	return d;
}

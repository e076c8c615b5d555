/*
 * Inside of common/io: what io.c (buffers) and io_wait.c (descriptors and
 * time) share.  Nobody else includes this.
 */
#ifndef COMMON_IO_IMPL_H
#define COMMON_IO_IMPL_H

#include "common/io.h"

#include <signal.h>

/* How a descriptor is kept from blocking without touching its flags. */
enum io_kind {
	IO_SOCKET, /* recv and send with MSG_DONTWAIT */
	IO_OWN,    /* a pipe or terminal, opened again with O_NONBLOCK */
	IO_FILE,   /* a regular file never blocks */
	IO_POLLED  /* could not be opened again: poll before each call */
};

struct io_end {
	int fd;  /* as we got it: to poll */
	int own; /* to read or write; fd itself unless IO_OWN */
	enum io_kind kind;
};

struct io {
	struct io_end in, out;

	struct buf rx; /* [rx_off, rx.n) is received and not yet read */
	size_t rx_off;
	size_t rx_scan; /* no LF before this offset */
	size_t in_max;
	enum io_result rx_end; /* why no read can succeed; IO_OK: it can */

	struct buf tx; /* [tx_off, tx.n) is written and not yet sent */
	size_t tx_off;
	enum io_result tx_end;

	int read_ms, write_ms; /* -1: for ever */
	int64_t deadline_ms;   /* 0: none */
	uint64_t octets_in, octets_out;

	const volatile int *stop;
	sigset_t wait_mask; /* while waiting: SIGTERM may come */
	unsigned fills;

	struct io_layer layer;
	bool layered;
};

/*
 * Sends all of tx.  Returns tx_end.
 */
enum io_result io_wait_flush(struct io *io);

/*
 * Wait until at least one octet can be had and read at most n of them into p.
 * Flushes first.  Returns IO_OK with *got > 0, or rx_end.
 */
enum io_result io_wait_read(struct io *io, void *p, size_t n, size_t *got);

/* The same into rx, as much as one read gives. */
enum io_result io_wait_fill(struct io *io);

/* Room for n octets at the end of rx, with what was read moved out of the
 * way; NULL without memory. */
char *io_rx_room(struct io *io, size_t n);

void io_end_open(struct io_end *e, int fd, bool writes);
void io_end_close(struct io_end *e);

#endif

/*
 * What the front does after login, under TLS.
 *
 * The session decides when it is over.  So there is no time-out here while it
 * lives (it has those of the protocol, and a client that does not read makes
 * the socket to the session full, which the session notices), and SIGTERM is
 * not for this process: the session answers it, and what it says still has to
 * reach the client.
 *
 * 1. No octet may be lost at the end.  When the session has closed, what it
 *    wrote is in our buffer and in the socket: all of that goes out, then
 *    close_notify, then FIN.  Closing a TCP socket that holds unread octets
 *    sends a reset, which may overtake the answers; so the client's last
 *    words are read, for a moment, until it closes too.
 * 2. Each direction ends for itself.  A client may close its side and wait for
 *    its answers; the session sees the end of file and answers to the end.
 * 3. A client that has vanished may have sent a QUIT that counts.  When
 *    writing to it fails, what has come from it is still passed on; only then
 *    the session is told the end.
 * 4. No busy loop.  poll() reports errors and hang-ups that nobody asked for,
 *    so a descriptor from which nothing is wanted is left out; one from which
 *    something is wanted makes the next read or write find the error.
 * 5. Memory is bounded by one record for each direction.  Who does not read is
 *    not read from.
 */
#include "common/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CHUNK = 16384,        /* what one TLS record holds */
	DRAIN_MS = 60 * 1000, /* to read on, for a client that still may */
	LINGER_MS = 2 * 1000
};

/* One direction. */
struct way {
	char room[CHUNK];
	size_t off, n; /* [off, n) of room is on its way */
	bool ended;    /* nothing more comes from the source */
	bool passed;   /* and the sink was told */
	short wants;   /* of the client's descriptors, to go on */
};

struct relay {
	const struct relay_client *c;
	int session;
	bool gone;           /* the client takes nothing more */
	struct way up, down; /* to the session, to the client */
};

static bool
is_empty(const struct way *w)
{
	return w->off == w->n;
}

/* A source gave n octets, or 0 or -1 as read(2).  True: something changed. */
static bool
take(struct way *w, ssize_t n, bool last)
{
	if (n == -1 && io_again() && !last)
		return false;
	w->off = 0;
	w->n = n > 0 ? (size_t)n : 0;
	w->ended = n <= 0;
	return true;
}

static bool
from_client(struct relay *r)
{
	struct way *w = &r->up;
	const struct io_layer *l = &r->c->layer;

	if (w->ended || !is_empty(w))
		return false;
	w->wants = POLLIN;
	return take(w, l->read(l->ctx, w->room, CHUNK, &w->wants), r->gone);
}

static bool
to_session(struct relay *r)
{
	struct way *w = &r->up;
	ssize_t n;

	if (is_empty(w) && (!w->ended || w->passed))
		return false;
	if (is_empty(w)) {
		(void)shutdown(r->session, SHUT_WR);
		w->passed = true;
		return true;
	}
	n = send(r->session, w->room + w->off, w->n - w->off,
		MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1 && io_again())
		return false;
	if (n == -1) { /* it has ended, which the other direction will see */
		w->off = w->n;
		w->ended = w->passed = true;
	} else {
		w->off += (size_t)n;
	}
	return true;
}

static bool
from_session(struct relay *r)
{
	struct way *w = &r->down;

	if (w->ended || !is_empty(w))
		return false;
	return take(w, recv(r->session, w->room, CHUNK, MSG_DONTWAIT), false);
}

static bool
to_client(struct relay *r)
{
	struct way *w = &r->down;
	const struct io_layer *l = &r->c->layer;
	bool end = is_empty(w);
	ssize_t n = 0;

	if (end && (!w->ended || w->passed))
		return false;
	w->wants = POLLOUT;
	if (!r->gone)
		n = end ? r->c->end(l->ctx, &w->wants)
			: l->write(l->ctx, w->room + w->off, w->n - w->off,
				  &w->wants);
	if (n == -1 && io_again())
		return false;
	if (n == -1)
		r->gone = true;
	w->off = r->gone ? w->n : w->off + (size_t)n;
	w->passed = end;
	return true;
}

/* Until something can be done; false: not within ms. */
static bool
wait_any(const struct relay *r, int ms)
{
	bool reads = !r->up.ended && is_empty(&r->up);
	bool writes = !is_empty(&r->down) || (r->down.ended && !r->down.passed);
	int wants = (reads ? r->up.wants : 0) | (writes ? r->down.wants : 0);
	int events = (!r->down.ended && is_empty(&r->down) ? POLLIN : 0) |
		     (is_empty(&r->up) ? 0 : POLLOUT);
	struct pollfd p[3] = {
		{.fd = wants & POLLIN ? r->c->in : -1,   .events = POLLIN       },
		{.fd = wants & POLLOUT ? r->c->out : -1, .events = POLLOUT      },
		{.fd = events ? r->session : -1,         .events = (short)events},
	};

	return poll(p, 3, ms) != 0;
}

/* The client's last words, so that closing does not reset the connection. */
static void
linger(struct relay *r)
{
	int64_t end = io_now_ms() + LINGER_MS, left;

	(void)shutdown(r->c->out, SHUT_WR);
	r->up.off = r->up.n;
	while (!r->gone && (left = end - io_now_ms()) > 0) {
		if (from_client(r))
			r->up.off = r->up.n;
		else if (r->up.ended || !wait_any(r, (int)left))
			return;
	}
}

void
relay_run(const struct relay_client *c, int session)
{
	struct relay *r = calloc(1, sizeof(*r));
	bool moved = true;

	if (r == NULL)
		abort();
	r->c = c;
	r->session = session;
	while (!r->down.passed) {
		if (!moved && !wait_any(r, r->down.ended ? DRAIN_MS : -1))
			break;
		moved = from_client(r);
		moved |= to_session(r);
		moved |= from_session(r);
		moved |= to_client(r);
	}
	close(session);
	if (r->down.passed)
		linger(r);
	free(r);
}

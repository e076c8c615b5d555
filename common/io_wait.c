/*
 * The descriptors under common/io, and time.
 *
 * 1. Nothing here may block but ppoll.  O_NONBLOCK is a flag of the open file
 *    description, which a shell, sshd or the process that started us shares
 *    with us: setting it there breaks them.  Sockets have MSG_DONTWAIT.  A
 *    pipe or terminal is opened a second time through /proc, which makes a
 *    description of our own; the wait is still for the first one, because a
 *    named pipe whose writer has left already tells its end only there.  A
 *    regular file is not opened again, for that would have its own offset.
 * Where /proc or the permission is missing, each call is preceded by a poll,
 * and a write is no larger than PIPE_BUF, which fits when poll says so.
 * 2. Both sides writing, neither reading: while we wait to write, input is
 *    taken in up to in_max.  A client that sends still more without reading
 *    meets the write time-out.
 * 3. SIGTERM between the look at the flag and the wait: the signal is blocked
 *    but for the time inside of ppoll.  ppoll does not let it through when a
 *    descriptor is ready already, so a client that is never idle is looked
 *    after by an empty ppoll once in a while.
 * 4. A layer (TLS) may need to write in order to read and the reverse; it says
 *    so in `wants`, and the wait is for that.
 * 5. Most sessions are silent most of the time, and a SORT of 10,000 messages
 *    leaves 5 MB behind that the C library keeps for the next one.  A client
 *    that says nothing for a second gets no answer later for it when these
 *    are given back to the system.
 */
#include "common/io_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	RX_CHUNK = 8192,      /* octets asked for in one read */
	KEEP_IDLE = 16384,    /* larger buffers are given back before a wait */
	FILLS_PER_CHECK = 32, /* see 3 */
	SILENCE_MS = 1000     /* see 5 */
};

static int
reopen(int fd, bool writes)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, (writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK |
				  O_NOCTTY | O_CLOEXEC);
}

void
io_end_open(struct io_end *e, int fd, bool writes)
{
	struct stat st;

	e->fd = e->own = fd;
	e->kind = IO_POLLED;
	if (fstat(fd, &st) == -1)
		return;
	if (S_ISSOCK(st.st_mode)) {
		e->kind = IO_SOCKET;
	} else if (S_ISREG(st.st_mode)) {
		e->kind = IO_FILE;
	} else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		int own = reopen(fd, writes);

		if (own != -1) {
			e->own = own;
			e->kind = IO_OWN;
		}
	}
}

void
io_end_close(struct io_end *e)
{
	if (e->kind == IO_OWN)
		close(e->own);
	e->own = e->fd;
	e->kind = IO_POLLED;
}

int64_t
io_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, 0) == 1)
		return true;
	errno = EAGAIN;
	return false;
}

ssize_t
io_raw_read(struct io *io, void *p, size_t n)
{
	if (io->in.kind == IO_SOCKET)
		return recv(io->in.own, p, n, MSG_DONTWAIT);
	if (io->in.kind == IO_POLLED && !ready(io->in.fd, POLLIN))
		return -1;
	return read(io->in.own, p, n);
}

ssize_t
io_raw_write(struct io *io, const void *p, size_t n)
{
	if (io->out.kind == IO_SOCKET)
		return send(io->out.own, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (io->out.kind == IO_POLLED) {
		if (!ready(io->out.fd, POLLOUT))
			return -1;
		if (n > PIPE_BUF)
			n = PIPE_BUF;
	}
	return write(io->out.own, p, n);
}

bool
io_again(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* One read that does not wait, through the layer.  *wants: for what to wait
 * when it returns -1 and io_again(). */
static ssize_t
read_now(struct io *io, void *p, size_t n, short *wants)
{
	ssize_t got;

	*wants = POLLIN;
	if (io->layered)
		got = io->layer.read(io->layer.ctx, p, n, wants);
	else
		got = io_raw_read(io, p, n);
	if (got > 0)
		io->octets_in += (uint64_t)got;
	else if (got == 0)
		io->rx_end = IO_EOF;
	else if (!io_again())
		io->rx_end = IO_ERROR;
	return got;
}

static ssize_t
fill_now(struct io *io, size_t n, short *wants)
{
	char *p = io_rx_room(io, n);
	ssize_t got;

	if (p == NULL) {
		io->rx_end = IO_ERROR;
		errno = ENOMEM;
		return -1;
	}
	got = read_now(io, p, n, wants);
	if (got > 0)
		io->rx.n += (size_t)got;
	return got;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	return a < b ? a : b;
}

/* When a wait of ms that begins now ends; 0: never. */
static int64_t
end_of(int ms)
{
	return ms < 0 ? 0 : io_now_ms() + ms;
}

/* ppoll until `at`; what the heap has free is given back when the first second
 * brought nothing. */
static int
poll_until(struct io *io, struct pollfd *p, nfds_t n, int64_t at)
{
	const sigset_t *mask = io->stop != NULL ? &io->wait_mask : NULL;
	int64_t left = at == 0 ? INT64_MAX : at - io_now_ms();
	struct timespec t = {SILENCE_MS / 1000, 0};
	int r;

	if (left > SILENCE_MS) {
		r = ppoll(p, n, &t, mask);
		if (r != 0)
			return r;
		malloc_trim(0);
		left -= SILENCE_MS;
	}
	if (left < 0)
		left = 0;
	t.tv_sec = (time_t)(left / 1000);
	t.tv_nsec = (long)(left % 1000) * 1000000;
	return ppoll(p, n, at == 0 ? NULL : &t, mask);
}

/*
 * The only place that waits.  at: absolute, 0 for ever.  IO_TIMEOUT when it
 * passed; IO_OK otherwise, also when nothing is ready (a signal came).
 */
static enum io_result
wait_fds(struct io *io, struct pollfd *p, nfds_t n, int64_t at)
{
	int r;

	if (io->stop != NULL && *io->stop)
		return IO_STOP;
	r = poll_until(io, p, n, at);
	if (io->stop != NULL && *io->stop)
		return IO_STOP;
	if (r == -1) {
		for (nfds_t i = 0; i < n; i++)
			p[i].revents = 0;
		return errno == EINTR || errno == EAGAIN ? IO_OK : IO_ERROR;
	}
	return r == 0 ? IO_TIMEOUT : IO_OK;
}

static bool
stopped(struct io *io)
{
	static const struct timespec now = {0, 0};

	if (io->stop == NULL)
		return false;
	if (!*io->stop && ++io->fills % FILLS_PER_CHECK == 0)
		ppoll(NULL, 0, &now, &io->wait_mask);
	return *io->stop != 0;
}

/* Wait until out takes octets (or what the layer wants), and meanwhile take
 * in what comes. */
static enum io_result
wait_to_write(struct io *io, short wants, int64_t at)
{
	size_t have = io->rx.n - io->rx_off;
	bool hungry = io->rx_end == IO_OK && have < io->in_max;
	bool in = hungry || (wants & POLLIN) != 0;
	struct pollfd p[2] = {
		{.fd = wants & POLLOUT ? io->out.fd : -1, .events = POLLOUT},
		{.fd = in ? io->in.fd : -1,               .events = POLLIN },
	};
	enum io_result r = wait_fds(io, p, 2, at);
	size_t n = io->in_max - have;
	short ignored;

	if (r == IO_OK && hungry && p[1].revents != 0)
		fill_now(io, n < RX_CHUNK ? n : RX_CHUNK, &ignored);
	return r;
}

/* One write that does not wait: 1 it moved something, 0 it has to wait, -1
 * it failed. */
static int
write_now(struct io *io, short *wants)
{
	const char *p = io->tx.p + io->tx_off;
	size_t n = io->tx.n - io->tx_off;
	ssize_t put;

	*wants = POLLOUT;
	if (n == 0) /* only the layer still holds something */
		put = io->layer.flush(io->layer.ctx, wants);
	else if (io->layered)
		put = io->layer.write(io->layer.ctx, p, n, wants);
	else
		put = io_raw_write(io, p, n);
	if (put == -1)
		return io_again() ? 0 : -1;
	io->tx_off += (size_t)put;
	io->octets_out += (uint64_t)put;
	return 1;
}

static void
flushed(struct io *io)
{
	io->tx_off = 0;
	if (io->tx.cap > KEEP_IDLE && io->tx.n <= KEEP_IDLE / 2)
		buf_free(&io->tx);
	buf_reset(&io->tx);
}

enum io_result
io_wait_flush(struct io *io)
{
	bool held = io->layered && io->tx.n > 0;
	int64_t at = 0;
	short wants;

	while (io->tx_end == IO_OK && (io->tx_off < io->tx.n || held)) {
		bool last = io->tx_off == io->tx.n;
		int r = write_now(io, &wants);

		if (r == 1) {
			held = held && !last;
			at = 0;
		} else if (r == -1) {
			io->tx_end = IO_ERROR;
		} else {
			if (at == 0)
				at = end_of(io->write_ms);
			io->tx_end = wait_to_write(io, wants, at);
		}
	}
	flushed(io);
	return io->tx_end;
}

/* Give large buffers back while the client thinks. */
static void
shrink(struct io *io)
{
	if (io->rx.cap > KEEP_IDLE && io->rx_off == io->rx.n) {
		buf_free(&io->rx);
		io->rx_off = io->rx_scan = 0;
	}
}

/*
 * Before a read: send the answers, unless the peer is known to be gone; then
 * only what has arrived is taken.
 */
static enum io_result
begin_read(struct io *io)
{
	if (io->rx_end != IO_OK)
		return io->rx_end;
	if (stopped(io))
		return io->rx_end = IO_STOP;
	io_flush(io);
	if (io->tx_end != IO_OK && io->tx_end != IO_ERROR)
		return io->tx_end;
	return io->rx_end; /* the flush may have met it */
}

static enum io_result
wait_to_read(struct io *io, short wants, int64_t at)
{
	struct pollfd p[2] = {
		{.fd = wants & POLLIN ? io->in.fd : -1,   .events = POLLIN },
		{.fd = wants & POLLOUT ? io->out.fd : -1, .events = POLLOUT},
	};

	if (io->tx_end != IO_OK)
		return IO_ERROR;
	return wait_fds(io, p, 2, at);
}

enum io_result
io_raw_wait(struct io *io, short wants)
{
	return wait_to_read(
		io, wants, earlier(end_of(io->read_ms), io->deadline_ms));
}

/* Without a layer the wait comes first: it is due nearly always. */
static bool
try_first(const struct io *io)
{
	return io->tx_end != IO_OK ||
	       (io->layered && io->layer.pending(io->layer.ctx));
}

/* p == NULL: into rx. */
static enum io_result
read_some(struct io *io, void *p, size_t n, size_t *got)
{
	int64_t at = earlier(end_of(io->read_ms), io->deadline_ms);
	bool wait = !try_first(io);
	short wants = POLLIN;

	for (;;) {
		ssize_t r;

		if (wait) {
			io->rx_end = wait_to_read(io, wants, at);
			if (io->rx_end != IO_OK)
				return io->rx_end;
		}
		r = p == NULL ? fill_now(io, n, &wants)
			      : read_now(io, p, n, &wants);
		if (r > 0) {
			*got = (size_t)r;
			return IO_OK;
		}
		if (io->rx_end != IO_OK)
			return io->rx_end;
		wait = true;
	}
}

enum io_result
io_wait_read(struct io *io, void *p, size_t n, size_t *got)
{
	enum io_result r = begin_read(io);

	return r == IO_OK ? read_some(io, p, n, got) : r;
}

enum io_result
io_wait_fill(struct io *io)
{
	size_t had = io->rx.n - io->rx_off;
	enum io_result r = begin_read(io);
	size_t got;

	if (io->rx.n - io->rx_off > had)
		return IO_OK; /* the flush took some in */
	if (r != IO_OK)
		return r;
	shrink(io);
	return read_some(io, NULL, RX_CHUNK, &got);
}

/* The client is readable: are there octets for us, or an end, or was it a
 * piece of the layer's own? */
static bool
client_spoke(struct io *io)
{
	short wants;

	return fill_now(io, RX_CHUNK, &wants) > 0 || io->rx_end != IO_OK;
}

enum io_result
io_wait(struct io *io, int other_fd, int ms, bool *client, bool *other)
{
	enum io_result r = begin_read(io);
	int64_t at =
		earlier(end_of(ms < 0 ? io->read_ms : ms), io->deadline_ms);
	struct pollfd p[2] = {
		{.fd = io->in.fd, .events = POLLIN},
		{.fd = other_fd,  .events = POLLIN},
	};

	*client = io->rx_off < io->rx.n;
	*other = false;
	if (*client)
		return IO_OK;
	if (r == IO_OK && io->tx_end != IO_OK)
		r = io->tx_end;
	shrink(io);
	if (r == IO_OK && try_first(io) && client_spoke(io))
		*client = true;
	while (r == IO_OK && !*client && !*other) {
		r = wait_fds(io, p, 2, at);
		*client = p[0].revents != 0 && client_spoke(io);
		*other = p[1].revents != 0;
		if (r == IO_TIMEOUT && ms >= 0 &&
			(io->deadline_ms == 0 || at < io->deadline_ms))
			return IO_OK;
	}
	if (r != IO_OK)
		io->rx_end = r;
	return r;
}

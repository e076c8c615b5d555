/*
 * What common/relay promises, with a layer that changes nothing: the client
 * and the session are two socketpairs, the relay is a process between them.
 */
#include "common/relay.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BIG = 3 << 20,
	PATIENCE_MS = 5000
};

struct bed {
	int client, session; /* our ends */
	pid_t relay;
};

/* The layer: the descriptor is its context. */
static ssize_t
plain_read(void *ctx, void *p, size_t n, short *wants)
{
	(void)wants;
	return recv(*(int *)ctx, p, n, MSG_DONTWAIT);
}

static ssize_t
plain_write(void *ctx, const void *p, size_t n, short *wants)
{
	(void)wants;
	return send(*(int *)ctx, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int
plain_end(void *ctx, short *wants)
{
	(void)ctx;
	(void)wants;
	return 0;
}

static void
bed_open(struct bed *b)
{
	int c[2], s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, c) == -1 ||
		socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		abort();
	fflush(stdout);
	b->relay = fork();
	if (b->relay == -1)
		abort();
	if (b->relay == 0) {
		const struct relay_client client = {
			.in = c[1],
			.out = c[1],
			.layer = {.ctx = &c[1],
				  .read = plain_read,
				  .write = plain_write},
			.end = plain_end,
		};

		alarm(20);
		close(c[0]);
		close(s[0]);
		relay_run(&client, s[1]);
		_exit(0);
	}
	close(c[1]);
	close(s[1]);
	b->client = c[0];
	b->session = s[0];
}

/* The milliseconds of CPU the relay took; -1 when it did not end well. */
static long
bed_close(struct bed *b)
{
	struct rusage ru;
	int status;

	close(b->client);
	close(b->session);
	if (wait4(b->relay, &status, 0, &ru) != b->relay || status != 0)
		return -1;
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000;
}

static bool
comes(int fd, const char *want)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = strlen(want), got = 0;
	char room[64];

	while (got < n && poll(&p, 1, PATIENCE_MS) == 1) {
		ssize_t r = read(fd, room + got, n - got);

		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got == n && memcmp(room, want, n) == 0;
}

static bool
ends(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &c, 1) == 0;
}

static bool
say(int fd, const char *z)
{
	return send(fd, z, strlen(z), MSG_NOSIGNAL) == (ssize_t)strlen(z);
}

static char
octet(size_t i)
{
	return (char)(i * 2654435761U >> 13);
}

/* A child that writes BIG octets and leaves. */
static pid_t
writer(const struct bed *b, int fd)
{
	static char all[BIG];
	size_t off = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	close(fd == b->client ? b->session : b->client);
	for (size_t i = 0; i < BIG; i++)
		all[i] = octet(i);
	while (off < BIG) {
		ssize_t n = send(fd, all + off, BIG - off, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(1);
		off += (size_t)n;
	}
	_exit(0);
}

/* BIG octets as writer() made them, in small and uneven reads. */
static bool
big_comes(int fd)
{
	size_t got = 0, step = 1;
	char room[9000];
	ssize_t n;

	while ((n = read(fd, room, step)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (room[i] != octet(got + (size_t)i))
				return false;
		got += (size_t)n;
		step = step * 7 % 8999 + 1;
	}
	return n == 0 && got == BIG;
}

static void
test_both_ways(void)
{
	struct bed b;

	bed_open(&b);
	ok(say(b.client, "a NOOP\r\n") && comes(b.session, "a NOOP\r\n"),
		"what the client says reaches the session");
	ok(say(b.session, "a OK\r\n") && comes(b.client, "a OK\r\n"),
		"what the session says reaches the client");
	ok(bed_close(&b) >= 0, "the relay ends when both have");
}

static void
test_half_close(void)
{
	struct bed b;

	bed_open(&b);
	say(b.client, "QUIT\r\n");
	shutdown(b.client, SHUT_WR);
	ok(comes(b.session, "QUIT\r\n") && ends(b.session),
		"the client's end reaches the session, behind its last words");
	ok(say(b.session, "+OK\r\n") && comes(b.client, "+OK\r\n"),
		"a client that has closed its side still gets its answer");
	close(b.session);
	ok(ends(b.client), "the session's end reaches the client");
	bed_close(&b);
}

static void
test_big(bool down)
{
	struct bed b;
	pid_t pid;
	int from, to, status;

	bed_open(&b);
	from = down ? b.session : b.client;
	to = down ? b.client : b.session;
	pid = writer(&b, from);
	close(from);
	*(down ? &b.session : &b.client) = -1;
	ok(big_comes(to), "3 MiB arrive whole %s, also after the writer ended",
		down ? "at the client" : "at the session");
	ok(waitpid(pid, &status, 0) == pid && status == 0,
		"and the writer could write them");
	bed_close(&b);
}

static void
test_vanished(void)
{
	struct bed b;

	bed_open(&b);
	say(b.client, "DELE 1\r\nQUIT\r\n");
	close(b.client);
	b.client = -1;
	ok(say(b.session, "+OK\r\n"), "a session answers a client that left");
	ok(comes(b.session, "DELE 1\r\nQUIT\r\n") && ends(b.session),
		"what a client sent before it vanished is still passed on");
	bed_close(&b);
}

static void
test_session_ends(void)
{
	struct bed b;
	int64_t begin = io_now_ms();

	bed_open(&b);
	say(b.session, "* BYE\r\n");
	close(b.session);
	b.session = -1;
	ok(comes(b.client, "* BYE\r\n") && ends(b.client) &&
			io_now_ms() - begin < 1500,
		"the session's end is told at once, behind its last words");
	ok(waitpid(b.relay, NULL, 0) == b.relay && io_now_ms() - begin < 4000,
		"a client that does not close does not hold the relay");
	close(b.client);
}

/* How much the other side takes before it has to wait. */
static size_t
fill(int fd)
{
	static const char block[4096];
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	size_t sum = 0;

	while (sum < BIG && poll(&p, 1, 300) == 1) {
		ssize_t n = send(
			fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1)
			break;
		sum += (size_t)n;
	}
	return sum;
}

static void
test_bounds(void)
{
	struct bed b;
	size_t up, down;

	bed_open(&b);
	up = fill(b.client);
	down = fill(b.session);
	ok(up > 16384 && up < (1 << 20),
		"a session that does not read is not read to");
	ok(down > 16384 && down < (1 << 20), "nor is a client that does not");
	shutdown(b.client, SHUT_WR);
	poll(NULL, 0, 500);
	kill(b.relay, SIGTERM);
	close(b.client);
	close(b.session);
	waitpid(b.relay, NULL, 0);
}

static void
test_no_busy_loop(void)
{
	struct bed b;
	long ms;

	bed_open(&b);
	fill(b.client);
	close(b.client); /* hung up, while the session does not read */
	b.client = -1;
	poll(NULL, 0, 800);
	ms = bed_close(&b);
	ok(ms >= 0 && ms < 200, "waiting costs no time: %ld ms", ms);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	test_both_ways();
	test_half_close();
	test_big(true);
	test_big(false);
	test_vanished();
	test_session_ends();
	test_bounds();
	test_no_busy_loop();
	return tap_done();
}

/*
 * What common/io promises, over a socketpair, pipes and files: lines in any
 * pieces, limits, time-outs, no deadlock under pipelining, hand-over, layers.
 */
#include "common/io.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct bed {
	int ours, theirs;
	struct io *io;
};

static void
bed_open(struct bed *b)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		abort();
	b->ours = sv[0];
	b->theirs = sv[1];
	b->io = io_new(sv[0], sv[0], 65536);
	io_set_timeouts(b->io, 2000, 2000);
}

static void
bed_close(struct bed *b)
{
	io_free(b->io);
	close(b->ours);
	close(b->theirs);
}

static void
say(struct bed *b, const char *z)
{
	if (write(b->theirs, z, strlen(z)) == -1)
		abort();
}

static bool
line_is(struct io *io, const char *want)
{
	struct str line;

	return io_line(io, 64, &line) == IO_OK && str_is(line, want);
}

static pid_t
child(void)
{
	fflush(stdout);
	return fork();
}

static void
lines(void)
{
	static const char text[] = "USER a\r\n\r\nbare\nNUL\r\n x \r\n";
	struct bed b;
	struct str line;
	pid_t pid;

	bed_open(&b);
	pid = child();
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(text) - 1; i++) {
			send(b.theirs, text + i, 1, 0);
			usleep(300);
		}
		send(b.theirs, "half", 4, 0);
		_exit(0);
	}
	close(b.theirs);
	b.theirs = -1;
	ok(line_is(b.io, "USER a"), "a line comes one octet at a time");
	ok(line_is(b.io, ""), "an empty line is a line");
	ok(line_is(b.io, "bare"), "LF alone ends a line");
	ok(line_is(b.io, "NUL"), "a line in the middle of others");
	ok(line_is(b.io, " x "), "blanks stay");
	waitpid(pid, NULL, 0);
	ok(io_line(b.io, 64, &line) == IO_EOF,
		"a line that the close cut off is not a line");
	ok(io_line(b.io, 64, &line) == IO_EOF, "the end is remembered");
	ok(io_dead(b.io) == IO_OK, "  and is no end of writing");
	ok(io_octets_in(b.io) == sizeof(text) - 1 + 4, "octets are counted");
	bed_close(&b);
}

static void
limits(void)
{
	static const struct {
		size_t n, max;
		enum io_result want;
		const char *what;
	} t[] = {
		{10,     10,  IO_OK,      "a line of exactly max octets is good"},
		{11,     10,  IO_TOOLONG, "one more is too long"                },
		{200000, 100, IO_TOOLONG, "a long one is swallowed"             },
		{8191,   64,  IO_TOOLONG, "so is one that fills a read"         },
		{0,      0,   IO_OK,      "max 0 admits the empty line"         },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bed b;
		struct str line;
		pid_t pid;

		bed_open(&b);
		pid = child();
		if (pid == 0) {
			for (size_t k = 0; k < t[i].n; k++)
				send(b.theirs, "x", 1, 0);
			send(b.theirs, "\r\nnext\r\n", 8, 0);
			_exit(0);
		}
		ok(io_line(b.io, t[i].max, &line) == t[i].want, "%s",
			t[i].what);
		ok(line_is(b.io, "next"), "  and the next line is in step");
		waitpid(pid, NULL, 0);
		bed_close(&b);
	}
}

static void
timeouts(void)
{
	struct bed b;
	struct str line;
	int64_t t0 = io_now_ms();
	static char big[300000];
	char got[16];

	bed_open(&b);
	io_set_timeouts(b.io, 50, 50);
	say(&b, "unfinished");
	ok(io_line(b.io, 64, &line) == IO_TIMEOUT, "silence times out");
	ok(io_now_ms() - t0 >= 49 && io_now_ms() - t0 < 1500, "  in time");
	io_puts(b.io, "* BYE\r\n");
	ok(io_flush(b.io) == IO_OK && read(b.theirs, got, 16) == 7,
		"  and a last word can be said");
	bed_close(&b);

	bed_open(&b);
	io_set_deadline(b.io, io_now_ms() + 60);
	say(&b, "x");
	ok(io_line(b.io, 64, &line) == IO_TIMEOUT,
		"the absolute deadline ends a read");
	bed_close(&b);

	bed_open(&b);
	io_set_timeouts(b.io, 50, 50);
	io_write(b.io, big, sizeof(big));
	io_write(b.io, big, sizeof(big));
	io_write(b.io, big, sizeof(big));
	ok(io_flush(b.io) == IO_TIMEOUT, "a client that does not read ends");
	say(&b, "QUIT\r\n");
	ok(io_line(b.io, 64, &line) == IO_TIMEOUT, "  and is not read again");
	bed_close(&b);
}

/* The client sends everything before it reads anything. */
static void
greedy_client(int fd, int n, size_t answer)
{
	size_t left = (size_t)n * answer;
	char buf[4096];

	for (int i = 0; i < n; i++)
		if (send(fd, "RETR 1234567890\r\n", 17, 0) != 17)
			_exit(1);
	while (left > 0) {
		ssize_t got = read(fd, buf, sizeof(buf));

		if (got <= 0)
			_exit(2);
		left -= (size_t)got;
	}
	_exit(0);
}

static void
pipelining(void)
{
	enum {
		COMMANDS = 2000,
		ANSWER = 3000
	};
	static char answer[ANSWER];
	struct bed b;
	struct str line;
	int small = 2048, status = -1, n = 0;
	pid_t pid;

	bed_open(&b);
	setsockopt(b.ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(b.theirs, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	pid = child();
	if (pid == 0)
		greedy_client(b.theirs, COMMANDS, ANSWER);
	close(b.theirs);
	b.theirs = -1;
	memset(answer, 'a', sizeof(answer));
	while (io_line(b.io, 64, &line) == IO_OK &&
		str_is(line, "RETR 1234567890")) {
		n++;
		io_write(b.io, answer, sizeof(answer));
	}
	waitpid(pid, &status, 0);
	ok(n == COMMANDS, "2,000 commands ahead of all reading are served");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"  and all answers arrive");
	bed_close(&b);
}

static void
peer_gone(void)
{
	struct bed b;
	struct str line;

	bed_open(&b);
	say(&b, "DELE 1\r\nQUIT\r\n");
	close(b.theirs);
	b.theirs = -1;
	ok(line_is(b.io, "DELE 1"), "the client sent and left");
	io_puts(b.io, "+OK\r\n");
	ok(io_flush(b.io) == IO_ERROR, "  an answer fails");
	ok(line_is(b.io, "QUIT"), "  what it had sent is still read");
	ok(io_line(b.io, 64, &line) != IO_OK, "  then it ends");
	bed_close(&b);

	bed_open(&b);
	io_puts(b.io, "+OK\r\n");
	say(&b, "DELE 1\r\n");
	shutdown(b.theirs, SHUT_WR);
	ok(line_is(b.io, "DELE 1") && io_line(b.io, 64, &line) == IO_EOF,
		"a half-closed connection is read to its end");
	io_puts(b.io, "bye\r\n");
	ok(io_flush(b.io) == IO_OK, "  and can still be answered");
	bed_close(&b);
}

static void
octets(void)
{
	struct bed b;
	unsigned char c = 0;
	char buf[16] = {0};
	size_t got = 0;

	bed_open(&b);
	say(&b, "ab12345678\r\nrest");
	ok(io_getc(b.io, &c) == IO_OK && c == 'a', "one octet");
	ok(io_read(b.io, buf, 2) == IO_OK && memcmp(buf, "b1", 2) == 0,
		"exactly n octets");
	ok(io_skip(b.io, 4) == IO_OK && line_is(b.io, "678"),
		"octets are skipped");
	ok(io_some(b.io, buf, sizeof(buf), &got) == IO_OK && got == 4,
		"some octets: what is there");
	bed_close(&b);
}

static void
hand_over(void)
{
	struct bed b;
	struct io *next;
	struct str un;
	char kept[64];
	size_t n;

	bed_open(&b);
	say(&b, "PASS x\r\nSTAT\r\nLI");
	ok(line_is(b.io, "PASS x"), "the front reads one line");
	un = io_unread(b.io);
	n = un.n;
	memcpy(kept, un.p, n);
	ok(n == 8 && memcmp(kept, "STAT\r\nLI", 8) == 0,
		"  the rest is there to be handed over");
	next = io_new(b.ours, b.ours, 4096);
	io_set_timeouts(next, 2000, 2000);
	say(&b, "ST\r\n");
	io_preload(next, (struct str){kept, n});
	ok(line_is(next, "STAT") && line_is(next, "LIST"),
		"  the session goes on where the front stopped");
	io_free(next);
	say(&b, "injected\r\nx\r\n");
	ok(line_is(b.io, "STAT"), "lines");
	io_drop_unread(b.io);
	ok(io_unread(b.io).n == 0, "unread octets can be thrown away");
	bed_close(&b);
}

static void
waiting(void)
{
	struct bed b;
	bool client = true, other = true;
	struct str line;
	int p[2];

	if (pipe(p) == -1)
		abort();
	bed_open(&b);
	ok(io_wait(b.io, p[0], 20, &client, &other) == IO_OK && !client &&
			!other,
		"a wait ends after its time");
	if (write(p[1], "x", 1) != 1)
		abort();
	ok(io_wait(b.io, p[0], 1000, &client, &other) == IO_OK && !client &&
			other,
		"  by the other descriptor");
	say(&b, "DONE\r\n");
	ok(io_wait(b.io, -1, -1, &client, &other) == IO_OK && client,
		"  by the client");
	ok(io_wait(b.io, -1, -1, &client, &other) == IO_OK && client &&
			line_is(b.io, "DONE"),
		"  again, for nothing was read");
	shutdown(b.theirs, SHUT_WR);
	ok(io_wait(b.io, -1, -1, &client, &other) == IO_OK && client &&
			io_line(b.io, 64, &line) == IO_EOF,
		"  by its end");
	bed_close(&b);
	bed_open(&b);
	io_set_timeouts(b.io, 20, 20);
	ok(io_wait(b.io, -1, -1, &client, &other) == IO_TIMEOUT,
		"  by the read time-out when no time is given");
	bed_close(&b);
	close(p[0]);
	close(p[1]);
}

static volatile int stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void
sigterm(void)
{
	struct sigaction sa = {.sa_handler = on_term};
	struct bed b;
	struct str line;
	char got[16];
	int busy = 0;

	sigaction(SIGTERM, &sa, NULL);
	bed_open(&b);
	io_stop_on(b.io, &stop);
	raise(SIGTERM);
	ok(!stop, "SIGTERM waits until we wait");
	ok(io_line(b.io, 64, &line) == IO_STOP, "  and ends the wait");
	io_puts(b.io, "* BYE\r\n");
	ok(io_flush(b.io) == IO_OK && read(b.theirs, got, 16) == 7,
		"  with a last word");
	bed_close(&b);

	stop = 0;
	bed_open(&b);
	io_stop_on(b.io, &stop);
	raise(SIGTERM);
	do
		say(&b, "NOOP\r\n");
	while (busy++ < 1000 && io_line(b.io, 64, &line) == IO_OK);
	ok(stop && busy < 1000, "a busy client is stopped as well");
	bed_close(&b);
	stop = 0;
}

/* A pair of pipes as a shell gives them, and a file as stdin. */
static void
pipes(void)
{
	char name[] = "/tmp/stdmail-io-XXXXXX";
	int in[2], out[2], file, flags;
	struct str line;
	struct io *io;
	char buf[64];

	if (pipe(in) == -1 || pipe(out) == -1)
		abort();
	io = io_new(in[0], out[1], 4096);
	io_set_timeouts(io, 50, 50);
	if (write(in[1], "one\ntwo\n", 8) != 8)
		abort();
	ok(line_is(io, "one") && line_is(io, "two"), "lines from a pipe");
	flags = fcntl(in[0], F_GETFL) | fcntl(out[1], F_GETFL);
	ok((flags & O_NONBLOCK) == 0, "  whose flags stay as they were");
	io_puts(io, "answer");
	ok(io_flush(io) == IO_OK && read(out[0], buf, 64) == 6,
		"answers to a pipe");
	for (int i = 0; i < 200; i++)
		io_printf(io, "%01000d", i);
	ok(io_flush(io) == IO_TIMEOUT, "a full pipe times out");
	io_free(io);

	io = io_new(in[0], out[1], 4096);
	close(in[1]);
	ok(io_line(io, 64, &line) == IO_EOF, "a pipe ends");
	io_free(io);
	close(in[0]);
	close(out[0]);
	close(out[1]);

	file = mkstemp(name);
	unlink(name);
	if (file == -1 || write(file, "STAT\r\nQUIT", 10) != 10)
		abort();
	lseek(file, 0, SEEK_SET);
	io = io_new(file, file, 4096);
	ok(line_is(io, "STAT") && io_line(io, 64, &line) == IO_EOF,
		"lines from a file");
	io_free(io);
	close(file);
}

/* A layer that turns letters round by one and works in small pieces. */
struct shift {
	struct io *io;
	char held[7];
	size_t n;
};

static ssize_t
shift_read(void *ctx, void *p, size_t n, short *wants)
{
	struct shift *s = ctx;
	ssize_t got = io_raw_read(s->io, p, n > 3 ? 3 : n);

	*wants = POLLIN;
	for (ssize_t i = 0; i < got; i++)
		((char *)p)[i]--;
	return got;
}

static int
shift_flush(void *ctx, short *wants)
{
	struct shift *s = ctx;
	ssize_t put;

	*wants = POLLOUT;
	while (s->n > 0) {
		put = io_raw_write(s->io, s->held, s->n);
		if (put == -1)
			return -1;
		memmove(s->held, s->held + put, s->n - (size_t)put);
		s->n -= (size_t)put;
	}
	return 0;
}

static ssize_t
shift_write(void *ctx, const void *p, size_t n, short *wants)
{
	struct shift *s = ctx;
	size_t i;

	if (s->n == sizeof(s->held) && shift_flush(ctx, wants) == -1)
		return -1;
	for (i = 0; i < n && s->n < sizeof(s->held); i++)
		s->held[s->n++] = (char)(((const char *)p)[i] + 1);
	return (ssize_t)i;
}

static bool
shift_pending(void *ctx)
{
	(void)ctx;
	return false;
}

static void
layers(void)
{
	struct bed b;
	struct shift s = {0};
	char got[64] = "";
	struct io_layer layer = {
		&s, shift_read, shift_write, shift_flush, shift_pending};

	bed_open(&b);
	s.io = b.io;
	io_puts(b.io, "plain,");
	io_set_layer(b.io, &layer);
	say(&b, "TUBU!2\x0b");
	ok(line_is(b.io, "STAT 1"), "a layer decodes what is read");
	io_puts(b.io, "HAL9000 and more");
	ok(io_flush(b.io) == IO_OK && read(b.theirs, got, 63) > 0 &&
			strcmp(got, "plain,IBM:111!boe!npsf") == 0,
		"a layer encodes what is written, to its last octet");
	bed_close(&b);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	lines();
	limits();
	timeouts();
	pipelining();
	peer_gone();
	octets();
	hand_over();
	waiting();
	pipes();
	layers();
	sigterm();
	return tap_done();
}

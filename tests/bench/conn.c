/*
 * The client's end of a connection.  It has to be faster than any server it
 * measures, so it looks at the beginning of lines only and steps over literals
 * by their announced length.
 *
 * What can go wrong:
 *  1. Nagle's algorithm and delayed acknowledgements: TCP_NODELAY, and a
 *     command leaves in one piece.
 *  2. A pipelined series longer than the buffers of both sides: whoever sends
 *     it all before he reads blocks for ever.  conn_line sends and reads.
 *  3. A line longer than the buffer: the buffer grows, up to a ceiling.
 */
#include "tests/bench/conn.h"
#include "common/num.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 20,
	COMMAND_MAX = 1024
};

static void
conn_start(struct conn *c, bool pop3, int fd)
{
	*c = (struct conn){.fd = fd, .pop3 = pop3};
	c->p = malloc(BUFFER);
	if (c->p == NULL)
		err(1, "memory");
}

void
conn_open(struct conn *c, bool pop3, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd == -1 ||
		connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		err(1, "port %u", port);
	conn_start(c, pop3, fd);
}

void
conn_close(struct conn *c)
{
	close(c->fd);
	free(c->p);
	c->p = NULL;
}

void
conn_send(struct conn *c, struct str s)
{
	while (s.n) {
		ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n == -1)
			err(1, "send");
		s = str_skip(s, (size_t)n);
	}
}

/* Send what is unsent as far as the server takes it now. */
static void
push(struct conn *c)
{
	ssize_t n = send(
		c->fd, c->unsent.p, c->unsent.n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && errno != EAGAIN)
		err(1, "send");
	if (n > 0)
		c->unsent = str_skip(c->unsent, (size_t)n);
}

static void
wait_both(struct conn *c)
{
	while (c->unsent.n) {
		struct pollfd p = {c->fd, POLLIN | POLLOUT, 0};

		if (poll(&p, 1, -1) == -1)
			err(1, "poll");
		if (p.revents & POLLOUT)
			push(c);
		if (p.revents & ~POLLOUT)
			return;
	}
}

/* Read more; false at the end of the connection. */
static bool
more(struct conn *c)
{
	ssize_t n;

	if (c->at == c->n)
		c->at = c->n = 0;
	if (c->n == BUFFER) {
		memmove(c->p, c->p + c->at, c->n - c->at);
		c->n -= c->at;
		c->at = 0;
		if (c->n == BUFFER)
			errx(1, "a line of more than %d octets", BUFFER);
	}
	wait_both(c);
	n = recv(c->fd, c->p + c->n, BUFFER - c->n, 0);
	if (n == -1 && errno != ECONNRESET)
		err(1, "recv");
	if (n <= 0)
		return false;
	c->n += (size_t)n;
	c->octets += (uint64_t)n;
	return true;
}

static void
must_read(struct conn *c)
{
	if (!more(c))
		errx(1, "the server hung up");
}

bool
conn_ready(struct conn *c, int ms)
{
	struct pollfd p = {c->fd, POLLIN, 0};

	if (memchr(c->p + c->at, '\n', c->n - c->at))
		return true;
	return poll(&p, 1, ms) == 1;
}

/* The announced length when the line ends in a literal: "{12}". */
static bool
ends_in_literal(struct str line, uint64_t *length)
{
	const char *open;

	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	open = memrchr(line.p, '{', line.n);
	return open && num_u64((struct str){open + 1, (size_t)(line.p + line.n -
							       1 - (open + 1))},
			       UINT64_MAX, length);
}

static void
skip_octets(struct conn *c, uint64_t n)
{
	while (n > c->n - c->at) {
		n -= c->n - c->at;
		c->at = c->n;
		must_read(c);
	}
	c->at += (size_t)n;
}

/* A line, or an empty str with p NULL at the end of the connection. */
static struct str
any_line(struct conn *c)
{
	size_t seen = 0;
	const char *lf;
	struct str line;

	while ((lf = memchr(c->p + c->at + seen, '\n', c->n - c->at - seen)) ==
		NULL) {
		seen = c->n - c->at;
		if (!more(c))
			return (struct str){NULL, 0};
	}
	line = (struct str){c->p + c->at, (size_t)(lf - (c->p + c->at))};
	c->at += line.n + 1;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

struct str
conn_line(struct conn *c)
{
	struct str line = any_line(c);
	uint64_t n;

	if (line.p == NULL)
		errx(1, "the server hung up");
	if (!c->pop3 && ends_in_literal(line, &n)) {
		skip_octets(c, n);
		return (struct str){"", 0};
	}
	return line;
}

void
conn_greeting(struct conn *c)
{
	struct str line = conn_line(c);

	if (!str_starts(line, STR("* OK")) &&
		!str_starts(line, STR("* PREAUTH")) &&
		!str_starts(line, STR("+OK")))
		errx(1, "greeting: %.*s", (int)line.n, line.p);
}

enum answer
conn_tagged(struct conn *c, unsigned tag)
{
	char want[16];
	struct str start;

	start.p = want;
	start.n = (size_t)snprintf(want, sizeof(want), "t%u ", tag);
	for (;;) {
		struct str line = conn_line(c);

		if (!str_starts(line, start))
			continue;
		if (str_istarts(str_skip(line, start.n), STR("OK")))
			return ANSWER_OK;
		warnx("%.*s", (int)line.n, line.p);
		return ANSWER_NO;
	}
}

bool
conn_has_lines(const char *text)
{
	static const char *const many[] = {"RETR", "TOP", "CAPA"};

	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		if (strncasecmp(text, many[i], strlen(many[i])) == 0)
			return true;
	return strcasecmp(text, "LIST") == 0 || strcasecmp(text, "UIDL") == 0;
}

enum answer
conn_pop3(struct conn *c, bool lines)
{
	struct str line = conn_line(c);

	if (!str_starts(line, STR("+OK")))
		return ANSWER_NO;
	while (lines) {
		line = conn_line(c);
		if (line.n == 1 && line.p[0] == '.')
			break;
	}
	return ANSWER_OK;
}

enum answer
conn_command(struct conn *c, const char *text)
{
	char out[COMMAND_MAX];
	int n;

	if (c->pop3)
		n = snprintf(out, sizeof(out), "%s\r\n", text);
	else
		n = snprintf(out, sizeof(out), "t%u %s\r\n", ++c->tag, text);
	if (n < 0 || n >= COMMAND_MAX)
		errx(1, "command too long");
	conn_send(c, (struct str){out, (size_t)n});
	return c->pop3 ? conn_pop3(c, conn_has_lines(text))
		       : conn_tagged(c, c->tag);
}

void
conn_login(struct conn *c, const char *user, const char *password)
{
	char text[256];

	if (c->pop3) {
		snprintf(text, sizeof(text), "USER %s", user);
		conn_command(c, text);
		snprintf(text, sizeof(text), "PASS %s", password);
	} else
		snprintf(text, sizeof(text), "LOGIN %s %s", user, password);
	if (conn_command(c, text) != ANSWER_OK)
		errx(1, "login refused");
}

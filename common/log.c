/*
 * The administrator's log.
 *
 * The problems, and what we chose:
 *
 * 1. A confined process cannot open a socket, and in an empty chroot there is
 *    no path to one.  sd_journal_sendv() and syslog(3) open theirs at first
 *    use and address it by path.  So one datagram socket is connected at the
 *    start, all processes of a connection inherit it, and both formats are
 *    written here: they are a few lines each.
 * 2. The line must not lie.  A user name with a line feed in it would start a
 *    second line, one with a blank would forge a field (rhost=...).  Every
 *    value is escaped, and quoted when it holds a blank, "=" or a quote.
 * 3. Descriptor 2 may be the client (inetd).  It is used last, and
 *    common/start.c has made it /dev/null by then when it is the client.
 * 4. syslogd may be restarted and leave us with a dead socket.  The monitor
 *    connects again; a confined process, which may not, loses the line.
 *
 * Nothing here allocates, so die() works without memory.  Lines are cut at
 * LINE_MAX octets.
 */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	LOG_LINE_MAX = 2000,
	LOG_VALUE_MAX = 700
};

static struct {
	const char *name;
	const char *path; /* of the socket; NULL: fd 2, or nowhere */
	int fd;           /* -1: none */
	bool journal;
	bool fixed; /* may not connect again */
} lg = {.name = "stdmail", .fd = -1};

/* A line being made: silently full at its end. */
struct line {
	char p[LOG_LINE_MAX + 1];
	size_t n;
};

static void
line_putc(struct line *l, char c)
{
	if (l->n < LOG_LINE_MAX)
		l->p[l->n++] = c;
}

static void
line_puts(struct line *l, const char *z)
{
	while (*z)
		line_putc(l, *z++);
}

static void
line_escaped(struct line *l, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (i == LOG_VALUE_MAX) {
			line_puts(l, "...");
			return;
		}
		if (c == '"' || c == '\\') {
			line_putc(l, '\\');
			line_putc(l, (char)c);
		} else if (c < ' ' || c > 126) {
			line_puts(l, "\\x");
			line_putc(l, hex[c >> 4]);
			line_putc(l, hex[c & 15]);
		} else {
			line_putc(l, (char)c);
		}
	}
}

static void
line_value(struct line *l, struct str s)
{
	bool quote = s.n == 0 || str_find(s, ' ') >= 0 ||
		     str_find(s, '=') >= 0 || str_find(s, '"') >= 0;

	if (quote)
		line_putc(l, '"');
	line_escaped(l, s);
	if (quote)
		line_putc(l, '"');
}

static int
connect_to(int fd, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	memcpy(sa.sun_path, path, strlen(path));
	return connect(fd, (struct sockaddr *)&sa, sizeof(sa));
}

static bool
try_socket(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect_to(fd, path) == -1) {
		if (fd != -1)
			close(fd);
		return false;
	}
	lg.fd = fd;
	lg.path = path;
	return true;
}

void
log_open(const char *name)
{
	lg.name = name;
	tzset(); /* reads /etc/localtime, which a confined process cannot */
	if (try_socket("/run/systemd/journal/socket"))
		lg.journal = true;
	else if (!try_socket("/dev/log"))
		lg.fd = 2;
}

int
log_fd(void)
{
	return lg.fd;
}

void
log_fix(void)
{
	lg.fixed = true;
}

/* Send; once more on a new connection when the other end was restarted. */
static void
deliver(struct iovec *iov, size_t n)
{
	ssize_t r;

	if (lg.fd == -1)
		return;
	r = writev(lg.fd, iov, (int)n);
	if (r == -1 && lg.path && !lg.fixed && errno != EAGAIN &&
		connect_to(lg.fd, lg.path) == 0)
		r = writev(lg.fd, iov, (int)n);
	(void)r;
}

static void
deliver_text(int priority, struct line *l)
{
	char head[120], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	line_putc(l, '\n');
	if (lg.path == NULL)
		n = snprintf(
			head, sizeof(head), "%s[%d]: ", lg.name, (int)getpid());
	else {
		localtime_r(&now, &tm);
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
		n = snprintf(head, sizeof(head),
			"<%d>%s %s[%d]: ", LOG_MAIL | priority, when, lg.name,
			(int)getpid());
		l->n--;
	}
	deliver(
		(struct iovec[]){
			{head, (size_t)n},
                        {l->p, l->n     }
        },
		2);
}

/* The journal's native form: KEY=value lines; an escaped value is always one
 * line, so the form with a length is not needed. */
static void
deliver_journal(int priority, struct line *l, const char *event,
	const struct log_field *f, size_t n)
{
	struct line more = {.n = 0};
	char head[160];
	int len = snprintf(head, sizeof(head),
		"PRIORITY=%d\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=%s\n"
		"SYSLOG_PID=%d\nMESSAGE=",
		priority, lg.name, (int)getpid());

	if (event) {
		line_puts(&more, "\nSTDMAIL_EVENT=");
		line_puts(&more, event);
	}
	for (size_t i = 0; i < n; i++) {
		line_puts(&more, "\nSTDMAIL_");
		for (const char *k = f[i].key; *k; k++)
			line_putc(&more, ascii_upper(*k));
		line_putc(&more, '=');
		line_escaped(&more, f[i].value);
	}
	more.p[more.n++] = '\n';
	deliver(
		(struct iovec[]){
			{head,   (size_t)len},
                        {l->p,   l->n       },
                        {more.p, more.n     }
        },
		3);
}

static void
emit(int priority, struct line *l, const char *event, const struct log_field *f,
	size_t n)
{
	int e = errno;

	if (lg.journal)
		deliver_journal(priority, l, event, f, n);
	else if (lg.path != NULL || priority < LOG_DEBUG)
		deliver_text(priority, l);
	errno = e;
}

void
log_fields(int priority, const char *event, const struct log_field *f, size_t n)
{
	struct line l = {.n = 0};

	line_puts(&l, event);
	for (size_t i = 0; i < n; i++) {
		line_putc(&l, ' ');
		line_puts(&l, f[i].key);
		line_putc(&l, '=');
		line_value(&l, f[i].value);
	}
	emit(priority, &l, event, f, n);
}

__attribute__((format(printf, 2, 0))) static void
text(int priority, const char *fmt, va_list ap)
{
	struct line l = {.n = 0};
	char raw[LOG_VALUE_MAX];
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);

	if (n < 0)
		return;
	line_escaped(&l, str_of(raw));
	emit(priority, &l, NULL, NULL, 0);
}

#define TEXT_FUNCTION(name, priority)                                          \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		text(priority, fmt, ap);                                       \
		va_end(ap);                                                    \
	}
TEXT_FUNCTION(log_error, LOG_ERR)
TEXT_FUNCTION(log_warn, LOG_WARNING)

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text(LOG_CRIT, fmt, ap);
	va_end(ap);
	_exit(EX_SOFTWARE);
}

void
log_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(2, fmt, ap);
	dprintf(2, "\n");
	va_end(ap);
	if (isatty(2) || lg.path == NULL)
		return;
	va_start(ap, fmt);
	text(LOG_ERR, fmt, ap);
	va_end(ap);
}

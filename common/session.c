/*
 * The session: what every start leads to.
 *
 * It knows how much went in and out and what the protocol counted, and tells
 * that at its end to the monitor, which has root's view of the login; without
 * a monitor (a preauthenticated start is one process) it writes the log lines
 * itself.
 *
 * Nothing here is trusted by the monitor: a session that lies spoils its own
 * log line.
 */
#include "common/session.h"
#include "common/log.h"
#include "common/monitor.h"
#include "common/totals.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A client that does not take an answer for so long is gone.  IN_MAX holds
 * 2,000 commands sent ahead. */
enum {
	WRITE_MS = 180 * 1000,
	IN_MAX = 256 * 1024
};

struct session_link {
	int monitor; /* -1: none */
	struct totals totals;
};

volatile int session_stop;

static void
on_term(int sig)
{
	session_stop = sig;
}

void
session_stop_signal(void)
{
	struct sigaction sa = {.sa_handler = on_term};

	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGTERM, &sa, NULL);
}

void
session_count(struct session *s, const char *key, uint64_t n)
{
	struct totals *t = &s->link->totals;
	uint32_t i = 0;

	while (i < t->count_n && strcmp(t->count[i].key, key) != 0)
		i++;
	if (i == TOTALS_MAX)
		return;
	snprintf(t->count[i].key, sizeof(t->count[i].key), "%s", key);
	t->count[i].n = n;
	if (i == t->count_n)
		t->count_n++;
}

void
session_status(struct session *s, const char *fmt, ...)
{
	char text[MONITOR_STATUS_MAX];
	struct buf b;
	va_list ap;
	int n;

	if (s->link->monitor == -1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	record_begin(&b, REQ_STATUS);
	record_put_str(&b, str_of(text));
	(void)record_send(s->link->monitor, &b);
	buf_free(&b);
}

/* The last words, to the monitor or to the log. */
static void
tell_totals(const struct session *s, int64_t ms)
{
	const struct session_link *l = s->link;
	struct buf b;

	if (l->monitor == -1) {
		totals_log_logout(s->user, s->peer, &l->totals, ms);
		return;
	}
	record_begin(&b, REQ_TOTALS);
	totals_put(&b, &l->totals);
	(void)record_send(l->monitor, &b);
	buf_free(&b);
}

struct io *
session_io(int in, int out)
{
	return io_new(in, out, IN_MAX);
}

void
session_serve(const struct server *srv, struct session *s, struct str unread,
	int monitor)
{
	struct session_link link = {.monitor = monitor};
	int64_t begin = io_now_ms();

	s->link = &link;
	io_set_timeouts(s->io, (int)s->opt->idle_timeout_s * 1000, WRITE_MS);
	io_stop_on(s->io, &session_stop);
	io_preload(s->io, unread);
	srv->session(s);
	(void)io_flush(s->io);
	link.totals.in = io_octets_in(s->io) + unread.n;
	link.totals.out = io_octets_out(s->io);
	tell_totals(s, io_now_ms() - begin);
	io_free(s->io);
}

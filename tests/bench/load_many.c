/*
 * The steps of the client that take many connections, deliveries or messages.
 *
 * What can go wrong:
 *  1. Sessions in parallel from one thread would wait for each other: each
 *     lane is a process of its own.
 *  2. A notice that never comes: after five seconds the row is empty.
 *  3. Mail does not come ten times a second, and servers gather what does:
 *     the next delivery waits until the connection has been quiet.
 *  4. An extension that is not there: a literal sent to a server without
 *     MULTIAPPEND would be read as commands, so its capability is asked first.
 */
#include "tests/bench/load.h"
#include "common/buf.h"
#include "common/num.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NOTICE_MS = 5000,
	QUIET_MS = 250,
	NEWEST = 50,
	COMMAND_MAX = 1024,
	APPEND_OCTETS_MAX = 1 << 28
};

static void
one_session(const struct load *l)
{
	struct conn c;

	reach(l, &c);
	conn_login(&c, l->user, l->password);
	leave(&c);
}

void
do_sessions(
	const struct load *l, const char *name, uint32_t n, uint32_t parallel)
{
	uint32_t each = n / parallel;
	bool ok = true;
	struct watch w;
	int status;

	settle(l->group);
	fflush(stdout);
	w = watch_start(l->group);
	for (uint32_t i = 0; i < parallel; i++)
		if (fork() == 0) {
			for (uint32_t j = 0; j < each; j++)
				one_session(l);
			_exit(0);
		}
	while (wait(&status) > 0)
		ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	w.wall_us = now_us() - w.wall_us;
	settle(l->group);
	w.cpu_us = watch_stop(w, l->group).cpu_us;
	if (ok)
		tell(name, w, 0, each * parallel);
	else
		tell_nothing(name);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* NAME.p50 and NAME.p99 of n samples. */
static void
tell_quantiles(const char *name, uint64_t *us, uint32_t n, uint64_t cpu)
{
	char full[96];

	qsort(us, n, sizeof(*us), by_value);
	snprintf(full, sizeof(full), "%s.p50", name);
	tell(full, (struct watch){us[n / 2], cpu}, 0, n);
	snprintf(full, sizeof(full), "%s.p99", name);
	tell(full, (struct watch){us[(n * 99 - 1) / 100], cpu}, 0, n);
}

void
do_pace(struct conn *c, const char *name, uint32_t n, const char *command)
{
	const char *at = strstr(command, "%u");
	size_t before = at ? (size_t)(at - command) : strlen(command);
	uint64_t *us = calloc(n, sizeof(*us));
	bool ok = n > 0;
	struct buf b;

	if (us == NULL)
		err(1, "pace");
	buf_init(&b, COMMAND_MAX);
	for (uint32_t i = 0; i < n && ok; i++) {
		buf_reset(&b);
		buf_add(&b, command, before);
		if (at) {
			buf_putn(&b, i + 1);
			buf_puts(&b, at + 2);
		}
		us[i] = now_us();
		ok = conn_command(c, buf_cstr(&b)) == ANSWER_OK;
		us[i] = now_us() - us[i];
	}
	if (ok)
		tell_quantiles(name, us, n, 0);
	else
		tell_nothing(name);
	buf_free(&b);
	free(us);
}

/* SELECT INBOX; how many messages there are. */
static uint32_t
select_inbox(struct conn *c)
{
	uint32_t exists = 0;
	char text[48];
	struct str line, tag;

	tag.p = text;
	tag.n = (size_t)snprintf(
		text, sizeof(text), "t%u SELECT INBOX\r\n", ++c->tag);
	conn_send(c, tag);
	tag.n = (size_t)(strchr(text, ' ') - text) + 1;
	while (line = conn_line(c), !str_starts(line, tag)) {
		struct str rest = str_skip(line, 2), number;

		if (str_starts(line, STR("* ")) &&
			str_cut(&rest, ' ', &number) && str_is(rest, "EXISTS"))
			num_u32(number, UINT32_MAX, &exists);
	}
	return exists;
}

static void
one_check(const struct load *l)
{
	char text[96];
	struct conn c;
	uint32_t n;

	reach(l, &c);
	conn_login(&c, l->user, l->password);
	n = select_inbox(&c);
	snprintf(text, sizeof(text), "FETCH %u:%u (UID FLAGS ENVELOPE)",
		n > NEWEST ? n - NEWEST + 1 : 1, n);
	if (conn_command(&c, text) != ANSWER_OK)
		errx(1, "FETCH refused");
	leave(&c);
}

void
do_check(const struct load *l, const char *name, uint32_t n)
{
	uint64_t *us = calloc(n, sizeof(*us));
	struct watch w;

	if (us == NULL || n == 0)
		err(1, "check");
	one_check(l);
	settle(l->group);
	w = watch_start(l->group);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t start = now_us();

		one_check(l);
		us[i] = now_us() - start;
	}
	settle(l->group);
	tell_quantiles(name, us, n, watch_stop(w, l->group).cpu_us / n);
	free(us);
}

void
do_hold(const struct load *l, const char *name, uint32_t n)
{
	static struct group before, now;
	struct conn *c = calloc(n, sizeof(*c));

	if (c == NULL || n == 0)
		err(1, "hold");
	one_check(l);
	settle(l->group);
	group_find(&before, l->group);
	for (uint32_t i = 0; i < n; i++) {
		reach(l, &c[i]);
		conn_login(&c[i], l->user, l->password);
		select_inbox(&c[i]);
	}
	settle(l->group);
	group_find(&now, l->group);
	/* KiB in place of microseconds. */
	tell(name, (struct watch){group_pss_kb(&now, &before) / n, 0}, 0,
		now.n > before.n ? (now.n - before.n) / n : 0);
	for (uint32_t i = 0; i < n; i++)
		leave(&c[i]);
	free(c);
}

static bool
has_capability(struct conn *c, const char *want)
{
	char tag[16];
	bool has = false;
	struct str line;

	snprintf(tag, sizeof(tag), "t%u ", ++c->tag);
	conn_send(c, str_of(tag));
	conn_send(c, STR("CAPABILITY\r\n"));
	while (line = conn_line(c), !str_starts(line, str_of(tag)))
		if (str_starts(line, STR("* CAPABILITY")))
			has = memmem(line.p, line.n, want, strlen(want));
	return has;
}

/* Deliver, and wait for the line that tells it; 0 when none comes. */
static uint64_t
one_notice(const struct load *l, struct conn *c)
{
	uint64_t start = now_us();
	struct str line;

	deliver(l->maildir);
	do {
		if (!conn_ready(c, NOTICE_MS))
			return 0;
		line = conn_line(c);
	} while (!memmem(line.p, line.n, " EXISTS", 7));
	start = now_us() - start;
	while (conn_ready(c, QUIET_MS))
		conn_line(c);
	return start ? start : 1;
}

void
do_idle(const struct load *l, struct conn *c, const char *name, uint32_t n)
{
	uint64_t *us = calloc(n, sizeof(*us));
	char text[48];
	struct str tag;
	uint32_t i;

	if (us == NULL || n == 0)
		err(1, "idle");
	if (!has_capability(c, " IDLE")) {
		snprintf(text, sizeof(text), "%s.p50", name);
		tell_nothing(text);
		snprintf(text, sizeof(text), "%s.p99", name);
		tell_nothing(text);
		free(us);
		return;
	}
	tag.p = text;
	tag.n = (size_t)snprintf(text, sizeof(text), "t%u IDLE\r\n", ++c->tag);
	conn_send(c, tag);
	while (!str_starts(conn_line(c), STR("+")))
		;
	usleep(100000);
	for (i = 0; i < n && (us[i] = one_notice(l, c)); i++)
		;
	if (i == n)
		tell_quantiles(name, us, n, 0);
	else
		tell_nothing(name);
	conn_send(c, STR("DONE\r\n"));
	conn_tagged(c, c->tag);
	free(us);
}

static void
add_message(struct buf *b, uint32_t size)
{
	size_t end = b->n + size;

	buf_puts(b,
		"From: a@site.example\r\nTo: me@home.example\r\n"
		"Subject: appended\r\nDate: Mon, 6 Mar 2017 10:00:00 +0000\r\n"
		"\r\n");
	while (b->n + 80 < end)
		buf_puts(b,
			"What was agreed upon last week still holds, as far as "
			"the parties know.\r\n");
	while (b->n < end)
		buf_putc(b, 'x');
}

static bool
append_one(struct conn *c, const char *box, struct str message)
{
	char text[256];

	conn_send(c, (struct str){text, (size_t)snprintf(text, sizeof(text),
						"t%u APPEND %s {%zu}\r\n",
						++c->tag, box, message.n)});
	if (!str_starts(conn_line(c), STR("+")))
		return false;
	conn_send(c, message);
	conn_send(c, STR("\r\n"));
	return conn_tagged(c, c->tag) == ANSWER_OK;
}

static bool
append_multi(struct conn *c, const char *box, struct str message, uint32_t n)
{
	struct buf b;
	bool ok;

	buf_init(&b, APPEND_OCTETS_MAX);
	buf_printf(&b, "t%u APPEND %s", ++c->tag, box);
	for (uint32_t i = 0; i < n; i++) {
		buf_printf(&b, " {%zu+}\r\n", message.n);
		buf_adds(&b, message);
	}
	buf_puts(&b, "\r\n");
	c->unsent = buf_str(&b);
	ok = conn_tagged(c, c->tag) == ANSWER_OK;
	buf_free(&b);
	return ok;
}

void
do_append(const struct load *l, struct conn *c, const char *name,
	const char *box, uint32_t n, uint32_t size, bool multi)
{
	bool ok = true;
	struct watch w;
	struct buf b;

	if (multi && !has_capability(c, " MULTIAPPEND")) {
		tell_nothing(name);
		return;
	}
	buf_init(&b, APPEND_OCTETS_MAX);
	add_message(&b, size);
	w = watch_start(l->group);
	if (multi)
		ok = append_multi(c, box, buf_str(&b), n);
	for (uint32_t i = 0; i < n && !multi && ok; i++)
		ok = append_one(c, box, buf_str(&b));
	w = watch_stop(w, l->group);
	if (ok)
		tell(name, w, (uint64_t)n * size, n);
	else
		tell_nothing(name);
	buf_free(&b);
}

/*
 * IDLE (RFC 2177): the client waits to be told; and after NOTIFY it does so
 * between any two commands (RFC 5465 3.1).
 *
 * 1. What wakes us is the client, or a notice that somebody was in the
 *    directories; then the update behind every command is made here, and its
 *    responses leave in one write.  A user has a limited number of inotify
 *    descriptors and may have spent them, and on a network file system
 *    nobody tells us what other hosts do: without notices the same look is
 *    taken every POLL_MS.  It costs a few stats.  With notices it is taken as
 *    well, but seldom, for the files that nobody watches.
 * 2. A thousand deliveries at once are not a thousand looks: after each there
 *    is a rest, in which only the client is listened to, the longer the more
 *    the look has cost.
 * 3. No "still here" is sent.  It would wake a sleeping telephone for nothing;
 *    TCP keep-alive finds dead connections below all that.  The time-out is
 *    longer than the 29 minutes after which clients ask anew.
 */
#include "imapd/cmd.h"

#include <stdlib.h>

#include "common/options.h"
#include "imapd/notify.h"
#include "imapd/update.h"

enum {
	POLL_MS = 2000,
	REST_MS = 100
};

/* Until `end` at most; *client: it has something to say. */
static enum io_result
pause_for(struct imap *im, int fd, int ms, int64_t end, bool *client)
{
	int64_t left = end - io_now_ms();
	bool notice;

	if (left <= 0)
		return IO_TIMEOUT;
	return io_wait(im->io, fd, left < ms ? (int)left : ms, client, &notice);
}

/* Look, tell, and say how long to rest from it; *due: when to look again. */
static int
look(struct imap *im, bool expunge, int *due)
{
	int64_t began = io_now_ms(), rest;

	if (im->sel.mb != NULL)
		update_client(im, expunge);
	*due = notify_look(im);
	if (im->sel.mb != NULL && !im->sel.watched && *due > POLL_MS)
		*due = POLL_MS;
	/* A client may stay here for ever. */
	arena_reset(&im->arena);
	rest = REST_MS + 2 * (io_now_ms() - began);
	return rest < POLL_MS ? (int)rest : POLL_MS;
}

enum io_result
idle_wait(struct imap *im, bool expunge)
{
	int64_t end = io_now_ms() + (int64_t)im->opt->idle_timeout_s * 1000;
	int fd = im->watch != NULL ? watch_fd(im->watch) : -1;
	bool client = false;
	enum io_result r = IO_OK;
	int due;

	while (r == IO_OK && !client) {
		r = pause_for(im, -1, look(im, expunge, &due), end, &client);
		if (r == IO_OK && !client)
			r = pause_for(im, fd, due, end, &client);
	}
	return r;
}

struct reply
cmd_idle(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str line;
	char *tag;

	if (!lex_end(l))
		return reply_bad(im);
	tag = str_dup(im->tag);
	io_puts(im->io, "+ idling\r\n");
	l->end = idle_wait(im, true);
	im->tag = arena_str(&im->arena, str_of(tag));
	free(tag);
	if (l->end != IO_OK || !lex_more(l, &line))
		return reply_bad(im);
	if (!str_iis(line, "DONE")) {
		lex_refuse(l, "Expected DONE");
		return reply_bad(im);
	}
	return reply_ok("Done");
}

/*
 * The command loop, the same before and after login: tag, command, handler,
 * what others changed meanwhile, the tagged response.
 *
 * A client that makes one mistake goes on; one that makes ten in a row does
 * not speak IMAP (often it is an HTTP request or a mail being sent), and is
 * told to go.
 */
#include "imapd/imap.h"

#include <stdlib.h>

#include "imapd/cmd.h"
#include "imapd/limit.h"
#include "imapd/notify.h"
#include "imapd/update.h"

enum {
	BAD_MAX = 10,
	/* Above what one command can make of 1 MiB. */
	ARENA_MAX = 64 << 20
};

void
imap_init(struct imap *im, struct io *io, const struct options *opt,
	size_t command_max)
{
	*im = (struct imap){.io = io, .out = io_out(io), .opt = opt};
	arena_init(&im->arena, ARENA_MAX);
	lex_init(&im->lex, io, &im->arena, command_max);
	view_init(&im->sel.view);
}

void
imap_free(struct imap *im)
{
	imap_unselect(im);
	lex_free(&im->lex);
	arena_free(&im->arena);
}

static const struct cmd *
read_command(struct imap *im)
{
	struct lex *l = &im->lex;
	const struct cmd *cmd;
	struct str name;

	if (!lex_space(l) || !lex_word(l, &name))
		return NULL;
	im->uid = str_iis(name, "UID");
	im->numbers = false;
	im->limited = 0;
	im->progress_ms = io_now_ms();
	if (im->uid && (!lex_space(l) || !lex_word(l, &name)))
		return NULL;
	cmd = cmd_find(name, im->state, im->uid);
	if (cmd == NULL)
		lex_refuse(l, cmd_find(name, ST_ANY, im->uid) == NULL
				      ? "Unknown command"
				      : "Not possible in this state");
	else if (!im->uid && (cmd->flags & CMD_SEQ) == CMD_SEQ &&
		 !lex_may_number(l))
		return NULL;
	return cmd;
}

static void
put_reply(struct imap *im, struct reply r)
{
	static const char *const words[] = {
		[REPLY_OK] = "OK",
		[REPLY_NO] = "NO",
		[REPLY_BAD] = "BAD",
	};

	buf_adds(im->out, im->tag);
	buf_printf(im->out, " %s %s\r\n", words[r.status], r.text);
	io_sent(im->io);
	im->bad = r.status == REPLY_BAD ? im->bad + 1 : 0;
	if (im->bad < BAD_MAX)
		return;
	im->bye = "Too many mistakes";
	im->over = true;
}

/* What the client sent behind STARTTLS in the clear is thrown away with the
 * lexer's line (RFC 3501 6.2.1: no command injection). */
static void
start_tls(struct imap *im)
{
	im->want_tls = false;
	if (io_flush(im->io) == IO_OK)
		front_starttls(im->front);
}

/* RFC 9051 7.5.1, RFC 7162 3.2.10.2 */
static bool
may_expunge(const struct imap *im, const struct cmd *cmd)
{
	if ((cmd->flags & CMD_NUMBERS) == 0)
		return true;
	return im->uid && !im->numbers;
}

/* What happened meanwhile goes before the tagged response. */
static void
tell_news(struct imap *im, bool expunge)
{
	if (im->sel.mb != NULL)
		update_client(im, expunge);
	(void)notify_look(im);
}

static void
run(struct imap *im)
{
	const struct cmd *cmd = read_command(im);
	struct reply r = cmd != NULL ? cmd->run(im) : reply_bad(im);

	if (r.status == REPLY_NONE || lex_finish(&im->lex) != IO_OK)
		return;
	if (r.status != REPLY_BAD && (cmd->flags & CMD_QUIET) == 0)
		tell_news(im, may_expunge(im, cmd));
	put_reply(im, limit_tell(im, r));
	if (im->want_tls)
		start_tls(im);
	if (im->want_deflate)
		compress_start(im);
}

static void
one_command(struct imap *im)
{
	/* Who has said NOTIFY SET listens all the time. */
	if (notify_is_on(im) && io_unread(im->io).n == 0)
		im->lex.end = idle_wait(im, notify_may_expunge(im));
	if (im->lex.end != IO_OK)
		return;
	if (lex_begin(&im->lex) != IO_OK)
		return;
	if (lex_tag(&im->lex, &im->tag)) {
		run(im);
		return;
	}
	/* Without a tag of its own the answer is untagged. */
	im->tag = STR("*");
	if (lex_finish(&im->lex) == IO_OK)
		put_reply(im, reply_bad(im));
}

/* RFC 3501 7.1.5: whoever is sent away is told why, while that can be
 * heard. */
static void
say_bye(struct imap *im)
{
	if (im->lex.end == IO_TIMEOUT)
		im->bye = "[UNAVAILABLE] Idle for too long";
	else if (im->lex.end == IO_STOP)
		im->bye = "[UNAVAILABLE] Shutting down";
	if (im->bye != NULL)
		io_printf(im->io, "* BYE %s\r\n", im->bye);
	io_flush(im->io);
}

void
imap_serve(struct imap *im)
{
	while (!im->over && im->lex.end == IO_OK && io_dead(im->io) == IO_OK) {
		one_command(im);
		arena_reset(&im->arena);
	}
	say_bye(im);
}

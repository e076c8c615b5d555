/*
 * After login: the TRANSACTION state, and at QUIT the UPDATE state (RFC 1939
 * 5 and 6).
 *
 * 1. The success line of the login is ours, for it tells the number of
 *    messages; when the mail cannot be opened it is an -ERR, and the end.
 * 2. A multi-line answer that fails half-way cannot be taken back, and its
 *    final dot would make a client keep (and delete here) half a message: the
 *    connection ends without the dot.  What can be known before is looked at
 *    before the +OK.
 * 3. QUIT that was received counts, whether its answer can be delivered or
 *    not.  Every other end removes nothing and says nothing.
 * 4. A client that shows the headers of a maildrop asks TOP n 0 of every
 *    message, so what that sends is kept in the index, and for commands that
 *    came together the index is looked into once: until the next line is
 *    another command or is not there yet, for nobody is waited for meanwhile.
 * 5. Messages that RETR has sent are marked as seen at QUIT, as Dovecot does,
 *    so a program that reads the mail by IMAP shows what is new.  RSET takes
 *    that back too; TOP is a look and marks nothing.
 */
#include "pop3d/cmd.h"
#include "pop3d/drop.h"
#include "pop3d/pop3d.h"

#include "common/log.h"
#include "common/num.h"
#include "common/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	TOP_KEPT = 16 << 10,   /* a longer one is read each time */
	TOP_WAITING = 32 << 10 /* octets, when the index is let go */
};

struct state {
	struct session *s;
	struct io *io;
	struct drop drop;
	bool reading;             /* the index, from one TOP to the next */
	uint64_t retr, top, dele; /* for the log */
};

/* RFC 3206: will it pass by itself? */
static const char *
sys_code(int e)
{
	switch (e) {
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return "SYS/PERM";
	default:
		return "SYS/TEMP";
	}
}

/*
 * The message that word names.  False: the answer has been given, and *next
 * says what it was.
 */
static bool
parse_number(
	struct state *st, struct str word, uint32_t *number, enum next *next)
{
	uint64_t n;

	if (!num_u64(word, UINT64_MAX, &n)) {
		*next = cmd_bad(st->io, "that is not a message number");
		return false;
	}
	*number = n <= UINT32_MAX ? (uint32_t)n : 0;
	if (drop_has(&st->drop, *number))
		return true;
	*next = cmd_err(st->io, NULL, "no such message");
	return false;
}

static enum next
cmd_stat(void *ctx, const struct args *a)
{
	struct state *st = ctx;

	(void)a;
	return cmd_ok(
		st->io, "%" PRIu32 " %" PRIu64, st->drop.left, st->drop.octets);
}

/* What LIST and UIDL tell of a message. */
static void
put_size(const struct drop *d, uint32_t i, struct buf *b)
{
	buf_putn(b, d->size[i - 1]);
}

static void
put_uidl(const struct drop *d, uint32_t i, struct buf *b)
{
	char id[UIDL_MAX];
	size_t n = drop_uidl(d, i, id);

	buf_add(b, id, n);
}

static enum io_result
put_line(struct state *st, uint32_t i,
	void (*put)(const struct drop *, uint32_t, struct buf *))
{
	struct buf *b = io_out(st->io);

	buf_putn(b, i);
	buf_putc(b, ' ');
	put(&st->drop, i, b);
	buf_puts(b, "\r\n");
	return io_sent(st->io);
}

/* One message or all of them: LIST and UIDL. */
static enum next
listing(struct state *st, const struct args *a,
	void (*put)(const struct drop *, uint32_t, struct buf *))
{
	const struct drop *d = &st->drop;
	enum next next = NEXT_GO;
	uint32_t i;

	if (a->n == 1) {
		if (parse_number(st, a->v[0], &i, &next)) {
			io_puts(st->io, "+OK ");
			put_line(st, i, put);
		}
		return next;
	}
	cmd_ok(st->io, "%" PRIu32 " messages, %" PRIu64 " octets", d->left,
		d->octets);
	for (i = 1; i <= d->n; i++)
		if (drop_has(d, i) && put_line(st, i, put) != IO_OK)
			return NEXT_GO;
	io_puts(st->io, ".\r\n");
	return NEXT_GO;
}

static enum next
cmd_list(void *ctx, const struct args *a)
{
	return listing(ctx, a, put_size);
}

static enum next
cmd_uidl(void *ctx, const struct args *a)
{
	return listing(ctx, a, put_uidl);
}

/* Open message i and see that it can be read; false: answered. */
static bool
open_message(struct state *st, uint32_t i, struct source *src)
{
	uint32_t uid = st->drop.uid[i - 1];
	struct str first;
	int e;

	if (mailbox_source(st->drop.mb, uid, src) == 0) {
		if (source_at(src, 0, &first) || src->error == 0)
			return true;
		e = src->error;
		source_close(src);
	} else {
		e = errno;
	}
	if (e == ENOENT) {
		cmd_err(st->io, NULL, "message %" PRIu32 " has been removed",
			i);
		return false;
	}
	log_error("message with UID %" PRIu32 " cannot be read: %s", uid,
		strerror(e));
	cmd_err(st->io, sys_code(e), "message %" PRIu32 " cannot be read", i);
	return false;
}

/* What was just written, when none of it has left yet, is the top of that
 * message. */
static void
keep_top(struct state *st, uint32_t i, size_t from, uint64_t left)
{
	struct str top = str_skip(buf_str(io_out(st->io)), from);

	if (io_octets_out(st->io) == left && top.n <= TOP_KEPT)
		mailbox_content_put(
			st->drop.mb, st->drop.uid[i - 1], CONTENT_TOP, top);
}

/* Behind the +OK: message i, or its top, and the dot. */
static enum next
send_message(struct state *st, uint32_t i, struct source *src, uint64_t lines)
{
	size_t from = io_out(st->io)->n;
	uint64_t left = io_octets_out(st->io);
	enum io_result r = wire_send_dotted(st->io, src, lines);
	int e = src->error;

	source_close(src);
	if (e == 0 && r == IO_OK && lines == 0)
		keep_top(st, i, from, left);
	if (e != 0) {
		log_error("a message could not be read to its end: %s",
			strerror(e));
		return NEXT_END;
	}
	if (r == IO_OK)
		io_puts(st->io, ".\r\n");
	return NEXT_GO;
}

static enum next
cmd_retr(void *ctx, const struct args *a)
{
	struct state *st = ctx;
	enum next next = NEXT_GO;
	struct source src;
	uint32_t i;

	if (!parse_number(st, a->v[0], &i, &next) || !open_message(st, i, &src))
		return next;
	cmd_ok(st->io, "%" PRIu64 " octets", st->drop.size[i - 1]);
	next = send_message(st, i, &src, UINT64_MAX);
	if (next == NEXT_GO && io_dead(st->io) == IO_OK) {
		set_add(&st->drop.seen, i);
		st->retr++;
	}
	return next;
}

static void
put_top_line(struct state *st, uint32_t i)
{
	struct buf *out = io_out(st->io);

	buf_puts(out, "+OK top of message ");
	buf_putn(out, i);
	buf_puts(out, "\r\n");
	st->top++;
}

/* "TOP n 0" is the next command, whole, and there is room for its answer. */
static bool
goes_on(const struct state *st)
{
	struct str line, rest = io_unread(st->io);

	if (io_out(st->io)->n >= TOP_WAITING || str_find(rest, '\n') == -1)
		return false;
	str_cut(&rest, '\n', &line);
	if (!str_istarts(line, STR("TOP ")))
		return false;
	line = str_skip(line, 4);
	if (line.n == 0 || !ascii_digit(*line.p))
		return false;
	while (line.n > 0 && ascii_digit(*line.p))
		line = str_skip(line, 1);
	return str_is(line, " 0") || str_is(line, " 0\r");
}

/* TOP i 0 out of the index; false when it is not there. */
static bool
send_known_top(struct state *st, uint32_t i)
{
	struct buf *out = io_out(st->io);
	struct str top;

	if (!st->reading && mailbox_begin(st->drop.mb) == -1)
		return false;
	st->reading = mailbox_content(
		st->drop.mb, st->drop.uid[i - 1], CONTENT_TOP, &top);
	if (!st->reading) {
		mailbox_end(st->drop.mb);
		return false;
	}
	put_top_line(st, i);
	buf_adds(out, top);
	buf_puts(out, ".\r\n");
	return true;
}

static void
end_reading(struct state *st)
{
	if (st->reading)
		mailbox_end(st->drop.mb);
	st->reading = false;
}

static enum next
send_top(struct state *st, uint32_t i, uint64_t lines)
{
	struct source src;

	if (lines == 0 && send_known_top(st, i))
		return NEXT_GO;
	end_reading(st);
	if (!open_message(st, i, &src))
		return NEXT_GO;
	put_top_line(st, i);
	return send_message(st, i, &src, lines);
}

static enum next
cmd_top(void *ctx, const struct args *a)
{
	struct state *st = ctx;
	enum next next = NEXT_GO;
	uint64_t lines;
	uint32_t i;

	if (!num_u64(a->v[1], UINT64_MAX, &lines))
		next = cmd_bad(st->io, "that is not a number of lines");
	else if (parse_number(st, a->v[0], &i, &next))
		/* The largest would mean "no header to be ended". */
		next = send_top(st, i, lines - (lines == UINT64_MAX));
	if (!goes_on(st))
		end_reading(st);
	io_sent(st->io);
	return next;
}

static enum next
cmd_dele(void *ctx, const struct args *a)
{
	struct state *st = ctx;
	enum next next = NEXT_GO;
	uint32_t i;

	if (!parse_number(st, a->v[0], &i, &next))
		return next;
	drop_delete(&st->drop, i);
	return cmd_ok(st->io, "message %" PRIu32 " deleted", i);
}

static enum next
cmd_noop(void *ctx, const struct args *a)
{
	struct state *st = ctx;

	(void)a;
	return cmd_ok(st->io, "nothing done");
}

static enum next
cmd_rset(void *ctx, const struct args *a)
{
	struct state *st = ctx;

	(void)a;
	drop_reset(&st->drop);
	return cmd_ok(st->io, "%" PRIu32 " messages, %" PRIu64 " octets",
		st->drop.left, st->drop.octets);
}

static enum next
session_lang(void *ctx, const struct args *a)
{
	return cmd_lang(((struct state *)ctx)->io, a);
}

static enum next
session_capa(void *ctx, const struct args *a)
{
	const struct state *st = ctx;
	const struct capa c = {.passwords = !st->s->preauth};

	(void)a;
	return cmd_capa(st->io, &c);
}

/* The lock goes before the answer does: the client may come back at once. */
static enum next
cmd_quit(void *ctx, const struct args *a)
{
	struct state *st = ctx;
	int rc, e;

	(void)a;
	st->dele = set_count(&st->drop.deleted);
	rc = drop_update(&st->drop);
	e = errno;
	drop_close(&st->drop);
	if (rc == 0) {
		cmd_ok(st->io, "bye");
		return NEXT_END;
	}
	log_error("some deleted messages were not removed: %s", strerror(e));
	cmd_err(st->io, sys_code(e), "some deleted messages were not removed");
	return NEXT_END;
}

static const struct cmd cmds[] = {
	{"CAPA", 0, 0, session_capa},
	{"DELE", 1, 1, cmd_dele    },
	{"LANG", 0, 1, session_lang},
	{"LIST", 0, 1, cmd_list    },
	{"NOOP", 0, 0, cmd_noop    },
	{"QUIT", 0, 0, cmd_quit    },
	{"RETR", 1, 1, cmd_retr    },
	{"RSET", 0, 0, cmd_rset    },
	{"STAT", 0, 0, cmd_stat    },
	{"TOP",  2, 2, cmd_top     },
	{"UIDL", 0, 1, cmd_uidl    },
};

static void
tell_failure(struct state *st, int e)
{
	if (e == EBUSY) {
		cmd_err(st->io, "IN-USE",
			"another session has this mailbox open");
		return;
	}
	log_error("the mail of %s cannot be opened: %s", st->s->user,
		strerror(e));
	cmd_err(st->io, sys_code(e), "the mailbox cannot be opened");
}

void
pop3_session(struct session *s)
{
	struct state st = {.s = s, .io = s->io};
	const char *name = s->login[0] != '\0' ? s->login : s->user;
	char shown[128];

	if (drop_open(&st.drop, s->opt, s->home) == -1) {
		tell_failure(&st, errno);
		return;
	}
	cmd_ok(s->io, "%s has %" PRIu32 " messages",
		cmd_echo(str_of(name), shown), st.drop.n);
	session_status(s, "%s: %" PRIu32 " messages", name, st.drop.n);
	cmd_serve(s->io, cmds, sizeof(cmds) / sizeof(cmds[0]), &st);
	end_reading(&st);
	session_count(s, "retr", st.retr);
	session_count(s, "top", st.top);
	session_count(s, "dele", st.dele);
	if (st.drop.mb != NULL)
		drop_close(&st.drop);
}

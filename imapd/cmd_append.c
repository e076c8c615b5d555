/*
 * APPEND, of one message or many, and REPLACE.
 *
 * 1. A message goes from the client to a file in tmp/ as it comes, whatever
 *    its length.  What is known to be wrong is said before "+" is sent:
 *    mailbox, flags, date, size, quota.
 * 2. All messages of a command come in together or none does (RFC 3502): the
 *    first that is refused ends it, and what a client sends unasked behind
 *    that is swallowed by the lexer.
 * 3. When the disk fails in the middle of a message, the rest of it is read
 *    all the same, for the client to hear why.
 * 4. Files hold lines, so octets in which CR or LF are no line ends cannot be
 *    kept: a literal8 with these, or with NUL, is refused with [UNKNOWN-CTE]
 *    (RFC 3516 4.4).
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <time.h>

#include "common/date.h"
#include "common/quota.h"
#include "imapd/flags.h"
#include "imapd/limit.h"
#include "imapd/target.h"
#include "imapd/update.h"

enum {
	CHUNK = 65536
};

/* One command. */
struct job {
	struct imap *im;
	struct target to;
	struct append *append;
	int64_t octets, messages; /* announced so far, less what goes */
	struct reply reply;       /* why it ended */
};

/* One message. */
struct message {
	struct flag_names names;
	uint32_t flags;
	uint64_t keywords;
	time_t date;
	struct lex_literal lit;
	bool wrapped; /* "UTF8 (" before the literal, ")" behind it */
	bool binary;  /* it has octets that no file can keep */
	char last;
};

static bool
refuse(struct job *j, struct reply r)
{
	j->reply = r;
	return false;
}

static bool
read_date(struct lex *l, time_t *date)
{
	struct str text;

	if (!lex_string(l, &text))
		return false;
	return date_parse_internal(text, date) || lex_refuse(l, "Invalid date");
}

/* RFC 6855 wraps a message in "UTF8 (...)"; RFC 9755 dropped that, and a
 * client that is much in use sends it for every message. */
static bool
read_literal(struct lex *l, struct message *m)
{
	struct str word;

	m->wrapped = l->at < l->line.n && ascii_alpha(l->line.p[l->at]);
	if (m->wrapped && (!lex_atom(l, &word) || !str_iis(word, "UTF8") ||
				  !lex_space(l) || !lex_expect(l, '(')))
		return lex_refuse(l, "Expected a message");
	return lex_announced(l, &m->lit);
}

/* " (\Seen) "date" {123}": flags and date may each be left out. */
static bool
read_args(struct lex *l, struct message *m)
{
	*m = (struct message){.date = time(NULL)};
	if (!lex_space(l))
		return false;
	if (lex_at(l, '(') && (!flags_read(l, &m->names) ||
				      !flags_system(l, &m->names, &m->flags) ||
				      !lex_space(l)))
		return false;
	if (lex_at(l, '"') && (!read_date(l, &m->date) || !lex_space(l)))
		return false;
	return read_literal(l, m);
}

/* CR and LF stand for line ends only. */
static void
look_for_binary(struct message *m, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\0' || (p[i] == '\n') != (m->last == '\r'))
			m->binary = true;
		m->last = p[i];
	}
}

static bool
receive(struct job *j, struct message *m)
{
	struct lex *l = &j->im->lex;
	uint64_t left = m->lit.n;
	char chunk[CHUNK];
	int failed = 0;
	size_t got;

	lex_accept(l, &m->lit);
	while (left > 0) {
		if (!lex_octets(l, chunk, left < CHUNK ? left : CHUNK, &got))
			return refuse(j, reply_bad(j->im));
		left -= got;
		if (m->lit.binary)
			look_for_binary(m, chunk, got);
		if (failed == 0 &&
			mailbox_append_octets(j->append, chunk, got) == -1)
			failed = errno;
	}
	if (failed == 0 && mailbox_append_done(j->append, m->flags, m->keywords,
				   m->date) == -1)
		failed = errno;
	if (!lex_resume(l) || (m->wrapped && !lex_expect(l, ')')))
		return refuse(j, reply_bad(j->im));
	if (failed != 0)
		return refuse(j, reply_errno(failed));
	return !(m->binary || (m->lit.binary && m->last == '\r')) ||
	       refuse(j, reply_no("[UNKNOWN-CTE] Binary content cannot be "
				  "kept"));
}

/* Of REPLACE the difference counts (RFC 8508 3.4). */
static bool
has_room(struct job *j, const struct message *m)
{
	j->octets += (int64_t)m->lit.n;
	j->messages++;
	return quota_check(mailbox_quota(j->to.mb),
		       j->octets > 0 ? (uint64_t)j->octets : 0,
		       j->messages > 0 ? (uint64_t)j->messages : 0) == 0;
}

static bool
read_message(struct job *j)
{
	struct imap *im = j->im;
	struct message m;

	if (!read_args(&im->lex, &m))
		return refuse(j, reply_bad(im));
	/* This is also how a client gives up (RFC 3502 6.3.11). */
	if (m.lit.n == 0)
		return refuse(j, reply_no("[CANNOT] A message has octets"));
	if (m.lit.n > im->opt->max_message)
		return refuse(j, reply_no("[TOOBIG] Message too large"));
	if (!has_room(j, &m))
		return refuse(j, reply_errno(errno));
	if (j->messages > (int64_t)im->opt->message_limit)
		return refuse(j, limit_none(im));
	if (flags_keywords(j->to.mb, &m.names, true, &m.keywords) == -1)
		return refuse(j, errno == EOVERFLOW
					 ? reply_no("[LIMIT] Too many keywords "
						    "there")
					 : reply_errno(errno));
	if (mailbox_append_message(j->append) == -1)
		return refuse(j, reply_errno(errno));
	return receive(j, &m);
}

static bool
read_messages(struct job *j)
{
	struct lex *l = &j->im->lex;

	do {
		if (!read_message(j))
			return false;
	} while (lex_at(l, ' '));
	return lex_end(l) || refuse(j, reply_bad(j->im));
}

static const char *
code(struct job *j)
{
	return imap_text(j->im, "[APPENDUID %u %s] Done",
		mailbox_status(j->to.mb)->uidvalidity,
		target_set(j->im, &j->to.in));
}

/* From behind the mailbox's name on, until the messages are there. */
static struct reply
append(struct job *j, bool many)
{
	bool good;

	j->append = mailbox_append_begin(j->to.mb);
	if (j->append == NULL)
		return reply_errno(errno);
	if (many)
		good = read_messages(j);
	else
		good = read_message(j) &&
		       (lex_end(&j->im->lex) || refuse(j, reply_bad(j->im)));
	if (good && mailbox_append_commit(j->append, &j->to.in) == -1)
		good = refuse(j, reply_errno(errno));
	mailbox_append_free(j->append);
	target_came(&j->to);
	return good ? reply_ok(code(j)) : j->reply;
}

struct reply
cmd_append(struct imap *im)
{
	struct job j = {.im = im};
	struct lex *l = &im->lex;
	struct str client;
	struct reply r;

	if (!lex_space(l) || !lex_astring(l, &client))
		return reply_bad(im);
	if (!target_open(im, client, &j.to, &r))
		return r;
	r = append(&j, true);
	target_close(&j.to);
	return r;
}

/* The message that goes; 0 when there is none such. */
static uint32_t
replaced(struct imap *im, uint32_t number)
{
	struct view *v = &im->sel.view;
	struct msg m;
	uint32_t uid = number;

	if (!im->uid)
		uid = set_nth(&v->uids, number);
	if (uid == 0 || !set_has(&v->uids, uid) ||
		!mailbox_get(im->sel.mb, uid, &m))
		return 0;
	return uid;
}

/* APPENDUID comes before the EXPUNGE (RFC 8508 4.3). */
static struct reply
replace(struct job *j, uint32_t uid)
{
	struct imap *im = j->im;
	struct reply r = append(j, false);
	struct set old, gone;
	int rc;

	if (r.status != REPLY_OK)
		return r;
	io_printf(im->io, "* OK %s\r\n", r.text);
	set_init(&old);
	set_init(&gone);
	set_add(&old, uid);
	rc = mailbox_expunge(im->sel.mb, &old, &gone);
	set_free(&old);
	set_free(&gone);
	return rc == 0 ? update_expunged(im) : reply_errno(errno);
}

struct reply
cmd_replace(struct imap *im)
{
	struct job j = {.im = im};
	struct lex *l = &im->lex;
	uint32_t number, uid;
	struct str client;
	struct reply r;

	if (!lex_space(l) || !lex_number(l, &number) || !lex_space(l) ||
		!lex_astring(l, &client))
		return reply_bad(im);
	uid = replaced(im, number);
	if (uid == 0)
		return reply_no("[NONEXISTENT] No such message");
	if (im->sel.readonly)
		return reply_no("[READ-ONLY] Mailbox is read-only");
	if (!target_open(im, client, &j.to, &r))
		return r;
	j.octets = -(int64_t)mailbox_file_octets(im->sel.mb, uid);
	j.messages = -1;
	r = replace(&j, uid);
	target_close(&j.to);
	return r;
}

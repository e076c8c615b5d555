/*
 * COPY and MOVE.
 *
 * 1. COPY is all or nothing.  When it turns out that another session has just
 *    removed one of the messages, then by number that is a NO, as RFC 2180
 *    4.4 has it; by UID the message does not exist, which is no error, and
 *    the others are copied.
 * 2. MOVE says where the messages are before it says that they are gone from
 *    here, or a client would have to think them deleted (RFC 6851 4.3).  What
 *    cannot be moved stays, and COPYUID names what went.
 * 3. COPY by number does not shift numbers: clients send STORE by number
 *    right behind it.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/limit.h"
#include "imapd/target.h"
#include "imapd/update.h"

struct job {
	struct imap *im;
	struct target to;
	bool move;
	struct set asked; /* UIDs */
	struct set from;  /* those that went; to.in: what they are there */
};

/* Leave out what is no more; false when that was something. */
static bool
still_there(struct job *j)
{
	struct set all;
	struct msg m;
	bool same;

	set_init(&all);
	if (mailbox_begin(j->im->sel.mb) == 0) {
		for (uint32_t uid = 1;
			uid != 0 && set_next(&j->asked, uid, &uid); uid++)
			if (mailbox_get(j->im->sel.mb, uid, &m))
				set_add(&all, uid);
		mailbox_end(j->im->sel.mb);
	}
	same = set_count(&all) == set_count(&j->asked);
	set_free(&j->asked);
	j->asked = all;
	return same;
}

static int
transfer(struct job *j)
{
	struct mailbox *from = j->im->sel.mb;

	return j->move ? mailbox_move(
				 from, &j->asked, j->to.mb, &j->from, &j->to.in)
		       : mailbox_copy(from, &j->asked, j->to.mb, &j->from,
				 &j->to.in);
}

static const char *
code(struct job *j)
{
	return imap_text(j->im, "[COPYUID %u %s %s] Done",
		mailbox_status(j->to.mb)->uidvalidity,
		target_set(j->im, &j->from), target_set(j->im, &j->to.in));
}

static struct reply
answer(struct job *j, int rc, int e)
{
	if (j->move && set_count(&j->from) > 0) {
		io_printf(j->im->io, "* OK %s\r\n", code(j));
		return rc == 0 ? update_expunged(j->im) : reply_errno(e);
	}
	if (rc == -1)
		return e == ENOENT ? reply_no("[EXPUNGEISSUED] Some messages "
					      "are gone")
				   : reply_errno(e);
	return reply_ok(set_count(&j->from) > 0 ? code(j) : "No messages");
}

static struct reply
run(struct job *j)
{
	enum {
		TRIES = 3
	};
	int rc = -1, e = ENOENT;

	for (int i = 0; rc == -1 && e == ENOENT && i < TRIES; i++) {
		if (i > 0 && update_look(j->im) == -1)
			return reply_errno(errno);
		if (!still_there(j) && !j->im->uid)
			return reply_no("[EXPUNGEISSUED] Some messages are "
					"gone");
		rc = transfer(j);
		e = errno;
		target_came(&j->to);
		/* A part of a MOVE stays moved. */
		if (set_count(&j->from) > 0)
			break;
	}
	return answer(j, rc, e);
}

static struct reply
copy_or_move(struct imap *im, bool move)
{
	struct job j = {.im = im, .move = move};
	struct lex *l = &im->lex;
	struct seqset asked;
	struct str client;
	struct reply r;

	if (!lex_space(l) || !lex_seqset(l, &asked) || !lex_space(l) ||
		!lex_astring(l, &client) || !lex_end(l))
		return reply_bad(im);
	if (move && im->sel.readonly)
		return reply_no("[READ-ONLY] Mailbox is read-only");
	if (!target_open(im, client, &j.to, &r))
		return r;
	set_init(&j.asked);
	set_init(&j.from);
	if (!imap_messages(im, &asked, &j.asked))
		r = reply_bad(im);
	else if (move || limit_allows(im, &j.asked, &r)) {
		limit_keep(im, &j.asked);
		r = run(&j);
	}
	set_free(&j.asked);
	set_free(&j.from);
	target_close(&j.to);
	return r;
}

struct reply
cmd_copy(struct imap *im)
{
	return copy_or_move(im, false);
}

struct reply
cmd_move(struct imap *im)
{
	return copy_or_move(im, true);
}

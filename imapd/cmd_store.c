/*
 * STORE: changing flags.
 *
 * .SILENT spares the client the echo of its own change, nothing else: when
 * somebody else has changed a message's flags and the client does not know
 * yet, it is told the result (RFC 3501 6.4.6).  A client that knows modseqs
 * gets the new one in any case, or it would fetch its own change next time.
 *
 * UNCHANGEDSINCE is tested in the transaction that makes the change: of two
 * clients that both set $MDNSent one hears that it came second (RFC 7162
 * 3.1.3).
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/flags.h"
#include "imapd/limit.h"
#include "imapd/resync.h"
#include "imapd/target.h"
#include "imapd/update.h"

enum {
	BATCH = 500 /* messages */
};

enum change {
	REPLACE,
	ADD,
	REMOVE
};

struct job {
	struct imap *im;
	enum change change;
	bool silent;
	bool conditional; /* (UNCHANGEDSINCE since) */
	uint64_t since;
	uint32_t flags;
	uint32_t only; /* 0: all of them */
	uint64_t keywords;
	unsigned gone;
	struct set modified; /* UIDs that failed the condition */
};

static const struct {
	const char *name;
	enum change change;
	bool silent;
} items[] = {
	{"FLAGS",         REPLACE, false},
	{"FLAGS.SILENT",  REPLACE, true },
	{"+FLAGS",        ADD,     false},
	{"+FLAGS.SILENT", ADD,     true },
	{"-FLAGS",        REMOVE,  false},
	{"-FLAGS.SILENT", REMOVE,  true },
};

static bool
read_item(struct lex *l, struct job *j)
{
	struct str word;

	if (!lex_atom(l, &word))
		return false;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (!str_iis(word, items[i].name))
			continue;
		j->change = items[i].change;
		j->silent = items[i].silent;
		return true;
	}
	return lex_refuse(l, "Unknown item to store");
}

/* "(UNCHANGEDSINCE n) ", or nothing. */
static bool
read_condition(struct lex *l, struct job *j)
{
	struct str name;

	if (!lex_take(l, '('))
		return true;
	if (!lex_atom(l, &name))
		return false;
	if (!str_iis(name, "UNCHANGEDSINCE"))
		return lex_refuse(l, "Unknown modifier");
	j->conditional = true;
	return lex_space(l) && resync_modseq(l, &j->since) &&
	       lex_expect(l, ')') && lex_space(l);
}

static struct flag_change
change_of(const struct job *j)
{
	struct flag_change c = {
		.conditional = j->conditional,
		.unchangedsince = j->since,
	};

	if (j->change != REMOVE) {
		c.flags_set = j->flags;
		c.keywords_set = j->keywords;
	}
	if (j->change == REMOVE) {
		c.flags_clear = j->flags;
		c.keywords_clear = j->keywords;
	} else if (j->change == REPLACE) {
		c.flags_clear = UINT32_MAX;
		c.keywords_clear = UINT64_MAX;
	}
	if (j->only != 0) {
		c.flags_set &= j->only;
		c.flags_clear &= j->only;
		c.keywords_clear = 0;
	}
	return c;
}

/* The condition failed: the client hears why at once (RFC 7162 3.1.3). */
static void
refuse_one(struct job *j, const struct msg *m)
{
	struct imap *im = j->im;

	set_add(&j->modified, m->uid);
	update_put_flags(im, m);
	update_told(im, m);
}

static void
tell_one(struct job *j, const struct msg *m, bool known)
{
	struct imap *im = j->im;

	if (!j->silent)
		update_put_flags(im, m);
	else if (imap_enabled(im, ENABLED_CONDSTORE))
		update_put_modseq(im, m);
	if (!j->silent || known)
		update_told(im, m);
	else
		im->sel.untold = true;
}

/* What a client takes for granted that hears nothing.  Another program may have
 * changed the file's name just before us. */
static bool
as_expected(const struct msg *was, const struct flag_change *c,
	const struct msg *now)
{
	uint32_t flags = (was->flags & ~c->flags_clear) | c->flags_set;
	uint64_t words = (was->keywords & ~c->keywords_clear) | c->keywords_set;

	return ((flags ^ now->flags) & MSG_SYSTEM) == 0 &&
	       words == now->keywords;
}

/* One message; -1 with errno, ENOENT when it is gone. */
static int
store_one(struct job *j, uint32_t uid)
{
	struct selected *sel = &j->im->sel;
	struct flag_change c = change_of(j);
	struct msg was, m;
	bool known;

	if (!mailbox_get(sel->mb, uid, &was)) {
		errno = ENOENT;
		return -1;
	}
	known = was.modseq <= sel->view.modseq;
	if (mailbox_change(sel->mb, uid, &c, &m) == 0)
		tell_one(j, &m, known && as_expected(&was, &c, &m));
	else if (errno == EBUSY && j->conditional)
		refuse_one(j, &m);
	else
		return -1;
	return 0;
}

/*
 * A batch of messages from *uid on, written to the index together; ends when
 * as much as should wait for the client has gathered.
 */
static int
store_some(struct job *j, const struct set *uids, uint32_t *uid)
{
	int r = mailbox_write_begin(j->im->sel.mb);
	unsigned n = 0;
	int e;

	while (r == 0 && n++ < BATCH && *uid != 0 &&
		set_next(uids, *uid, uid)) {
		r = store_one(j, (*uid)++);
		if (r == -1 && errno == ENOENT) {
			j->gone++;
			r = 0;
		}
	}
	e = errno;
	if (mailbox_write_end(j->im->sel.mb) == -1 && r == 0)
		return -1;
	errno = e;
	return r;
}

/* By UID a message that is gone is no error, and its EXPUNGE comes with this
 * very answer (RFC 3501 6.4.8). */
static struct reply
answer(struct job *j)
{
	struct imap *im = j->im;
	bool gone = j->gone > 0 && !im->uid;
	const char *text;
	struct set shown;

	if (j->modified.n == 0)
		return gone ? reply_no("[EXPUNGEISSUED] Some messages are gone")
			    : reply_ok("Done");
	set_init(&shown);
	for (uint32_t uid = 1; uid != 0 && set_next(&j->modified, uid, &uid);
		uid++)
		set_add(&shown,
			im->uid ? uid : view_number(&im->sel.view, uid));
	text = imap_text(
		im, "[MODIFIED %s] Not all are stored", target_set(im, &shown));
	set_free(&shown);
	return gone ? reply_no(text) : reply_ok(text);
}

static struct reply
store_all(struct job *j, struct set *uids)
{
	struct imap *im = j->im;
	uint32_t uid = 1, more;

	limit_keep(im, uids);
	if (j->conditional) {
		imap_enable(im, ENABLED_CONDSTORE);
		/* What others did to the files counts. */
		if (update_look(im) == -1)
			return reply_errno(errno);
	}
	update_keywords(im);
	while (uid != 0 && set_next(uids, uid, &more)) {
		if (store_some(j, uids, &uid) == -1)
			return reply_errno(errno);
		if (io_sent(im->io) != IO_OK)
			break;
	}
	return answer(j);
}

/* Where only \Seen can be changed the other flags stay as they are (RFC 4314
 * 4). */
static bool
may_store(struct job *j, struct flag_names *names)
{
	if (!j->im->sel.readonly)
		return true;
	j->only = MSG_SEEN;
	names->n = 0;
	return j->im->sel.keeps_seen &&
	       (j->change == REPLACE || (j->flags & MSG_SEEN) != 0);
}

static struct reply
store(struct job *j, struct seqset *asked, const struct flag_names *names)
{
	struct imap *im = j->im;
	struct set uids;
	struct reply r;

	set_init(&uids);
	set_init(&j->modified);
	if (!imap_messages(im, asked, &uids))
		r = reply_bad(im);
	else if (flags_keywords(im->sel.mb, names, j->change != REMOVE,
			 &j->keywords) == -1)
		r = errno == EOVERFLOW
			    ? reply_no("[LIMIT] Too many keywords here")
			    : reply_errno(errno);
	else
		r = store_all(j, &uids);
	set_free(&uids);
	set_free(&j->modified);
	return r;
}

struct reply
cmd_store(struct imap *im)
{
	struct lex *l = &im->lex;
	struct job j = {.im = im};
	struct flag_names names;
	struct seqset asked;

	if (!lex_space(l) || !lex_seqset(l, &asked) || !lex_space(l) ||
		!read_condition(l, &j) || !read_item(l, &j) || !lex_space(l) ||
		!flags_read(l, &names) || !lex_end(l) ||
		!flags_system(l, &names, &j.flags))
		return reply_bad(im);
	if (!may_store(&j, &names))
		return reply_no("[READ-ONLY] Mailbox is read-only");
	return store(&j, &asked, &names);
}

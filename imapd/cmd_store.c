/*
 * STORE: changing flags.
 *
 * .SILENT spares the client the echo of its own change, nothing else: when
 * somebody else has changed a message's flags and the client does not know
 * yet, it is told the result (RFC 3501 6.4.6).
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/flags.h"
#include "imapd/update.h"

enum {
	BATCH = 500 /* messages */
};

enum change {
	REPLACE,
	ADD,
	REMOVE
};

struct store_args {
	enum change change;
	bool silent;
	uint32_t flags;
	uint64_t keywords;
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
read_item(struct lex *l, struct store_args *a)
{
	struct str word;

	if (!lex_atom(l, &word))
		return false;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (!str_iis(word, items[i].name))
			continue;
		a->change = items[i].change;
		a->silent = items[i].silent;
		return true;
	}
	return lex_refuse(l, "Unknown item to store");
}

static struct flag_change
change_of(const struct store_args *a)
{
	switch (a->change) {
	case ADD:
		return (struct flag_change){
			.flags_set = a->flags, .keywords_set = a->keywords};
	case REMOVE:
		return (struct flag_change){
			.flags_clear = a->flags, .keywords_clear = a->keywords};
	case REPLACE:
		break;
	}
	return (struct flag_change){
		a->flags, UINT32_MAX, a->keywords, UINT64_MAX};
}

/* One message; -1 with errno, ENOENT when it is gone. */
static int
store_one(struct imap *im, uint32_t uid, const struct store_args *a)
{
	struct selected *sel = &im->sel;
	struct flag_change c = change_of(a);
	struct msg m;
	bool known;

	if (!mailbox_get(sel->mb, uid, &m)) {
		errno = ENOENT;
		return -1;
	}
	known = m.modseq <= sel->view.modseq;
	if (mailbox_change(sel->mb, uid, &c, &m) == -1)
		return -1;
	if (!a->silent)
		update_put_flags(im, view_number(&sel->view, uid), &m);
	if (!a->silent || known)
		update_told(im, &m);
	else
		sel->untold = true;
	return 0;
}

/*
 * A batch of messages from *uid on, written to the index together; ends when
 * as much as should wait for the client has gathered.  The number of messages
 * that are gone is added up.
 */
static int
store_some(struct imap *im, const struct set *uids, uint32_t *uid,
	const struct store_args *a, unsigned *gone)
{
	int r = mailbox_write_begin(im->sel.mb);
	unsigned n = 0;
	int e;

	while (r == 0 && n++ < BATCH && *uid != 0 &&
		set_next(uids, *uid, uid)) {
		r = store_one(im, (*uid)++, a);
		if (r == -1 && errno == ENOENT) {
			++*gone;
			r = 0;
		}
	}
	e = errno;
	if (mailbox_write_end(im->sel.mb) == -1 && r == 0)
		return -1;
	errno = e;
	return r;
}

static struct reply
store_all(struct imap *im, const struct set *uids, const struct store_args *a)
{
	uint32_t uid = 1, more;
	unsigned gone = 0;

	update_keywords(im);

	while (uid != 0 && set_next(uids, uid, &more)) {
		if (store_some(im, uids, &uid, a, &gone) == -1)
			return reply_errno(errno);
		if (io_sent(im->io) != IO_OK)
			break;
	}
	/* By UID a message that is gone is no error, and its EXPUNGE comes
	 * with this very answer (RFC 3501 6.4.8). */
	return gone > 0 && !im->uid ? reply_no("[EXPUNGEISSUED] Some messages "
					       "are gone")
				    : reply_ok("Done");
}

struct reply
cmd_store(struct imap *im)
{
	struct lex *l = &im->lex;
	struct store_args a = {0};
	struct flag_names names;
	struct seqset asked;
	struct set uids;
	struct reply r;

	if (!lex_space(l) || !lex_seqset(l, &asked) || !lex_space(l) ||
		!read_item(l, &a) || !lex_space(l) || !flags_read(l, &names) ||
		!lex_end(l) || !flags_system(l, &names, &a.flags))
		return reply_bad(im);
	if (im->sel.readonly)
		return reply_no("[READ-ONLY] Mailbox is read-only");
	set_init(&uids);
	if (!imap_messages(im, &asked, &uids))
		r = reply_bad(im);
	else if (flags_keywords(im->sel.mb, &names, a.change != REMOVE,
			 &a.keywords) == -1)
		r = errno == ENOSPC ? reply_no("[LIMIT] Too many keywords here")
				    : reply_errno(errno);
	else
		r = store_all(im, &uids, &a);
	set_free(&uids);
	return r;
}

/*
 * Opening and closing the selected mailbox, and expunging from it.
 *
 * SELECT lets go of the old mailbox before it looks at the new one, so when
 * it fails none is selected: some clients select a mailbox that does not
 * exist for just that.  (RFC 3501 6.3.1.)
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/folder.h"
#include "common/log.h"
#include "imapd/context.h"
#include "imapd/limit.h"
#include "imapd/notify.h"
#include "imapd/resp.h"
#include "imapd/resync.h"
#include "imapd/shared.h"
#include "imapd/update.h"

static int
open_folder(struct imap *im, struct str name, enum mailbox_mode mode,
	struct watch *w, struct mailbox **out)
{
	struct folder f;

	if (shared_find(im, name, &f) == -1)
		return -1;
	return mailbox_open_watched(&im->store, f.dir, mode, w, out);
}

void
imap_put_name(struct imap *im, struct str inner)
{
	name_put(
		&im->names, name_shown(&im->names, &im->arena, inner), im->out);
}

int
imap_open(struct imap *im, struct str name, enum mailbox_mode mode,
	struct mailbox **out)
{
	return open_folder(im, name, mode, NULL, out);
}

bool
imap_is_selected(const struct imap *im, struct str name)
{
	return im->sel.mb != NULL && str_is(name, im->sel.name) &&
	       mailbox_in_place(im->sel.mb);
}

void
imap_unselect(struct imap *im)
{
	struct selected *sel = &im->sel;

	if (sel->mb == NULL)
		return;
	notify_unselected(im);
	contexts_free(sel);
	mailbox_close(sel->mb);
	view_free(&sel->view);
	set_free(&sel->saved);
	set_free(&sel->held_flags);
	set_free(&sel->own);
	free(sel->name);
	*sel = (struct selected){0};
	view_init(&sel->view);
	im->state = ST_AUTH;
}

/* "* OK [CLOSED]" parts what is said about the old mailbox from what is said
 * about the new one (RFC 9051 7.1). */
static void
let_go(struct imap *im)
{
	if (im->sel.mb == NULL)
		return;
	imap_unselect(im);
	io_puts(im->io, "* OK [CLOSED] Previous mailbox closed\r\n");
}

/* By number or UID; clip: numbers that do not exist are left out, else false
 * when there is one. */
static bool
find_messages(
	struct imap *im, struct seqset *asked, bool clip, struct set *uids)
{
	struct view *v = &im->sel.view;
	uint32_t last = im->uid ? set_max(&v->uids) : view_count(v);
	struct set numbers;
	bool good;

	if (asked->saved)
		set_union(uids, &im->sel.saved);
	else if (im->uid)
		seqset_resolve(asked, last == 0 ? 1 : last, uids);
	if (asked->saved || im->uid) {
		set_intersect(uids, &v->uids);
		return true;
	}
	set_init(&numbers);
	seqset_resolve(asked, last == 0 ? 1 : last, &numbers);
	if (clip && last < UINT32_MAX)
		set_remove_run(&numbers, last + 1, UINT32_MAX);
	good = view_numbers(v, &numbers, uids);
	set_free(&numbers);
	return good;
}

bool
imap_messages(struct imap *im, struct seqset *asked, struct set *uids)
{
	return find_messages(im, asked, false, uids) ||
	       lex_refuse(&im->lex, "No such message number");
}

void
imap_known_messages(struct imap *im, struct seqset *asked, struct set *uids)
{
	find_messages(im, asked, true, uids);
}

/* What IMAP4rev2 has no more (RFC 9051 E 11, 12). */
static void
put_recent(struct imap *im, uint32_t unseen)
{
	buf_printf(im->out, "* %u RECENT\r\n",
		(unsigned)set_count(&im->sel.view.recent));
	/* That is a message number (RFC 9586 3). */
	if (unseen != 0 && !imap_enabled(im, ENABLED_UIDONLY))
		buf_printf(
			im->out, "* OK [UNSEEN %u] First unseen\r\n", unseen);
}

static void
put_selected(struct imap *im, struct str client, uint32_t unseen)
{
	const struct mailbox_status *st = mailbox_status(im->sel.mb);
	struct view *v = &im->sel.view;

	update_put_flag_names(im);
	buf_printf(im->out, "* %u EXISTS\r\n", view_count(v));
	if (imap_enabled(im, ENABLED_REV2))
		list_put_selected(im, str_of(im->sel.name), client);
	else
		put_recent(im, unseen);
	buf_printf(im->out, "* OK [UIDVALIDITY %u] UIDs valid\r\n",
		st->uidvalidity);
	buf_printf(im->out, "* OK [UIDNEXT %u] Predicted next UID\r\n",
		st->uidnext);
	buf_printf(im->out, "* OK [MAILBOXID (%s)] Id\r\n", st->guid);
	resp_highestmodseq(im->out, v->modseq);
	io_sent(im->io);
}

static struct reply
open_selected(
	struct imap *im, struct str name, struct str client, bool readonly)
{
	struct selected *sel = &im->sel;
	uint32_t unseen;

	if (open_folder(im, name, readonly ? MAILBOX_LOOK : MAILBOX_SELECT,
		    im->watch, &sel->mb) == -1)
		return reply_errno(errno);
	sel->readonly = readonly || !mailbox_writable(sel->mb);
	sel->watched = mailbox_watched(sel->mb);
	sel->keeps_seen = !readonly && (mailbox_writable(sel->mb) ||
					       mailbox_seen_own(sel->mb));
	sel->name = str_dup(name);
	im->state = ST_SELECTED;
	if (update_first(im, &unseen) == -1) {
		int e = errno;

		imap_unselect(im);
		return reply_errno(e);
	}
	put_selected(im, client, unseen);
	session_status(im->session, "%s: %s %s", im->session->user,
		readonly ? "examines" : "selected", sel->name);
	return reply_ok(sel->readonly ? "[READ-ONLY] Mailbox opened"
				      : "[READ-WRITE] Mailbox opened");
}

static struct reply
select_or_examine(struct imap *im, bool readonly)
{
	struct lex *l = &im->lex;
	struct str client, name;
	struct resync resync;
	struct reply r;

	if (!lex_space(l) || !lex_astring(l, &client) ||
		!resync_parse(im, &resync))
		return reply_bad(im);
	let_go(im);
	if (resync.condstore)
		imap_enable(im, ENABLED_CONDSTORE);
	if (!name_in(&im->names, &im->arena, client, &name))
		return reply_errno(ENOENT);
	r = open_selected(im, name, client, readonly);
	if (r.status == REPLY_OK)
		resync_tell(im, &resync);
	return r;
}

struct reply
cmd_select(struct imap *im)
{
	return select_or_examine(im, false);
}

struct reply
cmd_examine(struct imap *im)
{
	return select_or_examine(im, true);
}

/* Those with \Deleted among the messages that this client knows of. */
static int
find_deleted(struct selected *sel, struct set *uids)
{
	struct msg m;

	if (mailbox_begin(sel->mb) == -1)
		return -1;
	for (uint32_t uid = 1; uid != 0 && mailbox_next(sel->mb, uid, &m);
		uid = m.uid + 1) {
		if ((m.flags & MSG_DELETED) != 0)
			set_add(uids, m.uid);
	}
	mailbox_end(sel->mb);
	set_intersect(uids, &sel->view.uids);
	return 0;
}

/* Unlink what has \Deleted; only: of these, or NULL.  Numbers are told and
 * moved by the update behind the command. */
static int
expunge(struct imap *im, const struct set *only)
{
	struct selected *sel = &im->sel;
	struct set uids, gone;
	int r;

	set_init(&uids);
	set_init(&gone);
	r = find_deleted(sel, &uids);
	if (only != NULL) {
		set_intersect(&uids, only);
		limit_keep(im, &uids);
	}
	if (r == 0 && uids.n > 0)
		r = mailbox_expunge(sel->mb, &uids, &gone);
	set_free(&uids);
	set_free(&gone);
	return r;
}

struct reply
cmd_expunge(struct imap *im)
{
	struct lex *l = &im->lex;
	struct seqset asked = {0};
	struct set uids;
	int r;

	if (im->uid && (!lex_space(l) || !lex_seqset(l, &asked)))
		return reply_bad(im);
	if (!lex_end(l))
		return reply_bad(im);
	if (im->sel.readonly)
		return reply_no("[READ-ONLY] Mailbox is read-only");
	set_init(&uids);
	if (im->uid)
		imap_messages(im, &asked, &uids);
	r = expunge(im, im->uid ? &uids : NULL);
	set_free(&uids);
	return r == 0 ? update_expunged(im) : reply_errno(errno);
}

/* Expunges without a word, and not at all what was opened for reading only
 * (RFC 3501 6.4.2). */
struct reply
cmd_close(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	if (!im->sel.readonly && expunge(im, NULL) == -1)
		log_warn("%s: cannot expunge: %s", im->sel.name,
			strerror(errno));
	imap_unselect(im);
	return reply_ok("Mailbox closed");
}

struct reply
cmd_unselect(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	imap_unselect(im);
	return reply_ok("Mailbox closed");
}

/*
 * The difference between what the client knows and what is.
 *
 * 1. Order.  Vanished messages first, so that all later numbers are the new
 *    ones; then EXISTS, then flags, which may be of messages that only now
 *    have a number, after the FLAGS line that names a keyword they use.
 * 2. Where EXPUNGE may not be sent the vanished keep their numbers, and so do
 *    all behind them; nothing is told about them.
 * 3. What this command itself has told is not told again.  It is known by
 *    modseq: a change that somebody else makes in the middle has another.
 * 4. A client with QRESYNC takes the highest modseq it is told for the point
 *    up to which it knows all.  While expunges are held back that is wrong, so
 *    it is told the right one (RFC 7162 6).
 * 5. A client that stores one flag in each of 2,000 commands must not make us
 *    read 100,000 records each time: where notices say that nobody else was
 *    there, what was told is all that there is.
 */
#include "imapd/update.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "imapd/context.h"
#include "imapd/notify.h"
#include "imapd/resp.h"

/* New flags, gathered while the index is read, told afterwards. */
struct diff {
	struct set present; /* of the messages with a number */
	struct set changed;
	struct set fresh;   /* messages that have just got a number */
	struct set touched; /* all that may be in other results now */
	unsigned events;    /* what is to be told: NOTIFY_ bits */
};

static void
take_recent(struct selected *sel, struct set *recent)
{
	set_union(recent, mailbox_recent(sel->mb));
	set_clear(mailbox_recent(sel->mb));
}

static bool
is_recent(const struct selected *sel, const struct set *recent,
	const struct msg *m)
{
	return set_has(recent, m->uid) || (sel->readonly && m->in_new);
}

/* \Recent: what this SELECT moved out of new/, or what EXAMINE sees there. */
static void
first_recent(struct selected *sel)
{
	struct set *recent = &sel->view.recent;
	struct msg m = {.uid = 0};

	take_recent(sel, recent);
	set_intersect(recent, &sel->view.uids);
	if (!sel->readonly || mailbox_status(sel->mb)->in_new == 0)
		return;
	while (m.uid < UINT32_MAX && mailbox_next(sel->mb, m.uid + 1, &m))
		if (m.in_new)
			set_add(recent, m.uid);
}

int
update_first(struct imap *im, uint32_t *unseen)
{
	struct selected *sel = &im->sel;
	struct set uids;
	int rc;

	if (mailbox_begin(sel->mb) == -1)
		return -1;
	set_init(&uids);
	rc = mailbox_uids(sel->mb, &uids);
	if (rc == 0) {
		sel->view.modseq = mailbox_status(sel->mb)->highestmodseq;
		view_fill(&sel->view, &uids);
		first_recent(sel);
		*unseen =
			view_number(&sel->view, mailbox_first_unseen(sel->mb));
	}
	mailbox_end(sel->mb);
	set_free(&uids);
	/* What went before now had its UID below this. */
	if (sel->view.last < mailbox_status(sel->mb)->uidnext - 1)
		sel->view.last = mailbox_status(sel->mb)->uidnext - 1;
	return rc;
}

static int
told_cmp(const void *a, const void *b)
{
	const struct told *x = a;
	const struct told *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static bool
was_told(const struct selected *sel, const struct msg *m)
{
	struct told key = {.uid = m->uid};
	const struct told *t;

	if (sel->ntold == 0)
		return false;
	t = bsearch(&key, sel->told, sel->ntold, sizeof(key), told_cmp);
	return t != NULL && t->modseq == m->modseq;
}

void
update_told(struct imap *im, const struct msg *m)
{
	struct selected *sel = &im->sel;

	if (m->modseq <= sel->view.modseq ||
		(sel->ntold > 0 && sel->told[sel->ntold - 1].uid >= m->uid))
		return;
	if (sel->ntold == sel->told_cap) {
		size_t cap = sel->told_cap == 0 ? 16 : sel->told_cap * 2;
		struct told *t = reallocarray(sel->told, cap, sizeof(*t));

		if (t == NULL)
			die("out of memory");
		sel->told = t;
		sel->told_cap = cap;
	}
	sel->told[sel->ntold++] = (struct told){m->uid, m->modseq};
	if (m->modseq > sel->told_modseq)
		sel->told_modseq = m->modseq;
}

static void
look_at(struct selected *sel, const struct set *recent, const struct msg *m,
	struct diff *d)
{
	if (m->uid > sel->view.last && (d->events & NOTIFY_NEW) == 0) {
		sel->held_new = true;
		return;
	}
	if (m->uid > sel->view.last) {
		view_add(&sel->view, m->uid, is_recent(sel, recent, m));
		set_add(&d->present, m->uid);
		set_add(&d->fresh, m->uid);
		set_add(&d->touched, m->uid);
		return;
	}
	set_add(&d->present, m->uid);
	if (m->modseq <= sel->view.modseq)
		return;
	set_add(&d->touched, m->uid);
	if (!was_told(sel, m))
		set_add(&d->changed, m->uid);
}

/*
 * Is the mailbox at the modseq that this client knows?  quiet: the notices
 * say that since the last look nobody else touched the files.  Then what this
 * command has told is all there was: whoever came after that has a higher
 * modseq.
 */
static bool
nothing_new(const struct selected *sel, uint64_t modseq, bool quiet,
	const struct diff *d)
{
	if (sel->held_new && (d->events & NOTIFY_NEW) != 0)
		return false;
	return modseq == sel->view.modseq ||
	       (quiet && !sel->untold && modseq == sel->told_modseq);
}

static int
find_changes(struct selected *sel, const struct set *recent, bool quiet,
	struct diff *d)
{
	uint64_t modseq;
	struct set gone;
	struct msg m;

	if (mailbox_begin(sel->mb) == -1)
		return -1;
	modseq = mailbox_status(sel->mb)->highestmodseq;
	if (nothing_new(sel, modseq, quiet, d)) {
		mailbox_end(sel->mb);
		sel->view.modseq = modseq;
		for (size_t i = 0; i < sel->ntold; i++)
			set_add(&d->touched, sel->told[i].uid);
		return 0;
	}
	sel->held_new = false;
	for (uint32_t uid = 1; uid != 0 && mailbox_next(sel->mb, uid, &m);
		uid = m.uid + 1) {
		look_at(sel, recent, &m, d);
	}
	mailbox_end(sel->mb);
	set_init(&gone);
	set_copy(&gone, &sel->view.uids);
	set_subtract(&gone, &d->present);
	view_vanish(&sel->view, &gone);
	set_free(&gone);
	sel->view.modseq = modseq;
	return 0;
}

bool
imap_recent(const struct imap *im, uint32_t uid)
{
	return set_has(&im->sel.view.recent, uid) &&
	       !imap_enabled(im, ENABLED_REV2);
}

bool
update_put_name(struct imap *im, uint32_t uid)
{
	bool uidonly = imap_enabled(im, ENABLED_UIDONLY);

	buf_puts(im->out, "* ");
	buf_putn(im->out, uidonly ? uid : view_number(&im->sel.view, uid));
	buf_puts(im->out, uidonly ? " UIDFETCH " : " FETCH ");
	return uidonly;
}

/* The same, its UID said either way, and the parenthesis open. */
static void
put_named(struct imap *im, uint32_t uid)
{
	if (update_put_name(im, uid))
		buf_putc(im->out, '(');
	else
		buf_printf(im->out, "(UID %u ", uid);
}

void
update_put_flags(struct imap *im, const struct msg *m)
{
	struct selected *sel = &im->sel;

	put_named(im, m->uid);
	buf_puts(im->out, "FLAGS ");
	resp_flag_list(
		im->out, m, mailbox_keywords(sel->mb), imap_recent(im, m->uid));
	if (imap_enabled(im, ENABLED_CONDSTORE)) {
		buf_putc(im->out, ' ');
		resp_modseq(im->out, m->modseq);
	}
	buf_puts(im->out, ")\r\n");
	io_sent(im->io);
}

void
update_put_modseq(struct imap *im, const struct msg *m)
{
	put_named(im, m->uid);
	resp_modseq(im->out, m->modseq);
	buf_puts(im->out, ")\r\n");
	io_sent(im->io);
}

static uint64_t
keyword_bits(const struct keywords *kw)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < KEYWORDS_MAX; i++)
		if (kw->name[i] != NULL)
			bits |= UINT64_C(1) << i;
	return bits;
}

void
update_put_flag_names(struct imap *im)
{
	const struct keywords *kw = mailbox_keywords(im->sel.mb);

	im->sel.keywords = keyword_bits(kw);
	buf_puts(im->out, "* FLAGS ");
	resp_all_flags(im->out, kw, false);
	buf_puts(im->out, "\r\n* OK [PERMANENTFLAGS ");
	if (im->sel.readonly)
		buf_puts(im->out, im->sel.keeps_seen ? "(\\Seen)" : "()");
	else
		resp_all_flags(im->out, kw, true);
	buf_puts(im->out, "] Flags that stay\r\n");
}

void
update_keywords(struct imap *im)
{
	if ((keyword_bits(mailbox_keywords(im->sel.mb)) & ~im->sel.keywords) !=
		0)
		update_put_flag_names(im);
}

static void
put_flags_of(struct imap *im, const struct set *uids)
{
	struct selected *sel = &im->sel;
	struct msg m;

	for (uint32_t uid = 1; uid != 0 && set_next(uids, uid, &uid); uid++)
		if (mailbox_get(sel->mb, uid, &m) &&
			!set_has(&sel->view.gone, uid))
			update_put_flags(im, &m);
}

int
update_put_changed(struct imap *im, const struct set *among, uint64_t since)
{
	struct selected *sel = &im->sel;
	struct set changed;
	struct msg m;

	set_init(&changed);
	if (mailbox_begin(sel->mb) == -1)
		return -1;
	for (uint32_t uid = 1; uid != 0 && mailbox_next(sel->mb, uid, &m);
		uid = m.uid + 1) {
		if (m.modseq > since && set_has(among, m.uid) &&
			set_has(&sel->view.uids, m.uid))
			set_add(&changed, m.uid);
	}
	mailbox_end(sel->mb);
	put_flags_of(im, &changed);
	set_free(&changed);
	return 0;
}

static void
put_vanished(struct imap *im)
{
	struct set gone;

	set_init(&gone);
	view_expunge_all(&im->sel.view, &gone);
	if (gone.n > 0) {
		buf_puts(im->out, "* VANISHED ");
		set_print(&gone, im->out);
		buf_puts(im->out, "\r\n");
	}
	set_free(&gone);
}

static void
put_expunged(struct imap *im)
{
	uint32_t number;

	/* RFC 7162 3.2.10, RFC 9586 3.4 */
	if (imap_enabled(im, ENABLED_QRESYNC | ENABLED_UIDONLY))
		put_vanished(im);
	while ((number = view_expunge(&im->sel.view)) != 0) {
		buf_printf(im->out, "* %u EXPUNGE\r\n", number);
		io_sent(im->io);
	}
}

/* Flags that NOTIFY keeps back now, or did so before. */
static void
hold_flags(struct selected *sel, struct diff *d)
{
	if ((d->events & NOTIFY_FLAGS) == 0) {
		set_union(&sel->held_flags, &d->changed);
		set_clear(&d->changed);
	} else {
		set_union(&d->changed, &sel->held_flags);
		set_clear(&sel->held_flags);
	}
	set_intersect(&d->changed, &sel->view.uids);
}

/* While something is kept back, the client's state is that of `since`, when it
 * began. */
static void
hold_modseq(struct imap *im, struct diff *d, uint64_t since)
{
	struct selected *sel = &im->sel;

	if (sel->view.gone.n == 0 && !sel->held_new && sel->held_flags.n == 0)
		sel->held_modseq = 0;
	else if (sel->held_modseq == 0)
		sel->held_modseq = since;
	/* Who asked for silence is told only beside other modseqs. */
	set_subtract(&d->touched, &sel->held_flags);
	if (sel->held_modseq != 0 && imap_enabled(im, ENABLED_QRESYNC) &&
		(d->events == NOTIFY_MESSAGES || d->touched.n > 0))
		resp_highestmodseq(im->out, sel->held_modseq);
}

/* FETCH of new messages, but of those that this client brought itself
 * (RFC 5465 5.2). */
static void
fetch_new(struct imap *im, struct diff *d)
{
	set_subtract(&d->fresh, &im->sel.own);
	contexts_fetch(im, &d->fresh, notify_fetch(im));
}

static void
put_diff(struct imap *im, struct diff *d, bool expunge)
{
	struct selected *sel = &im->sel;
	uint64_t recent = set_count(&sel->view.recent);

	contexts_vanished(im);
	if (expunge)
		put_expunged(im);
	if (d->fresh.n > 0)
		buf_printf(im->out, "* %u EXISTS\r\n", view_count(&sel->view));
	if (!imap_enabled(im, ENABLED_REV2) &&
		(d->fresh.n > 0 || recent != set_count(&sel->view.recent)))
		buf_printf(im->out, "* %" PRIu64 " RECENT\r\n",
			set_count(&sel->view.recent));
	update_keywords(im);
	put_flags_of(im, &d->changed);
	contexts_look(im, &d->touched);
	fetch_new(im, d);
	contexts_tell(im);
}

static void
forget_told(struct selected *sel)
{
	free(sel->told);
	sel->told = NULL;
	sel->ntold = sel->told_cap = 0;
	sel->untold = sel->looked = false;
}

int
update_look(struct imap *im)
{
	struct selected *sel = &im->sel;

	sel->looked = sel->looked || mailbox_dirty(sel->mb);
	return mailbox_sync(sel->mb);
}

void
update_client(struct imap *im, bool expunge)
{
	struct selected *sel = &im->sel;
	struct diff d = {.events = notify_selected(im)};
	uint64_t since = sel->view.modseq;
	struct set recent;
	bool quiet = sel->watched && !sel->looked && !mailbox_dirty(sel->mb);

	set_init(&recent);
	set_init(&d.present);
	set_init(&d.changed);
	set_init(&d.fresh);
	set_init(&d.touched);
	if (mailbox_sync(sel->mb) == -1)
		log_warn("%s: cannot look for changes: %s", sel->name,
			strerror(errno));
	if ((d.events & NOTIFY_NEW) != 0)
		take_recent(sel, &recent);
	find_changes(sel, &recent, quiet, &d);
	forget_told(sel);
	hold_flags(sel, &d);
	put_diff(im, &d,
		sel->expunged || (expunge && (d.events & NOTIFY_EXPUNGE) != 0));
	hold_modseq(im, &d, since);
	set_clear(&sel->own);
	sel->expunged = sel->catch_up = false;
	set_free(&recent);
	set_free(&d.present);
	set_free(&d.changed);
	set_free(&d.fresh);
	set_free(&d.touched);
}

struct reply
update_expunged(struct imap *im)
{
	struct view *v = &im->sel.view;
	uint32_t last = v->last, before = view_count(v);
	uint64_t modseq;
	bool went;

	im->sel.expunged = true;
	if (!imap_enabled(im, ENABLED_QRESYNC))
		return reply_ok("Done");
	update_client(im, true);
	/* Others may have come instead. */
	went = set_rank(&v->uids, last) < before;
	modseq = im->sel.held_modseq != 0 ? im->sel.held_modseq : v->modseq;
	return reply_ok(
		went ? imap_text(im, "[HIGHESTMODSEQ %" PRIu64 "] Done", modseq)
		     : "Done");
}

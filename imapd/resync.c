/*
 * QRESYNC (RFC 7162 3.2.5, 3.2.6).
 *
 * 1. Two questions are answered from two places: what changed is in each
 *    message's modseq, what went is in the index's list of expunges.  That
 *    list begins when the index was made; for a client that asks about an
 *    earlier time, or names a modseq that was never given, every UID it asks
 *    about that is not there counts as vanished.  That is more than it needs
 *    and never wrong.
 * 2. Pairs of message number and UID that still fit tell that the client knows
 *    of all expunges below them, and spare it the list of those.
 * 3. A UID above the last that this session has announced is no business of
 *    VANISHED (EARLIER); one that has a number still is told as VANISHED, when
 *    that may be.
 */
#include "imapd/resync.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "imapd/update.h"

bool
resync_modseq(struct lex *l, uint64_t *out)
{
	if (!lex_number64(l, out))
		return false;
	return *out <= INT64_MAX || lex_refuse(l, "Modseq out of range");
}

uint64_t
resync_since(struct imap *im, uint64_t modseq)
{
	return modseq > mailbox_status(im->sel.mb)->highestmodseq ? 0 : modseq;
}

/* A set in which "*" has no meaning. */
static bool
read_known(struct lex *l, struct seqset *s)
{
	if (!lex_seqset(l, s))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->range[i].a == 0 || s->range[i].b == 0)
			return lex_refuse(l, "* is no known UID");
	return true;
}

static bool
read_pairs(struct lex *l, struct resync *r)
{
	/* RFC 9586 3.7 */
	return lex_expect(l, '(') && lex_may_number(l) &&
	       read_known(l, &r->number) && lex_space(l) &&
	       read_known(l, &r->number_uid) && lex_expect(l, ')');
}

static bool
read_qresync(struct lex *l, struct resync *r)
{
	if (!lex_space(l) || !lex_expect(l, '(') ||
		!lex_number(l, &r->uidvalidity) || !lex_space(l) ||
		!resync_modseq(l, &r->modseq))
		return false;
	if (lex_take(l, ' ') && !lex_at(l, '(')) {
		if (!read_known(l, &r->known))
			return false;
		if (!lex_take(l, ' '))
			return lex_expect(l, ')');
	}
	if (lex_at(l, '(') && !read_pairs(l, r))
		return false;
	return lex_expect(l, ')');
}

static bool
read_parameter(struct imap *im, struct resync *r)
{
	struct lex *l = &im->lex;
	struct str name;

	if (!lex_atom(l, &name))
		return false;
	if (str_iis(name, "CONDSTORE"))
		return r->condstore = true;
	if (!str_iis(name, "QRESYNC"))
		return lex_refuse(l, "Unknown parameter");
	if (!imap_enabled(im, ENABLED_QRESYNC))
		return lex_refuse(l, "QRESYNC is not enabled");
	return r->asked = read_qresync(l, r);
}

bool
resync_parse(struct imap *im, struct resync *r)
{
	struct lex *l = &im->lex;

	*r = (struct resync){0};
	if (!lex_at(l, ' '))
		return lex_end(l);
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	do {
		if (!read_parameter(im, r))
			return false;
	} while (!lex_at(l, ')') && lex_space(l));
	return lex_expect(l, ')') && lex_end(l);
}

/* The highest UID of a pair that fits; 0: none does. */
static uint32_t
best_pair(struct view *v, struct resync *r)
{
	struct set number, uid;
	uint32_t n = 1, u = 1, best = 0;

	set_init(&number);
	set_init(&uid);
	seqset_resolve(&r->number, 1, &number);
	seqset_resolve(&r->number_uid, 1, &uid);
	while (n != 0 && u != 0 && set_next(&number, n, &n) &&
		set_next(&uid, u, &u) && n <= view_count(v)) {
		if (set_nth(&v->uids, n) == u)
			best = u;
		n++;
		u++;
	}
	set_free(&number);
	set_free(&uid);
	return best;
}

void
resync_put_vanished(struct imap *im, struct set *uids, uint64_t since)
{
	struct selected *sel = &im->sel;
	struct set gone;

	set_init(&gone);
	if (mailbox_vanished(sel->mb, since, &gone))
		set_intersect(uids, &gone);
	set_free(&gone);
	if (sel->view.last < UINT32_MAX)
		set_remove_run(uids, sel->view.last + 1, UINT32_MAX);
	set_subtract(uids, &sel->view.uids);
	if (uids->n == 0)
		return;
	buf_puts(im->out, "* VANISHED (EARLIER) ");
	set_print(uids, im->out);
	buf_puts(im->out, "\r\n");
	io_sent(im->io);
}

void
resync_tell(struct imap *im, struct resync *r)
{
	struct selected *sel = &im->sel;
	struct set known, asked;
	uint64_t since;
	uint32_t pair;

	if (!r->asked || sel->view.last == 0 ||
		r->uidvalidity != mailbox_status(sel->mb)->uidvalidity)
		return;
	since = resync_since(im, r->modseq);
	set_init(&known);
	set_init(&asked);
	if (r->known.n > 0)
		seqset_resolve(&r->known, 1, &known);
	else
		set_add_run(&known, 1, sel->view.last);
	set_copy(&asked, &known);
	pair = best_pair(&sel->view, r);
	if (pair > 0)
		set_remove_run(&asked, 1, pair);
	resync_put_vanished(im, &asked, since);
	if (update_put_changed(im, &known, since) == -1)
		log_warn("%s: changes cannot be read: %s", sel->name,
			strerror(errno));
	set_free(&known);
	set_free(&asked);
}

/*
 * ESEARCH: one program, many mailboxes (RFC 7377).
 *
 * A mailbox that is not the selected one is searched as if it were: it takes
 * that place while its turn lasts, with a view of its own, so that there is
 * one way to search and one to answer.  Nothing of it is told but the result,
 * and nothing in it changes.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/context.h"
#include "imapd/results.h"
#include "imapd/scope.h"
#include "imapd/search.h"
#include "imapd/shared.h"

enum {
	FILTERS_MAX = 100
};

struct job {
	struct imap *im;
	struct scope *scope;
	bool elsewhere; /* there is more in it than "selected" */
	bool here;      /* the selected mailbox was searched */
	struct wanted wanted;
	struct search program;
};

/* "IN (filter filter) ", or nothing: the selected mailbox. */
static bool
parse_source(struct job *j)
{
	struct lex *l = &j->im->lex;
	struct scope **end = &j->scope;
	size_t at = l->at;
	struct str word;
	int n = 0;

	if (lex_at(l, '(') || lex_at(l, '*') || lex_at(l, '$') ||
		!lex_word(l, &word) || !str_iis(word, "IN")) {
		l->at = at;
		j->scope = arena_alloc(&j->im->arena, sizeof(*j->scope));
		return true;
	}
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	do {
		if (n++ == FILTERS_MAX)
			return lex_refuse(l, "Too many mailbox filters");
		*end = arena_alloc(&j->im->arena, sizeof(**end));
		if (!scope_parse(j->im, *end))
			return false;
		if ((*end)->kind == SCOPE_SELECTED_DELAYED)
			return lex_refuse(l, "Not a filter of ESEARCH");
		j->elsewhere = j->elsewhere || (*end)->kind != SCOPE_SELECTED;
		end = &(*end)->next;
	} while (lex_at(l, ' ') && lex_space(l));
	return lex_expect(l, ')') && lex_space(l);
}

/* RFC 7377 2.2: "selected" where nothing is, and SAVE of what is not. */
static bool
is_possible(struct job *j)
{
	struct lex *l = &j->im->lex;

	if ((j->wanted.parts & RETURN_UPDATE) != 0 && j->im->sel.mb == NULL)
		return lex_refuse(l, "No mailbox is selected");

	for (const struct scope *s = j->scope; s != NULL; s = s->next)
		if (s->kind == SCOPE_SELECTED && j->im->sel.mb == NULL)
			return lex_refuse(l, "No mailbox is selected");
	if (j->elsewhere && (j->wanted.parts & RETURN_SAVE) != 0)
		return lex_refuse(l, "Only the selected mailbox can be saved");
	return context_may(j->im, &j->wanted);
}

/* The mailbox that im->sel is.  follow: its results are told already, now
 * updates of them begin.  -1 with errno. */
static int
search_one(struct job *j, bool follow)
{
	struct results r;
	struct set found;
	int rc;

	set_init(&found);
	rc = search_run(j->im, &j->program, &found, NULL);
	r = (struct results){.set = &found};
	if (rc == 0 && follow)
		context_start(j->im, &j->wanted, &j->program, NULL, &r);
	else if (rc == 0 && found.n > 0)
		results_put(j->im, "", &j->wanted, &r);
	else
		results_none(j->im, &j->wanted);
	set_free(&found);
	return rc;
}

/* What cannot be opened is left out: it is gone, or not ours to read. */
static int
search_other(struct job *j, const struct folder *f)
{
	struct imap *im = j->im;
	struct selected own = im->sel, other = {.name = f->name};
	struct set uids;
	int rc = 0;

	if (mailbox_open(&im->store, f->dir, MAILBOX_LOOK, &other.mb) == -1)
		return 0;
	set_init(&uids);
	view_init(&other.view);
	if (mailbox_uids(other.mb, &uids) == 0) {
		view_fill(&other.view, &uids);
		im->sel = other;
		rc = search_one(j, false);
		other = im->sel;
		im->sel = own;
	}
	view_free(&other.view);
	set_free(&uids);
	mailbox_close(other.mb);
	return rc;
}

static struct reply
search_all(struct job *j)
{
	struct imap *im = j->im;
	struct subscriptions subs;
	struct folders all;
	int rc = 0, e;

	if (shared_folders(im, &all) == -1)
		return reply_errno(errno);
	if (subscriptions_read(&subs, im->store.root) == -1)
		subs = (struct subscriptions){0};
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct folder *f = &all.f[i];

		if (!scope_has(im, j->scope, &subs, f))
			continue;
		if (im->sel.mb != NULL &&
			str_is(str_of(f->name), im->sel.name)) {
			rc = search_one(j, false);
			j->here = true;
		} else
			rc = search_other(j, f);
	}
	e = errno;
	subscriptions_free(&subs);
	folders_free(&all);
	return rc == 0 ? search_done(&j->program) : reply_errno(e);
}

/* Answers name UIDs, whatever was asked (RFC 7377 2.1). */
static struct reply
run(struct job *j)
{
	struct imap *im = j->im;
	bool uid = im->uid;
	struct reply r;

	if (j->program.bad_charset) {
		results_none(im, &j->wanted);
		return search_bad_charset();
	}
	j->wanted.extended = j->wanted.named = true;
	j->wanted.modseq = j->program.modseq;
	j->program.many = j->elsewhere;
	if (j->program.modseq)
		imap_enable(im, ENABLED_CONDSTORE);
	im->uid = true;
	r = search_all(j);
	/* Of the selected mailbox alone (RFC 7377 2.2), when all others have
	 * been searched: the program is the context's then. */
	if (r.status == REPLY_OK && j->here &&
		(j->wanted.parts & RETURN_UPDATE) != 0 &&
		search_one(j, true) == -1)
		r = reply_errno(errno);
	im->uid = uid;
	return r;
}

struct reply
cmd_esearch(struct imap *im)
{
	struct job j = {.im = im};
	struct lex *l = &im->lex;
	struct reply r;

	if (!lex_space(l) || !parse_source(&j) || !wanted_parse(l, &j.wanted) ||
		!search_parse(l, &j.program) || !search_may(im, &j.program) ||
		!is_possible(&j))
		r = reply_bad(im);
	else
		r = run(&j);
	search_free(&j.program);
	return r;
}

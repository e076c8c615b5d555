/*
 * SEARCH (RFC 9051 6.4.4): the program is asked, the answer is written.
 */
#include "imapd/cmd.h"

#include <errno.h>

#include "imapd/context.h"
#include "imapd/results.h"
#include "imapd/search.h"

static struct reply
search(struct imap *im, const struct wanted *w, struct search *s)
{
	struct reply reply;
	struct results r;
	struct set found;

	set_init(&found);
	if (search_run(im, s, &found, NULL) == -1) {
		set_free(&found);
		results_none(im, w);
		return reply_errno(errno);
	}
	r = (struct results){.set = &found};
	results_put(im, "SEARCH", w, &r);
	reply = search_done(s);
	context_start(im, w, s, NULL, &r);
	set_free(&found);
	return reply;
}

struct reply
cmd_search(struct imap *im)
{
	struct lex *l = &im->lex;
	struct search s = {0};
	struct wanted w;
	struct reply r;

	if (!lex_space(l) || !wanted_parse(l, &w) || !search_parse(l, &s) ||
		!search_may(im, &s) || !context_may(im, &w))
		r = reply_bad(im);
	else if (s.bad_charset) {
		results_none(im, &w);
		r = search_bad_charset();
	} else {
		w.modseq = s.modseq;
		if (w.modseq)
			imap_enable(im, ENABLED_CONDSTORE);
		if (!w.extended && imap_enabled(im, ENABLED_REV2)) {
			/* SEARCH is gone, ESEARCH is the answer
			 * (RFC 9051 6.4.4). */
			w.extended = true;
			w.parts = RETURN_ALL;
		}
		s.limited = true;
		r = search(im, &w, &s);
	}
	search_free(&s);
	return r;
}

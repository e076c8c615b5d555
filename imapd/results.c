/*
 * Writing results.
 *
 * Ranges in a sorted result keep its order: 5:7 stands there only when 5, 6
 * and 7 follow each other (RFC 5267 3.1).  What is saved is UIDs, so it stays
 * right when numbers move.
 */
#include "imapd/results.h"

#include <inttypes.h>

#include "imapd/fetch.h"
#include "imapd/resp.h"

static const struct {
	const char *name;
	unsigned part;
} options[] = {
	{"MIN",     RETURN_MIN    },
	{"MAX",     RETURN_MAX    },
	{"ALL",     RETURN_ALL    },
	{"COUNT",   RETURN_COUNT  },
	{"SAVE",    RETURN_SAVE   },
	{"PARTIAL", RETURN_PARTIAL},
	{"CONTEXT", RETURN_CONTEXT},
	{"UPDATE",  RETURN_UPDATE },
};

static bool
parse_rank(struct lex *l, bool *back, uint32_t *out)
{
	*back = lex_take(l, '-');
	if (!lex_number(l, out))
		return false;
	return *out > 0 || lex_refuse(l, "Invalid range");
}

bool
partial_parse(struct lex *l, struct partial *p)
{
	bool back;

	if (!parse_rank(l, &p->back, &p->a) || !lex_expect(l, ':') ||
		!parse_rank(l, &back, &p->b))
		return false;
	return back == p->back || lex_refuse(l, "Invalid range");
}

bool
partial_find(
	const struct partial *p, uint32_t n, uint32_t *first, uint32_t *last)
{
	uint32_t lo = p->a < p->b ? p->a : p->b;
	uint32_t hi = p->a < p->b ? p->b : p->a;

	if (lo > n)
		return false;
	hi = hi < n ? hi : n;
	*first = p->back ? n - hi + 1 : lo;
	*last = p->back ? n - lo + 1 : hi;
	return true;
}

static bool
parse_option(struct lex *l, struct wanted *w)
{
	unsigned part = 0;
	struct str name;

	if (!lex_word(l, &name))
		return false;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (str_iis(name, options[i].name))
			part = options[i].part;
	if (part == 0)
		return lex_refuse(l, "Unknown return option");
	/* RFC 5267 4.4, and more of its kind has no meaning. */
	if ((w->parts & part & (RETURN_PARTIAL | RETURN_UPDATE)) != 0)
		return lex_refuse(l, "Only one PARTIAL, only one UPDATE");
	w->parts |= part;
	if (part == RETURN_PARTIAL)
		return lex_space(l) && partial_parse(l, &w->partial);
	/* RFC 5465 7 */
	return part != RETURN_UPDATE || fetch_parse_optional(l, &w->update);
}

bool
wanted_parse(struct lex *l, struct wanted *w)
{
	size_t at = l->at;
	struct str word;

	*w = (struct wanted){.parts = RETURN_ALL};
	if (l->at == l->line.n || !ascii_alpha(l->line.p[l->at]))
		return true;
	if (!lex_word(l, &word) || !str_iis(word, "RETURN")) {
		l->at = at;
		return true;
	}
	w->extended = true;
	w->parts = 0;
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	while (!lex_take(l, ')'))
		if ((w->parts != 0 && !lex_space(l)) || !parse_option(l, w))
			return false;
	if ((w->parts & RETURN_ALL) != 0 && (w->parts & RETURN_PARTIAL) != 0)
		return lex_refuse(l, "ALL and PARTIAL exclude each other");
	if (w->parts == 0)
		w->parts = RETURN_ALL;
	return lex_space(l);
}

static uint32_t
count(const struct results *r)
{
	return r->sorted ? r->n : (uint32_t)set_count(r->set);
}

/* The UID of the i-th, from 1. */
static uint32_t
nth(const struct results *r, uint32_t i)
{
	return r->sorted ? r->list[i - 1] : set_nth(r->set, i);
}

/* As this command names it. */
static uint32_t
name_of(struct imap *im, const struct results *r, uint32_t i)
{
	uint32_t uid = nth(r, i);

	return im->uid ? uid : view_number(&im->sel.view, uid);
}

static void
put_run(struct imap *im, uint32_t lo, uint32_t hi)
{
	buf_putn(im->out, lo);
	if (hi > lo) {
		buf_putc(im->out, ':');
		buf_putn(im->out, hi);
	}
	io_sent(im->io);
}

void
results_put_some(
	struct imap *im, const struct results *r, uint32_t i, uint32_t last)
{
	uint32_t lo = name_of(im, r, i), hi = lo;

	while (i++ < last) {
		uint32_t next = name_of(im, r, i);

		if (hi == UINT32_MAX || next != hi + 1) {
			put_run(im, lo, hi);
			buf_putc(im->out, ',');
			lo = next;
		}
		hi = next;
	}
	put_run(im, lo, hi);
}

/* The highest modseq of the i-th to the last-th. */
static uint64_t
highest(struct imap *im, const struct results *r, uint32_t i, uint32_t last)
{
	uint64_t most = 0;
	struct msg m;

	if (mailbox_begin(im->sel.mb) == -1)
		return 0;
	for (; i <= last; i++)
		if (mailbox_get(im->sel.mb, nth(r, i), &m) && m.modseq > most)
			most = m.modseq;
	mailbox_end(im->sel.mb);
	return most;
}

/* Of what the answer names: MIN and MAX alone are one message each, COUNT is
 * all (RFC 4731 3.2). */
static uint64_t
told_modseq(struct imap *im, const struct wanted *w, const struct results *r)
{
	uint32_t n = count(r), first, last;
	uint64_t most = 0, m;

	if ((w->parts & (RETURN_ALL | RETURN_COUNT)) != 0)
		return highest(im, r, 1, n);
	if ((w->parts & RETURN_MIN) != 0)
		most = highest(im, r, 1, 1);
	m = (w->parts & RETURN_MAX) != 0 ? highest(im, r, n, n) : 0;
	most = m > most ? m : most;
	if ((w->parts & RETURN_PARTIAL) != 0 &&
		partial_find(&w->partial, n, &first, &last)) {
		m = highest(im, r, first, last);
		most = m > most ? m : most;
	}
	return most;
}

static void
put_partial(struct imap *im, const struct partial *p, const struct results *r)
{
	const char *sign = p->back ? "-" : "";
	uint32_t first, last;

	buf_printf(im->out, " PARTIAL (%s%u:%s%u ", sign, p->a, sign, p->b);
	if (partial_find(p, count(r), &first, &last))
		results_put_some(im, r, first, last);
	else
		buf_puts(im->out, "NIL");
	buf_putc(im->out, ')');
}

static void
put_mailbox(struct imap *im)
{
	struct str name = str_of(im->sel.name);

	buf_puts(im->out, " MAILBOX ");
	imap_put_name(im, name);
	buf_printf(im->out, " UIDVALIDITY %u",
		mailbox_status(im->sel.mb)->uidvalidity);
}

void
results_put_head(struct imap *im, struct str tag, bool named)
{
	buf_puts(im->out, "* ESEARCH (TAG ");
	resp_string(im->out, tag);
	if (named)
		put_mailbox(im);
	buf_puts(im->out, im->uid ? ") UID" : ")");
}

/* Without a result there is no MIN, MAX or ALL (RFC 4731 3.1). */
static void
put_extended(struct imap *im, const struct wanted *w, const struct results *r)
{
	uint32_t n = count(r);

	results_put_head(im, im->tag, w->named);
	if (n > 0 && (w->parts & RETURN_MIN) != 0)
		buf_printf(im->out, " MIN %u", name_of(im, r, 1));
	if (n > 0 && (w->parts & RETURN_MAX) != 0)
		buf_printf(im->out, " MAX %u", name_of(im, r, n));
	if (n > 0 && (w->parts & RETURN_ALL) != 0) {
		buf_puts(im->out, " ALL ");
		results_put_some(im, r, 1, n);
	}
	if ((w->parts & RETURN_PARTIAL) != 0)
		put_partial(im, &w->partial, r);
	if ((w->parts & RETURN_COUNT) != 0)
		buf_printf(im->out, " COUNT %u", n);
	if (n > 0 && w->modseq)
		buf_printf(im->out, " MODSEQ %" PRIu64, told_modseq(im, w, r));
	io_puts(im->io, "\r\n");
}

static void
put_plain(struct imap *im, const char *name, const struct wanted *w,
	const struct results *r)
{
	uint32_t n = count(r);

	buf_printf(im->out, "* %s", name);
	for (uint32_t i = 1; i <= n; i++) {
		buf_putc(im->out, ' ');
		buf_putn(im->out, name_of(im, r, i));
		io_sent(im->io);
	}
	if (n > 0 && w->modseq)
		buf_printf(
			im->out, " (MODSEQ %" PRIu64 ")", highest(im, r, 1, n));
	io_puts(im->io, "\r\n");
}

static void
save_range(struct imap *im, const struct results *r, uint32_t i, uint32_t last)
{
	for (; i <= last; i++)
		set_add(&im->sel.saved, nth(r, i));
}

/* RFC 5182 2.4, RFC 9394 3.2: all, unless only some were asked for. */
static void
save(struct imap *im, const struct wanted *w, const struct results *r)
{
	const unsigned some = RETURN_MIN | RETURN_MAX | RETURN_PARTIAL;
	uint32_t n = count(r), first, last;

	set_clear(&im->sel.saved);
	if (n == 0)
		return;
	if ((w->parts & (RETURN_ALL | RETURN_COUNT)) != 0 ||
		(w->parts & some) == 0) {
		set_union(&im->sel.saved, r->set);
		return;
	}
	if ((w->parts & RETURN_MIN) != 0)
		save_range(im, r, 1, 1);
	if ((w->parts & RETURN_PARTIAL) != 0 &&
		partial_find(&w->partial, n, &first, &last))
		save_range(im, r, first, last);
	if ((w->parts & RETURN_MAX) != 0)
		save_range(im, r, n, n);
}

void
results_put(struct imap *im, const char *name, const struct wanted *w,
	struct results *r)
{
	if (!w->extended)
		put_plain(im, name, w, r);
	else if ((w->parts & ~(unsigned)RETURN_CONTEXT) != RETURN_SAVE)
		put_extended(im, w, r);
	if ((w->parts & RETURN_SAVE) != 0)
		save(im, w, r);
}

void
results_none(struct imap *im, const struct wanted *w)
{
	if ((w->parts & RETURN_SAVE) != 0)
		set_clear(&im->sel.saved);
}

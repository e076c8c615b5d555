/*
 * SORT (RFC 5256), its DISPLAY keys (RFC 5957) and RETURN options (RFC 5267).
 *
 * Every key of a message becomes 64 bits that compare as the key does: a
 * number, or the first eight octets of a text.  The bits of the first key are
 * sorted by counting digits, in linear time and stable, which leaves equal
 * messages in the order of the mailbox; where they are equal the next eight
 * octets follow, and only texts that are equal to their ends are compared by
 * further keys, one with the other.  Texts are copied, because what the index
 * lends does not outlive its transaction.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "imapd/context.h"
#include "imapd/results.h"
#include "imapd/sort.h"

enum {
	TEXT_KEPT = 4096, /* octets of one text that are compared */
	DIGIT_BITS = 11,
	DIGITS = 1 << DIGIT_BITS,
	FEW = 512 /* places that are not worth counting digits */
};

struct value {
	uint64_t bits;
	uint32_t off, n; /* of a text */
};

/* A place in the order: which message, and the bits being sorted. */
struct place {
	uint64_t bits;
	uint32_t i;
};

struct sort {
	struct imap *im;
	const struct criterion *by;
	unsigned nby;
	uint32_t *uid;
	struct value *value; /* nby of each message */
	uint32_t n, cap;
	struct buf text;
	unsigned failed;
};

static const struct {
	const char *name;
	enum sort_kind kind;
	enum key_order order;
} criteria[] = {
	{"ARRIVAL",     SORT_ARRIVAL, 0                },
	{"CC",          SORT_TEXT,    ORDER_CC         },
	{"DATE",        SORT_DATE,    0                },
	{"DISPLAYFROM", SORT_TEXT,    ORDER_DISPLAYFROM},
	{"DISPLAYTO",   SORT_TEXT,    ORDER_DISPLAYTO  },
	{"FROM",        SORT_TEXT,    ORDER_FROM       },
	{"SIZE",        SORT_SIZE,    0                },
	{"SUBJECT",     SORT_TEXT,    ORDER_SUBJECT    },
	{"TO",          SORT_TEXT,    ORDER_TO         },
};

static bool
parse_criterion(struct lex *l, struct criterion *c)
{
	struct str name;

	if (!lex_word(l, &name))
		return false;
	if (str_iis(name, "REVERSE")) {
		c->reverse = true;
		if (!lex_space(l) || !lex_word(l, &name))
			return false;
	}
	for (size_t i = 0; i < sizeof(criteria) / sizeof(*criteria); i++) {
		if (!str_iis(name, criteria[i].name))
			continue;
		c->kind = criteria[i].kind;
		c->order = criteria[i].order;
		return true;
	}
	return lex_refuse(l, "Unknown sort criterion");
}

static bool
parse_criteria(struct lex *l, struct sort_order *order)
{
	if (!lex_expect(l, '('))
		return false;
	do {
		if (order->n == SORT_CRITERIA_MAX)
			return lex_refuse(l, "Too many sort criteria");
		if ((order->n > 0 && !lex_space(l)) ||
			!parse_criterion(l, &order->by[order->n++]))
			return false;
	} while (!lex_take(l, ')'));
	return true;
}

/* Signed numbers as bits that compare as they do. */
static uint64_t
number_bits(int64_t n)
{
	return (uint64_t)n ^ UINT64_C(1) << 63;
}

static uint64_t
text_bits(struct str s)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(bits); i++)
		bits = bits << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
	return bits;
}

static void
set_text(struct sort *s, struct value *v, struct str text)
{
	if (text.n > TEXT_KEPT)
		text.n = TEXT_KEPT;
	v->bits = text_bits(text);
	v->off = (uint32_t)s->text.n;
	v->n = (uint32_t)text.n;
	buf_adds(&s->text, text);
}

/* RFC 5256 2.2: without a Date, INTERNALDATE. */
static int
set_date(struct sort *s, struct value *v, struct msg *m, struct keys *k)
{
	if (keys_numbers(k) == -1)
		return -1;
	if (k->n.date == MSG_NODATE &&
		mailbox_detail(s->im->sel.mb, m, DETAIL_DATE) == -1)
		return -1;
	v->bits = number_bits(
		k->n.date == MSG_NODATE ? m->internaldate : k->n.date);
	return 0;
}

static int
set_value(struct sort *s, const struct criterion *c, struct value *v,
	struct msg *m, struct keys *k)
{
	struct mailbox *mb = s->im->sel.mb;

	switch (c->kind) {
	case SORT_ARRIVAL:
		if (mailbox_detail(mb, m, DETAIL_DATE) == -1)
			return -1;
		v->bits = number_bits(m->internaldate);
		break;
	case SORT_SIZE:
		if (mailbox_detail(mb, m, DETAIL_SIZE) == -1)
			return -1;
		v->bits = m->wire_size;
		break;
	case SORT_DATE:
		if (set_date(s, v, m, k) == -1)
			return -1;
		break;
	case SORT_TEXT:
		if (keys_words(k) == -1)
			return -1;
		set_text(s, v, k->order[c->order]);
		break;
	}
	/* The other way round for REVERSE, which leaves equal ones alone. */
	if (c->reverse)
		v->bits = ~v->bits;
	return 0;
}

static void
grow(struct sort *s)
{
	if (s->n < s->cap)
		return;
	s->cap = s->cap == 0 ? 1024 : s->cap * 2;
	s->uid = reallocarray(s->uid, s->cap, sizeof(*s->uid));
	s->value = reallocarray(
		s->value, (size_t)s->cap * s->nby, sizeof(*s->value));
	if (s->uid == NULL || s->value == NULL)
		die("out of memory");
}

static void
add(void *ctx, const struct msg *found, struct keys *k)
{
	struct sort *s = ctx;
	struct msg m = *found;
	struct value *v;

	grow(s);
	v = &s->value[(size_t)s->n * s->nby];
	for (unsigned i = 0; i < s->nby; i++) {
		v[i] = (struct value){0};
		if (set_value(s, &s->by[i], &v[i], &m, k) == -1) {
			s->failed += errno != ENOENT;
			return;
		}
	}
	s->uid[s->n++] = m.uid;
}

static int
text_cmp(const struct sort *s, const struct value *a, const struct value *b)
{
	return str_cmp((struct str){s->text.p + a->off, a->n},
		(struct str){s->text.p + b->off, b->n});
}

/* All keys, then the order of the mailbox. */
static int
place_cmp(const void *a, const void *b, void *ctx)
{
	const struct sort *s = ctx;
	const struct place *x = a, *y = b;
	const struct value *v = &s->value[(size_t)x->i * s->nby];
	const struct value *w = &s->value[(size_t)y->i * s->nby];

	for (unsigned i = 0; i < s->nby; i++) {
		int d = (v[i].bits > w[i].bits) - (v[i].bits < w[i].bits);

		if (d == 0 && s->by[i].kind == SORT_TEXT) {
			d = text_cmp(s, &v[i], &w[i]);
			d = s->by[i].reverse ? -d : d;
		}
		if (d != 0)
			return d;
	}
	return x->i < y->i ? -1 : x->i > y->i;
}

/* By one digit, stable. */
static void
sort_digit(const struct place *from, struct place *to, uint32_t n, int shift)
{
	uint32_t at[DIGITS] = {0}, sum = 0;

	for (uint32_t i = 0; i < n; i++)
		at[from[i].bits >> shift & (DIGITS - 1)]++;
	for (size_t d = 0; d < DIGITS; d++) {
		uint32_t here = at[d];

		at[d] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < n; i++)
		to[at[from[i].bits >> shift & (DIGITS - 1)]++] = from[i];
}

static int
bits_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* By their bits, stable, in place; other is room for as many. */
static void
sort_bits(struct place *p, struct place *other, uint32_t n)
{
	struct place *from = p, *to = other, *swap;
	uint64_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= p[i].bits ^ p[0].bits;
	if (n < FEW && differ != 0) {
		qsort(p, n, sizeof(*p), bits_cmp);
		return;
	}
	for (int shift = 0; shift < 64; shift += DIGIT_BITS) {
		if ((differ >> shift & (DIGITS - 1)) == 0)
			continue;
		sort_digit(from, to, n, shift);
		swap = from;
		from = to;
		to = swap;
	}
	if (from != p)
		memcpy(p, from, n * sizeof(*p));
}

static void sort_rest(struct sort *s, struct place *p, struct place *other,
	uint32_t n, uint32_t from);

/* Those whose bits are equal, and whose texts are up to there. */
static void
sort_equals(struct sort *s, struct place *p, struct place *other, uint32_t n,
	uint32_t from)
{
	for (uint32_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && p[end].bits == p[i].bits;)
			end++;
		if (end > i + 1)
			sort_rest(s, &p[i], other, end - i, from);
	}
}

/* The next octets of the first key's text as bits; false: it is no text, or
 * none of them has more. */
static bool
next_bits(const struct sort *s, struct place *p, uint32_t n, uint32_t from)
{
	bool more = false;

	for (uint32_t i = 0; i < n && s->by[0].kind == SORT_TEXT; i++) {
		const struct value *v = &s->value[(size_t)p[i].i * s->nby];
		struct str text = {s->text.p + v->off, v->n};

		p[i].bits = text_bits(str_skip(text, from));
		if (s->by[0].reverse)
			p[i].bits = ~p[i].bits;
		more = more || v->n > from;
	}
	return more;
}

/* Nothing is left that could tell them apart, so they stay as they are. */
static bool
is_settled(const struct sort *s, const struct place *p, uint32_t n)
{
	if (s->nby > 1)
		return false;
	for (uint32_t i = 1; i < n; i++)
		if (s->value[p[i].i].n != s->value[p[0].i].n)
			return false;
	return true;
}

/* By the rest of the text, eight octets at a time, and the further keys.  No
 * deeper than TEXT_KEPT has of these. */
static void
sort_rest(struct sort *s, struct place *p, struct place *other, uint32_t n,
	uint32_t from)
{
	if (next_bits(s, p, n, from)) {
		sort_bits(p, other, n);
		sort_equals(s, p, other, n, from + sizeof(p->bits));
	} else if (!is_settled(s, p, n)) {
		qsort_r(p, n, sizeof(*p), place_cmp, s);
	}
}

/* The UIDs in their order, in place. */
static void
put_in_order(struct sort *s)
{
	struct place *p, *other;

	if (s->n == 0)
		return;
	p = reallocarray(NULL, s->n, sizeof(*p));
	other = reallocarray(NULL, s->n, sizeof(*p));
	if (p == NULL || other == NULL)
		die("out of memory");
	for (uint32_t i = 0; i < s->n; i++)
		p[i] = (struct place){s->value[(size_t)i * s->nby].bits, i};
	sort_bits(p, other, s->n);
	sort_equals(s, p, other, s->n, sizeof(p->bits));
	for (uint32_t i = 0; i < s->n; i++)
		p[i].bits = s->uid[p[i].i];
	for (uint32_t i = 0; i < s->n; i++)
		s->uid[i] = (uint32_t)p[i].bits;
	free(p);
	free(other);
}

int
sort_run(struct imap *im, const struct sort_order *order,
	struct search *program, struct set *found, uint32_t **list, uint32_t *n)
{
	struct sort s = {.im = im, .by = order->by, .nby = order->n};
	const struct search_hit hit = {add, &s};
	int rc, e;

	buf_init(&s.text, UINT32_MAX);
	rc = search_run(im, program, found, &hit);
	e = errno;
	if (rc == 0)
		put_in_order(&s);
	program->failed += s.failed;
	*list = s.uid;
	*n = s.n;
	buf_free(&s.text);
	free(s.value);
	errno = e;
	return rc;
}

static struct reply
sort(struct imap *im, const struct sort_order *order, const struct wanted *w,
	struct search *program)
{
	struct results r = {.sorted = true};
	struct reply reply;
	uint32_t *list = NULL;
	struct set found;

	set_init(&found);
	if (sort_run(im, order, program, &found, &list, &r.n) == -1) {
		reply = reply_errno(errno);
		results_none(im, w);
	} else {
		r.set = &found;
		r.list = list;
		results_put(im, "SORT", w, &r);
		reply = search_done(program);
		context_start(im, w, program, order, &r);
	}
	set_free(&found);
	free(list);
	return reply;
}

struct reply
cmd_sort(struct imap *im)
{
	struct lex *l = &im->lex;
	struct sort_order order = {0};
	struct search program = {0};
	struct wanted w;
	struct str charset;
	struct reply r;

	if (!lex_space(l) || !wanted_parse(l, &w) ||
		!parse_criteria(l, &order) || !lex_space(l) ||
		!lex_astring(l, &charset) || !lex_space(l) ||
		!search_parse_keys(l, charset, &program) ||
		!context_may(im, &w))
		r = reply_bad(im);
	else if (program.bad_charset) {
		results_none(im, &w);
		r = search_bad_charset();
	} else {
		w.modseq = program.modseq;
		r = sort(im, &order, &w, &program);
	}
	search_free(&program);
	return r;
}

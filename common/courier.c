/*
 * Courier's POP3 list and subscriptions.
 *
 * POP3 clients that leave mail on the server know messages by UIDL.  Courier
 * made it of numbers that have nothing to do with IMAP's UIDs and kept in
 * courierpop3dsizelist; told another UIDL, such a client downloads everything
 * again.  So the UIDLs are computed once as Courier would have told them and
 * kept in the ledger as P, where they stay with their messages for good.
 *
 * Courier numbers POP3 messages by file name (time first).  Where UIDs are in
 * another order the ledger's O keeps the order that clients saw.
 *
 * The list is text by another program of an unknown age: versions 3 and 2 have
 * "/<version>" in the first line and "<name> <size> <n>:<uidvalidity>[:<flag>]"
 * below, version 1 no uidvalidity; the oldest has no such first line,
 * "<name> <size>", and the name was the UIDL.  Names may hold blanks, so lines
 * are taken apart from the right.  A line that cannot be read is no UIDL.
 */
#include "common/courier.h"
#include "common/buf.h"
#include "common/control.h"
#include "common/log.h"
#include "common/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 256 * 1024 * 1024,
	UIDL_SIZE = 1024
};

struct told {
	struct str base;
	uint64_t n, uidv; /* n 0: the UIDL is the name */
};

/* Cut the last word, behind the last blank, off *s. */
static bool
cut_last(struct str *s, struct str *word)
{
	const char *space = memrchr(s->p, ' ', s->n);

	if (space == NULL)
		return false;
	*word = str_skip(*s, (size_t)(space - s->p) + 1);
	s->n = (size_t)(space - s->p);
	return true;
}

/* "<n>", "<n>:<uidvalidity>" or "<n>:<uidvalidity>:<flag>" */
static bool
parse_numbers(struct str word, struct told *t)
{
	struct str part;

	if (!str_cut(&word, ':', &part) || !num_u64(part, UINT64_MAX, &t->n))
		return false;
	t->uidv = 0;
	return !str_cut(&word, ':', &part) ||
	       num_u64(part, UINT64_MAX, &t->uidv);
}

static bool
parse_line(struct str line, bool oldest, struct told *t)
{
	struct str word;

	*t = (struct told){0};
	if (!oldest && (!cut_last(&line, &word) || !parse_numbers(word, t)))
		return false;
	if (!cut_last(&line, &word) || !str_cut(&line, ':', &t->base))
		return false;
	return t->base.n > 0;
}

/* The number that a name begins with: when the message came. */
static uint64_t
arrival(struct str base)
{
	struct str digits = {base.p, 0};
	uint64_t t = 0;

	while (digits.n < base.n && ascii_digit(base.p[digits.n]))
		digits.n++;
	(void)num_u64(digits, UINT64_MAX, &t);
	return t;
}

/* The order in which Courier tells messages. */
static int
compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	uint64_t s = arrival(x->base), t = arrival(y->base);

	if (s != t)
		return s < t ? -1 : 1;
	return str_cmp(x->base, y->base);
}

/* Parse the whole list into a sorted table. */
static struct told *
parse_list(struct str text, size_t *n)
{
	bool oldest = text.n == 0 || text.p[0] != '/';
	struct told *table = NULL, *p;
	struct str line;
	size_t cap = 0;

	*n = 0;
	if (!oldest)
		str_cut(&text, '\n', &line);
	while (str_cut(&text, '\n', &line)) {
		if (*n == cap) {
			cap = cap == 0 ? 256 : cap * 2;
			p = reallocarray(table, cap, sizeof(*p));
			if (p == NULL)
				die("no memory for Courier's list");
			table = p;
		}
		*n += parse_line(line, oldest, &table[*n]);
	}
	if (*n > 1)
		qsort(table, *n, sizeof(*table), compare);
	return table;
}

/* What Courier answers to UIDL for this message. */
static void
put_uidl(const struct told *t, struct buf *b)
{
	unsigned char c;

	if (t->n != 0) {
		buf_puts(b, "UID");
		buf_putn(b, t->n);
		if (t->uidv != 0) {
			buf_putc(b, '-');
			buf_putn(b, t->uidv);
		}
		return;
	}
	for (size_t i = 0; i < t->base.n; i++) {
		c = (unsigned char)t->base.p[i];
		if (c < 0x21 || c > 0x7e || c == '\'' || c == '"' || c == '+')
			buf_printf(b, "+%02X", c);
		else
			buf_putc(b, (char)c);
	}
}

/* Give the entries their P; rank[i] is the place in Courier's order + 1, or
 * 0.  Returns whether that order is not the order of UIDs. */
static bool
join(struct uidlist *ul, const struct told *table, size_t n, size_t *rank)
{
	const struct told *t;
	struct told key = {0};
	struct str had;
	struct buf uidl;
	size_t last = 0;
	bool differs = false;

	buf_init(&uidl, UIDL_SIZE);
	for (size_t i = 0; i < ul->n; i++) {
		key.base = ul->entry[i].base;
		t = bsearch(&key, table, n, sizeof(*table), compare);
		if (t == NULL)
			continue;
		rank[i] = (size_t)(t - table) + 1;
		differs |= rank[i] < last;
		last = rank[i];
		buf_reset(&uidl);
		put_uidl(t, &uidl);
		if (!uidlist_key(ul->entry[i].keys, 'P', &had))
			uidlist_set_key(ul, i, 'P', buf_str(&uidl));
	}
	buf_free(&uidl);
	return differs;
}

static void
set_order(struct uidlist *ul, const size_t *rank)
{
	struct buf b;

	buf_init(&b, 32);
	for (size_t i = 0; i < ul->n; i++) {
		if (rank[i] == 0)
			continue;
		buf_reset(&b);
		buf_putn(&b, rank[i]);
		uidlist_set_key(ul, i, 'O', buf_str(&b));
	}
	buf_free(&b);
}

int
courier_pop3(struct uidlist *ul, int dirfd)
{
	struct told *table;
	size_t *rank, n;
	char *text;

	if (control_read(dirfd, "courierpop3dsizelist", FILE_MAX, &text, &n,
		    NULL) == -1)
		return errno == ENOENT || errno == EINVAL ? 0 : -1;
	table = parse_list((struct str){text, n}, &n);
	rank = calloc(ul->n + 1, sizeof(*rank));
	if (rank == NULL)
		die("no memory for Courier's list");
	if (n > 0 && join(ul, table, n, rank))
		set_order(ul, rank);
	free(rank);
	free(table);
	free(text);
	return 0;
}

bool
courier_subscription(struct str *line)
{
	if (str_is(*line, "INBOX"))
		return true;
	if (!str_starts(*line, STR("INBOX.")))
		return false;
	*line = str_skip(*line, 6);
	return true;
}

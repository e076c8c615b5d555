/*
 * Base subjects, by the grammar of RFC 5256 5 and the procedure of 2.1.
 *
 * The grammar is ambiguous, so the procedure rules: trailers off the end; then
 * leaders and, one by one, blobs off the start, a blob only when something is
 * left; then "[fwd: ... ]" around it all, and again from the trailers.
 *
 * Done literally that is quadratic for "[a][b][c]...": whether a leader begins
 * here is known only behind the last blob of a row, and is asked again for
 * each of them.  The end of a row that had no "re:" behind it is remembered:
 * from inside the row the answer is the same.
 */
#include "common/subject.h"

#include "common/casemap.h"
#include "common/decode.h"

#include <string.h>

/* A subject on its way. */
struct cutter {
	struct str s;
	const char *no_leader; /* blobs up to here have no "re:" behind them */
	bool reply;
};

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
skip_spaces(struct str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = str_skip(s, 1);
	return s;
}

/* subj-blob: "[", no bracket, "]", blanks.  false: there is none. */
static bool
skip_blob(struct str *s)
{
	size_t i = 1;

	if (s->n == 0 || s->p[0] != '[')
		return false;
	while (i < s->n && s->p[i] != '[' && s->p[i] != ']')
		i++;
	if (i == s->n || s->p[i] != ']')
		return false;
	*s = skip_spaces(str_skip(*s, i + 1));
	return true;
}

/* subj-refwd: "re", "fw" or "fwd", blanks, perhaps a blob, ":". */
static bool
skip_refwd(struct str *s)
{
	struct str rest;

	if (str_istarts(*s, STR("fwd")))
		rest = str_skip(*s, 3);
	else if (str_istarts(*s, STR("re")) || str_istarts(*s, STR("fw")))
		rest = str_skip(*s, 2);
	else
		return false;
	rest = skip_spaces(rest);
	skip_blob(&rest);
	if (rest.n == 0 || rest.p[0] != ':')
		return false;
	*s = str_skip(rest, 1);
	return true;
}

/* subj-leader: blobs and a subj-refwd behind them, or blanks. */
static bool
cut_leader(struct cutter *c)
{
	struct str s = skip_spaces(c->s);

	if (s.n < c->s.n) {
		c->s = s;
		return true;
	}
	if (c->no_leader && s.p < c->no_leader)
		return false;
	while (skip_blob(&s))
		;
	if (!skip_refwd(&s)) {
		c->no_leader = s.p;
		return false;
	}
	c->s = s;
	c->reply = true;
	return true;
}

static bool
cut_blob(struct cutter *c)
{
	struct str s = c->s;

	if (!skip_blob(&s) || s.n == 0)
		return false;
	c->s = s;
	return true;
}

static bool
ends_with(struct str s, struct str tail)
{
	return s.n >= tail.n && str_istarts(str_skip(s, s.n - tail.n), tail);
}

static void
cut_trailers(struct cutter *c)
{
	for (;;) {
		if (c->s.n > 0 && c->s.p[c->s.n - 1] == ' ') {
			c->s.n--;
		} else if (ends_with(c->s, STR("(fwd)"))) {
			c->s.n -= 5;
			c->reply = true;
		} else {
			return;
		}
	}
}

static bool
cut_forward(struct cutter *c)
{
	if (!str_istarts(c->s, STR("[fwd:")) || !ends_with(c->s, STR("]")))
		return false;
	c->s = str_skip(c->s, 5);
	c->s.n--;
	/* What was looked at as a row of blobs ended in that bracket. */
	c->no_leader = NULL;
	c->reply = true;
	return true;
}

/* Step (1): white space in a row becomes one space. */
static size_t
fold_white(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		char c = is_white(p[i]) ? ' ' : p[i];

		if (c != ' ' || to == 0 || p[to - 1] != ' ')
			p[to++] = c;
	}
	return to;
}

bool
subject_base(struct buf *text, struct str *base)
{
	struct cutter c = {.no_leader = NULL};

	text->n = fold_white(text->p, text->n);
	c.s = buf_str(text);
	do {
		cut_trailers(&c);
		while (cut_leader(&c) || cut_blob(&c))
			;
	} while (cut_forward(&c));
	*base = c.s;
	return c.reply;
}

bool
subject_key(struct str raw, struct buf *out)
{
	struct buf text;
	struct str base;
	bool reply;

	buf_init(&text, raw.n * CHARSET_GROWTH + 1024);
	words_decode(raw, &text);
	reply = subject_base(&text, &base);
	casemap_fold(base, out);
	buf_free(&text);
	return reply;
}

/*
 * Response syntax (RFC 3501 9).
 *
 * A quoted string holds neither CR, LF nor NUL, nor octets above 127, and a
 * client that finds one of these there loses its place; header fields of real
 * mail have them all.  So whatever is not plain goes as a literal, whose
 * length says where it ends.
 */
#include "imapd/resp.h"

#include <string.h>

const struct resp_flag resp_flags[RESP_FLAGS] = {
	{MSG_ANSWERED, "\\Answered"},
	{MSG_FLAGGED,  "\\Flagged" },
	{MSG_DELETED,  "\\Deleted" },
	{MSG_SEEN,     "\\Seen"    },
	{MSG_DRAFT,    "\\Draft"   },
};

const char resp_forwarded[] = "$Forwarded";

enum {
	/* Longer ones are literals, which cost clients less to read. */
	QUOTED_MAX = 1024
};

static bool
is_plain(struct str s, bool utf8)
{
	if (s.n > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\0' || c == '\r' || c == '\n' || (c >= 0x80 && !utf8))
			return false;
	}
	return true;
}

static void
literal(struct buf *b, struct str s)
{
	char *p;

	buf_printf(b, "{%zu}\r\n", s.n);
	p = s.n > 0 ? buf_room(b, s.n) : NULL;
	if (p == NULL)
		return;
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '\0' ? (char)0x80 : s.p[i];
	b->n += s.n;
}

static void
string(struct buf *b, struct str s, bool utf8)
{
	char *p, *to;

	if (!is_plain(s, utf8)) {
		literal(b, s);
		return;
	}
	to = p = buf_room(b, 2 * s.n + 2);
	if (p == NULL)
		return;
	*to++ = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			*to++ = '\\';
		*to++ = s.p[i];
	}
	*to++ = '"';
	b->n += (size_t)(to - p);
}

void
resp_string(struct buf *b, struct str s)
{
	string(b, s, false);
}

void
resp_nstring(struct buf *b, struct str s)
{
	if (s.p == NULL)
		buf_puts(b, "NIL");
	else
		resp_string(b, s);
}

/* NIL would be no string where one may be missing. */
static bool
is_atom(struct str s)
{
	if (s.n == 0 || str_iis(s, "NIL"))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
			strchr("(){%*\"\\]", s.p[i]) != NULL)
			return false;
	return true;
}

void
resp_astring(struct buf *b, struct str s)
{
	if (is_atom(s))
		buf_adds(b, s);
	else
		resp_string(b, s);
}

void
resp_astring_utf8(struct buf *b, struct str s)
{
	if (is_atom(s))
		buf_adds(b, s);
	else
		string(b, s, true);
}

void
resp_item(struct buf *b, bool *first)
{
	buf_putc(b, *first ? '(' : ' ');
	*first = false;
}

void
resp_modseq(struct buf *b, uint64_t modseq)
{
	buf_puts(b, "MODSEQ (");
	buf_putn(b, modseq);
	buf_putc(b, ')');
}

void
resp_highestmodseq(struct buf *b, uint64_t modseq)
{
	buf_puts(b, "* OK [HIGHESTMODSEQ ");
	buf_putn(b, modseq);
	buf_puts(b, "] Known up to here\r\n");
}

static void
put_system(struct buf *b, uint32_t flags, bool *first)
{
	for (size_t i = 0; i < RESP_FLAGS; i++) {
		if ((flags & resp_flags[i].bit) == 0)
			continue;
		resp_item(b, first);
		buf_puts(b, resp_flags[i].name);
	}
}

/* Keywords in use, and the one of the letter P unless it is among them. */
static void
put_keywords(struct buf *b, const struct keywords *kw, uint64_t bits,
	bool forwarded, bool *first)
{
	for (; bits != 0; bits &= bits - 1) {
		int i = __builtin_ctzll(bits);

		if (kw->name[i] == NULL)
			continue;
		if (str_iis(str_of(kw->name[i]), resp_forwarded))
			forwarded = false;
		resp_item(b, first);
		buf_puts(b, kw->name[i]);
	}
	if (forwarded) {
		resp_item(b, first);
		buf_puts(b, resp_forwarded);
	}
}

static void
close_list(struct buf *b, bool first)
{
	buf_puts(b, first ? "()" : ")");
}

void
resp_flag_list(struct buf *b, const struct msg *m, const struct keywords *kw,
	bool recent)
{
	bool first = true;

	put_system(b, m->flags, &first);
	if (recent) {
		resp_item(b, &first);
		buf_puts(b, "\\Recent");
	}
	put_keywords(b, kw, m->keywords, m->flags & MSG_PASSED, &first);
	close_list(b, first);
}

void
resp_known_flags(struct buf *b, struct resp_lists *known, const struct msg *m,
	const struct keywords *kw, bool recent)
{
	uint32_t flags = m->flags | (recent ? 1u << 31 : 0);
	uint64_t h = (flags ^ m->keywords << 6) * 0x9e3779b97f4a7c15u;
	struct resp_list *l = &known->list[h >> 60];
	size_t at = b->n, n;

	if (l->n > 0 && l->flags == flags && l->keywords == m->keywords) {
		buf_add(b, l->text, l->n);
		return;
	}
	resp_flag_list(b, m, kw, recent);
	n = b->n - at;
	if (b->bad || n > sizeof(l->text))
		return;
	l->flags = flags;
	l->keywords = m->keywords;
	l->n = n;
	memcpy(l->text, b->p + at, n);
}

void
resp_all_flags(struct buf *b, const struct keywords *kw, bool more)
{
	bool first = true;

	put_system(b, MSG_SYSTEM, &first);
	put_keywords(b, kw, UINT64_MAX, true, &first);
	if (more)
		buf_puts(b, " \\*");
	close_list(b, first);
}

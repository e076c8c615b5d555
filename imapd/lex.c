/*
 * From octets to commands; what their lines say is lex_token.c's.
 *
 * What can go wrong here is losing step: to take mail for commands, or
 * commands for mail.
 *
 * 1. A literal that is refused.  {n} is refused by not sending "+": the
 *    client then sends no octets.  {n+} has its octets on the way already
 *    (RFC 7888 4): lex_finish() swallows them, and the lines and literals
 *    that follow them.
 * 2. A line longer than we want.  It is read to its end without being kept,
 *    but its last octets are: they may announce a literal.
 * 3. Whether a line ends with a literal is seen by looking at its last octets
 *    alone.  No quoted string can hold a line end, so a "{5+}" there is never
 *    the middle of one.
 *
 * What is announced counts against the limit before "+" is sent, and there is
 * memory for it before, too.
 */
#include "imapd/lex.h"

#include <string.h>

#include "common/num.h"

/* What a refused literal may have at most for us to wait for its end. */
#define SWALLOW_MAX (UINT64_C(1) << 32)

enum {
	RAW_KEPT = 1 << 16
};

struct literal {
	size_t at; /* where the '{' is */
	uint64_t n;
	bool plus;
};

/* The line has more octets than we keep: from here on only the last ones,
 * beginning with the last that were kept. */
static void
tail_add(struct lex *l, char c)
{
	size_t n = l->raw.n < sizeof(l->tail) ? l->raw.n : sizeof(l->tail);

	if (l->ntail == 0) {
		lex_refuse(l, "Command too long");
		if (n > 0)
			memcpy(l->tail, l->raw.p + l->raw.n - n, n);
		l->ntail = n;
	}
	if (l->ntail == sizeof(l->tail)) {
		memmove(l->tail, l->tail + 1, sizeof(l->tail) - 1);
		l->ntail--;
	}
	l->tail[l->ntail++] = c;
}

/* Passwords do not stay, nor does the memory of an unusual command. */
static void
forget_raw(struct lex *l)
{
	if (l->raw.n > 0)
		explicit_bzero(l->raw.p, l->raw.n);
	if (l->raw.cap > RAW_KEPT)
		buf_free(&l->raw);
	buf_reset(&l->raw);
}

void
lex_init(struct lex *l, struct io *io, struct arena *a, size_t max)
{
	*l = (struct lex){.io = io, .arena = a, .max = max};
	buf_init(&l->raw, max);
}

void
lex_free(struct lex *l)
{
	forget_raw(l);
	buf_free(&l->raw);
}

static struct str
without_cr(struct str s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* The next line into the arena. */
static bool
read_line(struct lex *l)
{
	size_t room = l->max - l->used;
	unsigned char c;

	l->ntail = 0;
	l->at = 0;
	while ((l->end = io_getc(l->io, &c)) == IO_OK && c != '\n') {
		if (l->raw.n < room)
			buf_putc(&l->raw, (char)c);
		else
			tail_add(l, (char)c);
	}
	l->used += l->raw.n;
	l->line = without_cr(arena_str(l->arena, buf_str(&l->raw)));
	forget_raw(l);
	return l->end == IO_OK;
}

enum io_result
lex_begin(struct lex *l)
{
	l->used = 0;
	l->why = NULL;
	read_line(l);
	return l->end;
}

/* Does s end with "{n}" or "{n+}"? */
static bool
ends_with_literal(struct str s, struct literal *lit)
{
	struct str digits;
	size_t i;

	if (s.n < 3 || s.p[s.n - 1] != '}')
		return false;
	lit->plus = s.p[s.n - 2] == '+';
	digits.n = s.n - 1 - lit->plus;
	for (i = digits.n; i > 0 && ascii_digit(s.p[i - 1]);)
		i--;
	if (i == 0 || i == digits.n || s.p[i - 1] != '{')
		return false;
	digits = (struct str){s.p + i, digits.n - i};
	lit->at = i - 1;
	return num_u64(digits, UINT64_MAX, &lit->n);
}

/* Is the rest of the line nothing but that? */
static bool
at_literal(const struct lex *l, struct literal *lit)
{
	return ends_with_literal(str_skip(l->line, l->at), lit) && lit->at == 0;
}

static struct str
line_end(const struct lex *l)
{
	return l->ntail > 0 ? without_cr((struct str){l->tail, l->ntail})
			    : str_skip(l->line, l->at);
}

enum io_result
lex_finish(struct lex *l)
{
	struct literal lit;

	while (l->end == IO_OK && ends_with_literal(line_end(l), &lit) &&
		lit.plus) {
		lex_refuse(l, "Unexpected literal");
		l->end = lit.n > SWALLOW_MAX ? IO_ERROR : io_skip(l->io, lit.n);
		if (l->end == IO_OK) {
			l->used = 0;
			read_line(l);
		}
	}
	return l->end;
}

bool
lex_more(struct lex *l, struct str *line)
{
	if (!read_line(l) || l->why != NULL)
		return false;
	*line = l->line;
	l->at = l->line.n;
	return true;
}

bool
lex_continue(struct lex *l, struct str *line)
{
	io_puts(l->io, "+ \r\n");
	return lex_more(l, line);
}

bool
lex_at(const struct lex *l, char c)
{
	return l->at < l->line.n && l->line.p[l->at] == c;
}

bool
lex_take(struct lex *l, char c)
{
	bool there = lex_at(l, c);

	l->at += there;
	return there;
}

bool
lex_expect(struct lex *l, char c)
{
	static const struct {
		char c;
		const char *why;
	} whys[] = {
		{'(', "Expected ("},
		{')', "Expected )"},
		{']', "Expected ]"},
		{'>', "Expected >"},
	};

	if (lex_take(l, c))
		return true;
	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if (whys[i].c == c)
			return lex_refuse(l, whys[i].why);
	return lex_refuse(l, "Syntax error");
}

bool
lex_space(struct lex *l)
{
	if (!lex_take(l, ' '))
		return lex_refuse(l, l->at == l->line.n ? "Missing argument"
							: "Expected a space");
	while (lex_take(l, ' '))
		;
	return true;
}

bool
lex_end(struct lex *l)
{
	while (lex_take(l, ' '))
		;
	if (l->at < l->line.n)
		return lex_refuse(l, "Too many arguments");
	return l->why == NULL;
}

bool
lex_at_literal(const struct lex *l)
{
	struct literal lit;

	return at_literal(l, &lit);
}

bool
lex_literal(struct lex *l, bool nul, struct str *out)
{
	struct literal lit;
	char *to;

	if (!at_literal(l, &lit))
		return lex_refuse(l, "Invalid literal");
	if (lit.n > l->max - l->used)
		return lex_refuse(l, "Literal too long");
	to = arena_alloc(l->arena, lit.n + 1);
	l->used += lit.n;
	if (!lit.plus)
		io_puts(l->io, "+ OK\r\n");
	l->end = io_read(l->io, to, lit.n);
	if (l->end != IO_OK || !read_line(l))
		return lex_refuse(l, "Connection lost");
	if (!nul && memchr(to, '\0', lit.n) != NULL)
		return lex_refuse(l, "NUL in a literal");
	*out = (struct str){to, lit.n};
	return l->why == NULL;
}

bool
lex_announced(struct lex *l, struct lex_literal *out)
{
	struct literal lit;

	out->binary = lex_take(l, '~');
	if (!at_literal(l, &lit))
		return lex_refuse(l, "Expected a literal");
	out->n = lit.n;
	out->plus = lit.plus;
	return l->why == NULL;
}

void
lex_accept(struct lex *l, const struct lex_literal *lit)
{
	l->at = l->line.n;
	if (!lit->plus)
		io_puts(l->io, "+ OK\r\n");
}

bool
lex_octets(struct lex *l, void *p, size_t n, size_t *got)
{
	l->end = io_some(l->io, p, n, got);
	return l->end == IO_OK;
}

bool
lex_resume(struct lex *l)
{
	return read_line(l) && l->why == NULL;
}

/*
 * What the octets of a line mean: atoms, strings, numbers, sets.
 *
 * Clients send more than the grammar has, and there is only harm in refusing
 * it: 8-bit names that were not encoded, unquoted passwords with any octet,
 * more blanks than one.  What could be taken in two ways is refused.
 */
#include "imapd/lex.h"

#include <string.h>

#include "common/folder.h"
#include "common/num.h"

static bool
is_atom(char c)
{
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

static bool
is_tag(char c)
{
	return (is_atom(c) || c == ']') && c != '+';
}

/* Octets above ASCII stand in names that clients forgot to encode. */
static bool
is_astring(char c)
{
	return is_atom(c) || c == ']' || (unsigned char)c >= 0x80;
}

static bool
is_pattern(char c)
{
	return is_astring(c) || c == '%' || c == '*';
}

static bool
is_visible(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

static bool
is_word(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '.' || c == '-';
}

/* All octets from here that are of a kind. */
static bool
span(struct lex *l, bool (*is)(char), struct str *out)
{
	size_t from = l->at;

	while (l->at < l->line.n && is(l->line.p[l->at]))
		l->at++;
	*out = (struct str){l->line.p + from, l->at - from};
	return out->n > 0;
}

bool
lex_tag(struct lex *l, struct str *out)
{
	return span(l, is_tag, out) || lex_refuse(l, "Invalid tag");
}

bool
lex_atom(struct lex *l, struct str *out)
{
	return span(l, is_atom, out) || lex_refuse(l, "Expected an atom");
}

bool
lex_word(struct lex *l, struct str *out)
{
	return span(l, is_word, out) || lex_refuse(l, "Expected a word");
}

/* Octets before the closing quote; false: there is none. */
static bool
quoted_length(struct str rest, size_t *n)
{
	for (*n = 0; *n < rest.n; ++*n) {
		if (rest.p[*n] == '"')
			return true;
		if (rest.p[*n] == '\\' && ++*n == rest.n)
			break;
		if (rest.p[*n] == '\0' || rest.p[*n] == '\r')
			break;
	}
	return false;
}

/* Takes memory for what it is, not for the line: a line has many. */
static bool
quoted(struct lex *l, struct str *out)
{
	struct str in = str_skip(l->line, l->at + 1);
	size_t n = 0;
	char *to;

	if (!quoted_length(in, &in.n))
		return lex_refuse(l, "Invalid quoted string");
	to = arena_alloc(l->arena, in.n);
	for (size_t i = 0; i < in.n; i++) {
		i += in.p[i] == '\\';
		to[n++] = in.p[i];
	}
	l->at += in.n + 2;
	*out = (struct str){to, n};
	return !l->utf8 || utf8_valid(*out) || lex_refuse(l, "Not UTF-8");
}

bool
lex_string(struct lex *l, struct str *out)
{
	if (lex_at(l, '"'))
		return quoted(l, out);
	if (lex_at(l, '{'))
		return lex_literal(l, false, out);
	return lex_refuse(l, "Expected a string");
}

static bool
string_or(struct lex *l, bool (*is)(char), struct str *out)
{
	if (lex_at(l, '"') || lex_at(l, '{'))
		return lex_string(l, out);
	return span(l, is, out) || lex_refuse(l, "Expected a string");
}

bool
lex_nstring(struct lex *l, struct str *out)
{
	struct str word;

	if (lex_at(l, '"') || lex_at(l, '{'))
		return lex_string(l, out);
	*out = (struct str){0};
	if (!span(l, is_atom, &word) || !str_iis(word, "NIL"))
		return lex_refuse(l, "Expected a string or NIL");
	return true;
}

bool
lex_nstring8(struct lex *l, struct str *out)
{
	return lex_take(l, '~') ? lex_literal(l, true, out)
				: lex_nstring(l, out);
}

bool
lex_astring(struct lex *l, struct str *out)
{
	return string_or(l, is_astring, out);
}

bool
lex_pattern(struct lex *l, struct str *out)
{
	return string_or(l, is_pattern, out);
}

bool
lex_credential(struct lex *l, struct str *out)
{
	if (lex_at(l, '{') && !lex_at_literal(l))
		return span(l, is_visible, out);
	return string_or(l, is_visible, out);
}

static bool
is_base64(char c)
{
	return ascii_alpha(c) || ascii_digit(c) ||
	       (c != '\0' && strchr("+/=", c) != NULL);
}

bool
lex_base64(struct lex *l, struct str *out)
{
	return span(l, is_base64, out) || lex_refuse(l, "Invalid base64");
}

bool
lex_number64(struct lex *l, uint64_t *out)
{
	struct str digits;

	/* RFC 9051 9, number64: 63 bits. */
	if (!span(l, ascii_digit, &digits) || !num_u64(digits, INT64_MAX, out))
		return lex_refuse(l, "Invalid number");
	return true;
}

bool
lex_number(struct lex *l, uint32_t *out)
{
	uint64_t n = 0;

	if (!lex_number64(l, &n))
		return false;
	if (n > UINT32_MAX)
		return lex_refuse(l, "Invalid number");
	*out = (uint32_t)n;
	return true;
}

static bool
seq_number(struct lex *l, uint32_t *out)
{
	*out = 0;
	if (lex_take(l, '*'))
		return true;
	if (!lex_number(l, out) || *out == 0)
		return lex_refuse(l, "Invalid message set");
	return true;
}

static bool
seq_range(struct lex *l, struct seqrange *r)
{
	if (!seq_number(l, &r->a))
		return false;
	r->b = r->a;
	return !lex_take(l, ':') || seq_number(l, &r->b);
}

bool
lex_seqset(struct lex *l, struct seqset *out)
{
	size_t ranges = 1;

	*out = (struct seqset){.saved = lex_take(l, '$')};
	if (out->saved)
		return true;
	for (size_t i = l->at; i < l->line.n && l->line.p[i] != ' '; i++)
		ranges += l->line.p[i] == ',';
	out->range = arena_array(l->arena, ranges, sizeof(*out->range));
	do {
		if (!seq_range(l, &out->range[out->n++]))
			return false;
	} while (lex_take(l, ','));
	return true;
}

bool
lex_flag(struct lex *l, struct str *out)
{
	size_t from = l->at;
	bool system = lex_take(l, '\\');

	if (!span(l, is_atom, out))
		return lex_refuse(l, "Invalid flag");
	if (system)
		*out = (struct str){l->line.p + from, l->at - from};
	return true;
}

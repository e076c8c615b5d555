/*
 * Encoded words (RFC 2047) and parameters (RFC 2231) as UTF-8.
 *
 * 1. Where words stand.  By the RFC they stand between blanks, never in quoted
 *    strings, and hold no blanks.  Mailers put them into quotes, glue them to
 *    text, and leave blanks in Q text; people see them decoded in every other
 *    program.  So a word is "=?charset?B|Q?text?=" wherever it is found.
 * 2. Characters split over words, which the RFC forbids and many mailers do:
 *    adjacent words of one charset are one text to the converter.
 * 3. Cost.  A header may be a megabyte of "=?a?q?" without any end: a token is
 *    short, and when no "?=" follows none is looked for again.
 */
#include "common/decode.h"

#include "common/num.h"

#include <stdio.h>
#include <string.h>

enum {
	TOKEN_MAX = 80 /* charset with its language */
};

struct word {
	const char *start, *end; /* "=?" to behind "?=" */
	struct str charset;
	bool base64;
	struct str text;
};

static bool
is_token(char c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;\"/[]?=", c);
}

/* "=?charset*language?Q?" at p; false when it is not that. */
static bool
word_head(const char *p, const char *end, struct word *w)
{
	const char *at = p + 2;

	w->start = p;
	while (at < end && at - p < TOKEN_MAX && is_token(*at))
		at++;
	w->charset = (struct str){p + 2, (size_t)(at - p - 2)};
	if (w->charset.n == 0 || end - at < 3 || at[0] != '?' || at[2] != '?')
		return false;
	str_cut(&(struct str){w->charset.p, w->charset.n}, '*', &w->charset);
	w->base64 = ascii_lower(at[1]) == 'b';
	w->text.p = at + 3;
	return w->base64 || ascii_lower(at[1]) == 'q';
}

/* The next word in [p, end). */
static bool
find_word(const char *p, const char *end, struct word *w)
{
	const char *close;

	while ((p = memmem(p, (size_t)(end - p), "=?", 2)) != NULL) {
		if (!word_head(p, end, w)) {
			p++;
			continue;
		}
		close = memmem(w->text.p, (size_t)(end - w->text.p), "?=", 2);
		if (!close)
			return false;
		w->text.n = (size_t)(close - w->text.p);
		w->end = close + 2;
		return true;
	}
	return false;
}

static void
decode_q(struct str in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		uint32_t octet = (unsigned char)in.p[i];

		if (octet == '_')
			octet = ' ';
		else if (octet == '=' && in.n - i > 2 &&
			 num_hex32((struct str){in.p + i + 1, 2}, &octet))
			i += 2;
		buf_putc(out, (char)octet);
	}
}

static void
decode_b(struct str in, struct buf *out)
{
	struct transfer t;

	transfer_start(&t, TRANSFER_BASE64);
	transfer_feed(&t, in, out);
	transfer_end(&t, out);
}

static bool
is_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p == end;
}

/* Words that follow each other in one charset. */
struct joined {
	struct charset charset;
	struct str name; /* p NULL: no word before */
	struct buf octets;
};

static void
end_joined(struct joined *j, struct buf *out)
{
	if (j->name.p)
		charset_end(&j->charset, out);
	j->name = (struct str){NULL, 0};
}

static void
add_word(struct joined *j, const struct word *w, struct buf *out)
{
	if (j->name.p && !str_ieq(j->name, w->charset))
		end_joined(j, out);
	if (!j->name.p)
		charset_start(&j->charset, w->charset);
	j->name = w->charset;
	buf_reset(&j->octets);
	if (w->base64)
		decode_b(w->text, &j->octets);
	else
		decode_q(w->text, &j->octets);
	charset_feed(&j->charset, buf_str(&j->octets), out);
}

void
words_decode(struct str in, struct buf *out)
{
	struct joined j = {
		.name = {NULL, 0}
        };
	const char *p, *end;
	struct word w;

	if (in.n == 0)
		return;
	p = in.p;
	end = in.p + in.n;
	buf_init(&j.octets, in.n + 4);
	for (; find_word(p, end, &w); p = w.end) {
		if (!j.name.p || !is_blank(p, w.start)) {
			end_joined(&j, out);
			charset_convert(STR(""),
				(struct str){p, (size_t)(w.start - p)}, out);
		}
		add_word(&j, &w, out);
	}
	end_joined(&j, out);
	charset_convert(STR(""), (struct str){p, (size_t)(end - p)}, out);
	buf_free(&j.octets);
}

/* The parameters whose names have a "*". */
static struct mime_param *
extended(struct arena *a, const struct mime_value *v)
{
	struct mime_param *list = NULL, **next = &list;

	for (const struct mime_param *p = v->param; p; p = p->next) {
		if (str_find(p->name, '*') == -1)
			continue;
		*next = arena_alloc(a, sizeof(**next));
		(*next)->name = p->name;
		(*next)->value = p->value;
		next = &(*next)->next;
	}
	return list;
}

/* What "name*" or "name*0*" begins with: charset'language'. */
static struct str
param_charset(const struct mime_value *v, const char *name)
{
	static const char *const forms[] = {"*", "*0*"};
	char spelled[64];
	struct str value, charset;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(spelled, sizeof(spelled), "%s%s", name, forms[i]);
		value = mime_param(v, spelled);
		if (value.p && str_cut(&value, '\'', &charset) && value.p)
			return charset;
	}
	return STR("");
}

bool
param_decode(struct arena *a, const struct mime_value *v, const char *name,
	struct buf *out)
{
	struct mime_value ext = {v->main, extended(a, v)};
	struct str value = mime_param_joined(a, &ext, name);
	struct str charset = param_charset(&ext, name);

	if (!value.p)
		value = mime_param(v, name);
	if (charset.n > 0)
		charset_convert(charset, value, out);
	else
		words_decode(value, out);
	return value.p != NULL;
}

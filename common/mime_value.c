/*
 * Values of structured MIME fields: "text/plain; charset=x".
 *
 * RFC 2045 5.1 is strict and mail is not.  What this reader does where they
 * differ, and why:
 *
 * 1. A word that nobody expects is passed over, and reading goes on at the
 *    next ";": a stray word must not hide the boundary behind it.  A
 *    parameter may also follow without its ";".
 * 2. An unquoted value ends at a blank or ";", so it may hold "=", "/" or "?"
 *    (boundaries do, unquoted, every day).  Only name and filename go on to
 *    the ";": "filename=my report (1).pdf" means what it looks like.
 * 3. A quoted string without its end ends with the field.
 * 4. The first of several parameters with one name counts.
 * 5. Cost is linear in the field, comments nest by a counter, and no more
 *    than MIME_PARAMS parameters are kept.
 */
#include "common/mime.h"

#include "common/cfws.h"
#include "common/num.h"

#include <string.h>

static bool
needs_unfolding(struct str s)
{
	return memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n) ||
	       memchr(s.p, '\0', s.n);
}

/* Octets of a line end that folds at p: CRLF or LF with a blank behind. */
static size_t
fold_at(struct str s, size_t at)
{
	size_t n = s.p[at] == '\r' ? 2 : 1;

	if (at + n >= s.n || s.p[at + n - 1] != '\n')
		return 0;
	return cfws_is_blank(s.p[at + n]) ? n : 0;
}

static struct str
cut_ends(struct str s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]))
		s = str_skip(s, 1);
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
mime_unfold(struct arena *a, struct str raw)
{
	struct str s = cut_ends(raw);
	char *out;
	size_t n = 0;

	if (s.n == 0 || !needs_unfolding(s))
		return s.n ? s : (struct str){"", 0};
	out = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\r' || c == '\n') {
			size_t fold = fold_at(s, i);

			if (fold > 0) {
				i += fold - 1;
				continue;
			}
		}
		out[n++] = c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
	}
	return str_trim((struct str){out, n});
}

/* Blanks and comments. */
static const char *
skip_cfws(const char *p, const char *end)
{
	const char *close;

	while (p < end) {
		if (cfws_is_blank(*p))
			p++;
		else if (*p == '(' && (close = cfws_paren(p, end)))
			p = close + 1;
		else
			return *p == '(' ? end : p;
	}
	return p;
}

/* A quoted string without its quotes; *p points at the first of them, and
 * goes behind the other, or to the end. */
static struct str
take_quoted(struct arena *a, const char **p, const char *end)
{
	const char *quote = cfws_quote(*p, end);
	struct str in = {*p + 1, 0};

	*p = quote ? quote + 1 : end;
	in.n = (size_t)((quote ? quote : end) - in.p);
	return cfws_unescape(a, in);
}

static struct str
take_until(const char **p, const char *end, const char *stops)
{
	const char *from = *p;

	while (*p < end && !strchr(stops, **p))
		++*p;
	return (struct str){from, (size_t)(*p - from)};
}

/* "text / plain" is "text/plain". */
static struct str
take_main(struct arena *a, const char **p, const char *end)
{
	struct str word, rest;
	char *out;

	*p = skip_cfws(*p, end);
	if (*p < end && **p == '"')
		return take_quoted(a, p, end);
	word = take_until(p, end, " \t;(");
	*p = skip_cfws(*p, end);
	if (word.n > 0 && word.p[word.n - 1] == '/')
		word.n--;
	else if (*p < end && **p == '/')
		++*p;
	else
		return word;
	*p = skip_cfws(*p, end);
	rest = take_until(p, end, " \t;(");
	out = arena_alloc(a, word.n + 1 + rest.n);
	memcpy(out, word.p, word.n);
	out[word.n] = '/';
	memcpy(out + word.n + 1, rest.p, rest.n);
	return (struct str){out, word.n + 1 + rest.n};
}

/* name and filename hold what people call their files. */
static bool
is_file_name(struct str name)
{
	return str_iis(name, "name") || str_iis(name, "filename");
}

static struct str
take_value(struct arena *a, struct str name, const char **p, const char *end)
{
	*p = skip_cfws(*p, end);
	if (*p < end && **p == '"')
		return take_quoted(a, p, end);
	if (is_file_name(name))
		return str_trim(take_until(p, end, ";"));
	return take_until(p, end, " \t;(");
}

void
mime_value(struct arena *a, struct str raw, struct mime_value *out)
{
	struct str s = mime_unfold(a, raw);
	const char *p = s.p, *end = s.p + s.n;
	struct mime_param **next = &out->param;
	int kept = 0;

	*out = (struct mime_value){.main = take_main(a, &p, end)};
	while (kept < MIME_PARAMS) {
		struct mime_param *param;
		struct str name;

		while ((p = skip_cfws(p, end)) < end && strchr(";=", *p))
			p++;
		if (p == end)
			break;
		name = take_until(&p, end, " \t;(=");
		p = skip_cfws(p, end);
		if (p == end || *p != '=')
			continue;
		p++;
		param = arena_alloc(a, sizeof(*param));
		param->name = name;
		param->value = take_value(a, name, &p, end);
		*next = param;
		next = &param->next;
		kept++;
	}
}

static const struct mime_param *
find_param(const struct mime_param *p, const char *name)
{
	while (p && !str_iis(p->name, name))
		p = p->next;
	return p;
}

struct str
mime_param(const struct mime_value *v, const char *name)
{
	const struct mime_param *p = find_param(v->param, name);

	return p ? p->value : (struct str){NULL, 0};
}

/*
 * A name of RFC 2231: "name*" (part -1) or "name*7" (part 7), and with one
 * more "*" when its value is percent-encoded.
 */
struct piece {
	int part;
	bool encoded;
};

static bool
piece_of(struct str spelled, const char *name, struct piece *out)
{
	struct str base, rest = spelled;
	uint32_t part;

	if (!str_cut(&rest, '*', &base) || !rest.p || !str_iis(base, name))
		return false;
	out->encoded = rest.n == 0 || rest.p[rest.n - 1] == '*';
	out->part = -1;
	if (rest.n == 0)
		return true;
	rest.n -= out->encoded;
	if (!num_u32(rest, MIME_PARAMS, &part))
		return false;
	out->part = (int)part;
	return true;
}

static const struct mime_param *
find_piece(const struct mime_param *p, const char *name, struct piece *want)
{
	struct piece got;

	for (; p; p = p->next) {
		if (piece_of(p->name, name, &got) && got.part == want->part) {
			want->encoded = got.encoded;
			return p;
		}
	}
	return NULL;
}

/* "%41" is "A"; a percent sign before anything else is itself. */
static size_t
percent_decode(char *out, struct str in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint32_t octet;

		if (in.p[i] == '%' && in.n - i > 2 &&
			num_hex32((struct str){in.p + i + 1, 2}, &octet)) {
			out[n++] = (char)(octet ? octet : ' ');
			i += 2;
		} else {
			out[n++] = in.p[i];
		}
	}
	return n;
}

/* The value behind charset'language'. */
static struct str
behind_language(struct str s)
{
	struct str rest = s, head;

	str_cut(&rest, '\'', &head);
	if (rest.p)
		str_cut(&rest, '\'', &head);
	return rest.p ? rest : s;
}

/* All from first on, whose name want has. */
static struct str
join_pieces(struct arena *a, const struct mime_value *v,
	const struct mime_param *first, const char *name, struct piece want)
{
	const struct mime_param *p = first;
	size_t room = 0, n = 0;
	char *out;

	for (const struct mime_param *q = v->param; q; q = q->next)
		room += q->value.n;
	out = arena_alloc(a, room + 1);
	while (p) {
		struct str value = p->value;

		if (want.encoded && p == first)
			value = behind_language(value);
		if (want.encoded) {
			n += percent_decode(out + n, value);
		} else {
			memcpy(out + n, value.p, value.n);
			n += value.n;
		}
		if (want.part == -1)
			break;
		want.part++;
		p = find_piece(v->param, name, &want);
	}
	return (struct str){out, n};
}

struct str
mime_param_joined(struct arena *a, const struct mime_value *v, const char *name)
{
	const struct mime_param *p = find_param(v->param, name);
	struct piece want = {-1, false};

	if (p)
		return p->value;
	p = find_piece(v->param, name, &want);
	if (!p) {
		want.part = 0;
		p = find_piece(v->param, name, &want);
	}
	if (!p)
		return (struct str){NULL, 0};
	return join_pieces(a, v, p, name, want);
}

/*
 * Address lists: RFC 5322 3.4 and 4.4, and what mail has instead.
 *
 * A field is read once from left to right; each element is collected in two
 * forms at a time, because only its end tells which one it was: `name`, the
 * words as people read them, and `spec`, the last word of them as an address
 * ("a . b @ c" is one word).  At "<" the words were a name; at "," they were
 * an address if there was an "@".
 *
 * 1. What is missing is empty.  "root" has no host, "<>" has nothing.  NIL
 *    would turn them into groups (RFC 9051 7.5.2), and an invented word would
 *    be shown to users and answered to; Dovecot writes MISSING_DOMAIN.
 * 2. Something without its partner, a quote, "(", "[", is an ordinary octet:
 *    to swallow the rest of the field loses recipients.  Only the first such
 *    search may run to the end of the field, or "((((" would cost its square.
 * 3. An address may stand in front of the angle form ("a@b <a@b>"), a comma
 *    in an encoded word ("=?utf-8?Q?b,_a?= <a@b>"), a ";" where a "," should
 *    be, and "," where nothing is.  All are common; each means what a reader
 *    would think.
 * 4. A comment is a name only where nothing better is: "a@b (Ann)".
 * 5. Nesting is counted, not recursed.  Quotes around a local part are taken
 *    off, as ENVELOPE wants it.
 */
#include "common/address.h"

#include "common/cfws.h"
#include "common/mime.h"

#include <string.h>

enum {
	ENCODED_WORD_MAX = 250 /* RFC 2047 has 75 */
};

struct list {
	struct arena *a;
	const char *p, *end;
	char *name_room; /* both hold as much as is still to be read */
	char *spec_room;
	bool no_quote, no_paren, no_bracket; /* have no partner any more */
	bool in_group;
	struct address *first, **next;
	int kept;
};

struct element {
	struct str route;
	char *name, *spec;
	size_t name_n, spec_n;
	size_t before;      /* of name_n: what stands before the last word */
	ptrdiff_t at;       /* the "@" in spec, or -1 */
	struct str comment; /* the last one, without its parentheses */
	bool gap;           /* blanks or a comment were just passed */
	bool whole;         /* spec is complete; more words followed */
	bool quoted;
	char last; /* the octet before the gap */
};

/* Addresses may have blanks around these. */
static bool
joins(char c)
{
	return c == '.' || c == '@';
}

/* Before a token that starts with c: is it a new word? */
static void
start_token(struct element *e, char c)
{
	bool gap = e->gap && e->name_n > 0;

	e->gap = false;
	if (!gap)
		return;
	e->name[e->name_n++] = ' ';
	if (joins(e->last) || joins(c))
		return;
	if (e->at != -1) {
		e->whole = true;
	} else {
		e->spec_n = 0;
		e->before = e->name_n;
	}
}

static void
add_octet(struct element *e, char c)
{
	e->name[e->name_n++] = c;
	e->last = c;
	if (!e->whole)
		e->spec[e->spec_n++] = c;
}

/* The octet at l->p as it stands. */
static void
take_octet(struct list *l, struct element *e)
{
	start_token(e, *l->p);
	if (*l->p == '@' && !e->whole)
		e->at = (ptrdiff_t)e->spec_n;
	add_octet(e, *l->p++);
}

static bool
take_quoted(struct list *l, struct element *e)
{
	const char *close = NULL;

	if (!l->no_quote)
		close = cfws_quote(l->p, l->end);
	l->no_quote = !close;
	if (!close)
		return false;
	start_token(e, '"');
	e->quoted = true;
	e->last = '"';
	for (const char *p = l->p + 1; p < close; p++) {
		if (*p == '\\' && p + 1 < close)
			p++;
		add_octet(e, *p);
	}
	e->last = '"';
	l->p = close + 1;
	return true;
}

static bool
take_comment(struct list *l, struct element *e)
{
	const char *close = NULL;

	if (!l->no_paren)
		close = cfws_paren(l->p, l->end);
	l->no_paren = !close;
	if (!close)
		return false;
	e->comment = (struct str){l->p + 1, (size_t)(close - l->p) - 1};
	e->gap = true;
	l->p = close + 1;
	return true;
}

/* "[192.0.2.1]" behind the "@". */
static bool
take_literal(struct list *l, struct element *e)
{
	const char *close = NULL;

	if (e->last != '@')
		return false;
	if (!l->no_bracket)
		close = memchr(l->p, ']', (size_t)(l->end - l->p));
	l->no_bracket = !close;
	if (!close)
		return false;
	start_token(e, '[');
	while (l->p <= close)
		add_octet(e, *l->p++);
	return true;
}

/* Octets of the encoded word (RFC 2047) at p, or 0. */
static size_t
encoded_word(const char *p, const char *end)
{
	size_t max = (size_t)(end - p);
	int marks = 0;

	if (max > ENCODED_WORD_MAX)
		max = ENCODED_WORD_MAX;
	if (max < 2 || p[0] != '=' || p[1] != '?')
		return 0;
	for (size_t i = 1; i < max && !cfws_is_blank(p[i]); i++) {
		if (p[i] != '?')
			continue;
		if (++marks == 4)
			return i + 1 < max && p[i + 1] == '=' ? i + 2 : 0;
	}
	return 0;
}

static bool
take_encoded_word(struct list *l, struct element *e)
{
	size_t n = encoded_word(l->p, l->end);

	if (n == 0)
		return false;
	start_token(e, '=');
	while (n-- > 0)
		add_octet(e, *l->p++);
	return true;
}

/* Blanks, comments, quoted strings and the like; false: an octet for the
 * caller to judge. */
static bool
take_token(struct list *l, struct element *e)
{
	switch (*l->p) {
	case ' ':
	case '\t':
		e->gap = true;
		l->p++;
		return true;
	case '(':
		return take_comment(l, e);
	case '"':
		return take_quoted(l, e);
	case '[':
		return take_literal(l, e);
	case '=':
		return take_encoded_word(l, e);
	default:
		return false;
	}
}

static struct element
element_on(const struct list *l)
{
	return (struct element){
		.name = l->name_room, .spec = l->spec_room, .at = -1};
}

/* Collect words up to what ends them, which is returned: one of ",;<:", or 0
 * at the end of the list. */
static char
take_words(struct list *l, struct element *e)
{
	while (l->p < l->end) {
		char c = *l->p;

		if (take_token(l, e))
			continue;
		if (c == ',' || c == ';' || c == '<')
			return c;
		if (c == ':' && !l->in_group && e->at == -1 && e->name_n > 0)
			return c;
		if (c == '>')
			l->p++;
		else
			take_octet(l, e);
	}
	return 0;
}

/* Does a "," or ":" at this place belong to a route ("<@a,@b:c@d>")? */
static bool
in_route(const struct element *e)
{
	return !e->route.p && e->spec_n > 0 && e->spec[0] == '@';
}

/* What stands between "<" and ">", into e's spec and route. */
static void
take_angle(struct list *l, struct element *e)
{
	while (l->p < l->end) {
		char c = *l->p;

		if (take_token(l, e))
			continue;
		if (c == '>') {
			l->p++;
			return;
		}
		if (c == ';' || (c == ',' && !in_route(e)))
			return;
		if (c == '<') {
			l->p++;
		} else if (c == ':' && in_route(e)) {
			e->route = (struct str){e->spec, e->spec_n};
			e->spec += e->spec_n;
			e->spec_n = 0;
			e->at = -1;
			e->last = '@';
			l->p++;
		} else {
			take_octet(l, e);
		}
	}
}

static struct address *
add_address(struct list *l)
{
	struct address *a = arena_alloc(l->a, sizeof(*a));

	*l->next = a;
	l->next = &a->next;
	l->kept++;
	return a;
}

static void
set_name(struct list *l, struct address *a, struct str name, struct str comment)
{
	/* Blanks inside quotes are the name's own; nothing else is none. */
	a->name = name;
	if (str_trim(name).n == 0)
		a->name = cfws_unescape(l->a, str_trim(comment));
	if (a->name.n == 0)
		a->name = (struct str){NULL, 0};
}

static void
set_spec(struct address *a, const struct element *e)
{
	size_t at = e->at == -1 ? e->spec_n : (size_t)e->at;

	a->mailbox = (struct str){e->spec, at};
	a->host = str_skip((struct str){e->spec, e->spec_n}, at + 1);
	if (!a->host.p || a->host.n == 0)
		a->host = (struct str){"", 0};
	a->route = e->route;
}

/* Words that no "<" followed. */
static void
end_words(struct list *l, const struct element *e)
{
	struct str name = {e->name, e->name_n};
	struct address *a;

	if (e->name_n == 0 && !e->quoted)
		return;
	a = add_address(l);
	if (e->at == -1 && (e->before > 0 || e->quoted)) {
		set_name(l, a, name, e->comment);
		a->mailbox = a->host = (struct str){"", 0};
		return;
	}
	name.n = e->before;
	set_name(l, a, str_trim(name), e->comment);
	set_spec(a, e);
}

/* "<...>" behind the words in e, and what may follow it. */
static void
end_angle(struct list *l, struct element *e)
{
	struct element in;
	struct address *a = add_address(l);
	char stop;

	l->p++;
	l->name_room += e->name_n;
	in = element_on(l);
	take_angle(l, &in);
	set_spec(a, &in);
	/* "<Undisclosed Recipients>": words, and all of them. */
	if (in.at == -1 && in.before > 0)
		a->mailbox = (struct str){in.name, in.name_n};
	l->name_room += in.name_n;
	l->spec_room = in.spec + in.spec_n;

	/* Words here are junk, unless they lead to one more address. */
	in = element_on(l);
	stop = take_words(l, &in);
	set_name(l, a, (struct str){e->name, e->name_n},
		in.comment.n > 0 ? in.comment : e->comment);
	if (stop == '<') {
		*e = in;
		return;
	}
	if (in.at != -1)
		end_words(l, &in);
	l->name_room += in.name_n;
	l->spec_room += in.spec_n;
}

static void
begin_group(struct list *l, const struct element *e)
{
	struct address *a = add_address(l);

	a->mailbox = str_trim((struct str){e->name, e->name_n});
	l->in_group = true;
}

static void
end_group(struct list *l)
{
	if (l->in_group)
		add_address(l);
	l->in_group = false;
}

/* One element and the separator behind it. */
static void
take_element(struct list *l)
{
	struct element e = element_on(l);
	char stop = take_words(l, &e);

	if (stop == '<') {
		do
			end_angle(l, &e);
		while (l->p < l->end && *l->p == '<' && l->kept < ADDRESS_MAX);
		stop = l->p < l->end ? *l->p : 0;
	} else {
		if (stop == ':')
			begin_group(l, &e);
		else
			end_words(l, &e);
		l->name_room += e.name_n;
		l->spec_room += e.spec_n;
	}
	if (stop == ';')
		end_group(l);
	if (stop)
		l->p++;
}

struct address *
address_parse(struct arena *a, struct str raw)
{
	struct str s = mime_unfold(a, raw);
	struct list l = {.a = a, .p = s.p, .end = s.p + s.n};

	if (s.n == 0)
		return NULL;
	/* Each octet read adds at most one to each. */
	l.name_room = arena_alloc(a, s.n + 1);
	l.spec_room = arena_alloc(a, s.n + 1);
	l.next = &l.first;
	while (l.p < l.end && l.kept < ADDRESS_MAX)
		take_element(&l);
	end_group(&l);
	return l.first;
}

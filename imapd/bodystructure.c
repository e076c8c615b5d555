/*
 * The shape of a message.
 *
 * Clients with strict parsers drop a message, or the connection, over one
 * missing field here.  So every form is written whole: a text part has its
 * lines, a message part its envelope, body and lines, a multipart at least
 * one part (the parser sees to that), parameters are NIL or complete pairs.
 * A text part without charset is us-ascii, which RFC 2045 5.2 implies and
 * clients like to read.
 *
 * IMAP4rev2 differs twice.  A message/global has the form of message/rfc822,
 * and a parameter that RFC 2231 cuts in pieces is told as one, decoded to
 * UTF-8 when it has a charset (RFC 9051 7.5.2).  Clients of IMAP4rev1 get the
 * pieces, as they do from other servers, and put them together themselves.
 */
#include "imapd/bodystructure.h"

#include "common/decode.h"
#include "imapd/envelope.h"
#include "imapd/resp.h"

/* The first piece of that name: "name*", "name*0" or "name*0*". */
static const struct mime_param *
first_piece(const struct mime_param *p, struct str name)
{
	struct str base, rest;

	for (; p != NULL; p = p->next) {
		rest = p->name;
		str_cut(&rest, '*', &base);
		if (rest.p != NULL && str_ieq(base, name) &&
			(rest.n == 0 || str_is(rest, "0") ||
				str_is(rest, "0*")))
			break;
	}
	return p;
}

/*
 * p as one parameter, put together from its pieces among all, which keeps its
 * star if it had a charset.  What is no such piece, or has no first one, or
 * stands beside the whole name, stays.  false: p belongs to another.
 */
static bool
join(struct arena *a, struct mime_param *all, struct mime_param *p)
{
	const struct mime_value v = {.param = all};
	const struct mime_param *head;
	struct str base, rest = p->name;
	char *name;
	struct buf text;

	str_cut(&rest, '*', &base);
	if (rest.p == NULL)
		return true;
	name = arena_cstr(a, base);
	head = first_piece(all, base);
	if (head == NULL || mime_param(&v, name).p != NULL)
		return true;
	if (!str_eq(head->name, p->name))
		return false;
	if (rest.n == 0 || rest.p[rest.n - 1] == '*') {
		buf_init(&text, SIZE_MAX);
		param_decode(a, &v, name, &text);
		p->value = arena_str(a, buf_str(&text));
		buf_free(&text);
		base.n++;
	} else
		p->value = mime_param_joined(a, &v, name);
	p->name.n = base.n;
	return true;
}

static void
put_params(struct buf *b, struct arena *a, struct mime_param *all, bool text,
	unsigned form)
{
	bool charset = !text;
	bool first = true;

	for (const struct mime_param *param = all; param != NULL;
		param = param->next) {
		struct mime_param one = *param;

		if ((form & STRUCTURE_REV2) != 0 && !join(a, all, &one))
			continue;
		resp_item(b, &first);
		resp_string(b, one.name);
		buf_putc(b, ' ');
		resp_string(b, one.value);
		charset = charset || str_iis(one.name, "charset");
	}
	if (!charset) {
		resp_item(b, &first);
		buf_puts(b, "\"charset\" \"us-ascii\"");
	}
	buf_puts(b, first ? "NIL" : ")");
}

static void
put_field(struct buf *b, struct arena *a, const struct mime_part *p,
	const char *name)
{
	const struct mime_field *f = mime_field(p, name);
	struct str s = {0};

	if (f != NULL)
		s = mime_unfold(a, f->value);
	buf_putc(b, ' ');
	resp_nstring(b, s.n > 0 ? s : (struct str){0});
}

/* The encoding is a token; comments around it are not wanted. */
static void
put_encoding(struct buf *b, struct arena *a, const struct mime_part *p)
{
	const struct mime_field *f = mime_field(p, "Content-Transfer-Encoding");
	struct mime_value v = {0};

	if (f != NULL)
		mime_value(a, f->value, &v);
	buf_putc(b, ' ');
	resp_string(b, v.main.n > 0 ? v.main : STR("7bit"));
}

static void
put_disposition(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	const struct mime_field *f = mime_field(p, "Content-Disposition");
	struct mime_value v = {0};

	if (f != NULL)
		mime_value(a, f->value, &v);
	if (v.main.n == 0) {
		buf_puts(b, " NIL");
		return;
	}
	buf_puts(b, " (");
	resp_string(b, v.main);
	buf_putc(b, ' ');
	put_params(b, a, v.param, false, form);
	buf_putc(b, ')');
}

/* Content-Language: "de, en" is a list, one is a string (RFC 3282). */
static void
put_language(struct buf *b, struct arena *a, const struct mime_part *p)
{
	const struct mime_field *f = mime_field(p, "Content-Language");
	struct str rest = {0}, one;
	bool first = true;

	if (f != NULL)
		rest = mime_unfold(a, f->value);
	buf_putc(b, ' ');
	while (str_cut(&rest, ',', &one)) {
		one = str_trim(one);
		if (one.n == 0)
			continue;
		resp_item(b, &first);
		resp_string(b, one);
	}
	buf_puts(b, first ? "NIL" : ")");
}

/* Disposition, language, location: the same for all kinds of parts. */
static void
put_extension(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	put_disposition(b, a, p, form);
	put_language(b, a, p);
	put_field(b, a, p, "Content-Location");
}

static void
put_multipart(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	for (const struct mime_part *c = p->child; c != NULL; c = c->next)
		bodystructure_put(b, a, c, form);
	buf_putc(b, ' ');
	resp_string(b, p->subtype);
	if ((form & STRUCTURE_EXTENDED) == 0)
		return;
	buf_putc(b, ' ');
	put_params(b, a, p->param, false, form);
	put_extension(b, a, p, form);
}

static void
put_single(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	/* RFC 3501 has this form for rfc822 alone: a client that knows no
	 * message/global would stumble over it.  RFC 9051 wants it. */
	bool message = p->message && (str_iis(p->subtype, "rfc822") ||
					     (form & STRUCTURE_REV2) != 0);
	bool text = str_iis(p->type, "text");

	resp_string(b, p->type);
	buf_putc(b, ' ');
	resp_string(b, p->subtype);
	buf_putc(b, ' ');
	put_params(b, a, p->param, text, form);
	put_field(b, a, p, "Content-ID");
	put_field(b, a, p, "Content-Description");
	put_encoding(b, a, p);
	buf_putc(b, ' ');
	buf_putn(b, p->body_wire);
	if (message) {
		buf_putc(b, ' ');
		envelope_put(b, a, p->child);
		buf_putc(b, ' ');
		bodystructure_put(b, a, p->child, form);
	}
	if (message || text) {
		buf_putc(b, ' ');
		buf_putn(b, p->body_lines);
	}
	if ((form & STRUCTURE_EXTENDED) == 0)
		return;
	put_field(b, a, p, "Content-MD5");
	put_extension(b, a, p, form);
}

void
bodystructure_put(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	buf_putc(b, '(');
	if (p->multipart)
		put_multipart(b, a, p, form);
	else
		put_single(b, a, p, form);
	buf_putc(b, ')');
}

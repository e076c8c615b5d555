/*
 * The shape of a message.
 *
 * Clients with strict parsers drop a message, or the connection, over one
 * missing field here.  So every form is written whole: a text part has its
 * lines, a message part its envelope, body and lines, a multipart at least
 * one part (the parser sees to that), parameters are NIL or complete pairs.
 * A text part without charset is us-ascii, which RFC 2045 5.2 implies and
 * clients like to read.
 */
#include "imapd/bodystructure.h"

#include "imapd/envelope.h"
#include "imapd/resp.h"

static void
put_params(struct buf *b, const struct mime_param *param, bool text)
{
	bool charset = !text;
	bool first = true;

	for (; param != NULL; param = param->next) {
		resp_item(b, &first);
		resp_string(b, param->name);
		buf_putc(b, ' ');
		resp_string(b, param->value);
		charset = charset || str_iis(param->name, "charset");
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
put_disposition(struct buf *b, struct arena *a, const struct mime_part *p)
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
	put_params(b, v.param, false);
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
put_extension(struct buf *b, struct arena *a, const struct mime_part *p)
{
	put_disposition(b, a, p);
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
	put_params(b, p->param, false);
	put_extension(b, a, p);
}

static void
put_single(struct buf *b, struct arena *a, const struct mime_part *p,
	unsigned form)
{
	/* RFC 3501 has this form for rfc822 alone: a client that knows no
	 * message/global would stumble over it.  RFC 9051 wants it. */
	bool message = p->message && (str_iis(p->subtype, "rfc822") ||
					     (form & STRUCTURE_GLOBAL) != 0);
	bool text = str_iis(p->type, "text");

	resp_string(b, p->type);
	buf_putc(b, ' ');
	resp_string(b, p->subtype);
	buf_putc(b, ' ');
	put_params(b, p->param, text);
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
	put_extension(b, a, p);
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

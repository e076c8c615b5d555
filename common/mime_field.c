/*
 * The header of one part: its lines made fields, and its type made sense of.
 *
 * Mail has lines in its headers that are no fields: an mbox "From " line at
 * the start, wrapped text without its blank, whole paragraphs.  None of them
 * ends the header (a reader that stops there loses the fields behind), and
 * none gets lost: it is a field without a name, which no search for a name
 * finds.
 */
#include "common/mime_field.h"

#include "common/cfws.h"

#include <string.h>

/* The line at the start of s, with its end. */
static struct str
first_line(struct str s)
{
	const char *lf = memchr(s.p, '\n', s.n);

	return lf ? (struct str){s.p, (size_t)(lf - s.p) + 1} : s;
}

static struct str
without_eol(struct str s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* The line at the start of s and those that continue it. */
static struct str
first_field(struct str s)
{
	struct str field = first_line(s);

	while (field.n < s.n && cfws_is_blank(s.p[field.n]))
		field.n += first_line(str_skip(s, field.n)).n;
	return field;
}

static struct mime_field
split_field(struct str whole)
{
	struct mime_field f = {
		{"", 0},
                without_eol(whole), whole
        };
	ptrdiff_t colon = str_find(first_line(whole), ':');
	struct str name;

	if (colon <= 0 || cfws_is_blank(whole.p[0]))
		return f;
	name = str_trim((struct str){whole.p, (size_t)colon});
	if (name.n == 0)
		return f;
	f.name = name;
	f.value = str_skip(f.value, (size_t)colon + 1);
	return f;
}

/* "From a@b Mon Jan  1 00:00:00 2001", and not "From : a@b". */
static bool
is_mbox_from(struct str line)
{
	if (!str_starts(line, STR("From ")))
		return false;
	line = str_trim(str_skip(line, 5));
	return line.n == 0 || line.p[0] != ':';
}

/* As many as there are lines that continue nothing. */
static size_t
count_fields(struct str header)
{
	size_t n = 0;

	while (header.n > 0 && n < MIME_FIELDS) {
		n += !cfws_is_blank(header.p[0]) || n == 0;
		header = str_skip(header, first_line(header).n);
	}
	return n;
}

void
mime_fields(
	struct arena *a, struct mime_part *part, struct str header, bool cut)
{
	size_t max;

	if (is_mbox_from(header))
		header = str_skip(header, first_line(header).n);
	max = count_fields(header);
	if (max == 0)
		return;
	part->field = arena_array(a, max, sizeof(*part->field));
	while (header.n > 0 && part->nfield < max) {
		struct str whole = first_field(header);

		header = str_skip(header, whole.n);
		if (without_eol(whole).n == 0 || (cut && header.n == 0))
			break;
		part->field[part->nfield++] = split_field(whole);
	}
}

const struct mime_field *
mime_field(const struct mime_part *p, const char *name)
{
	for (uint32_t i = 0; i < p->nfield; i++) {
		if (str_iis(p->field[i].name, name))
			return &p->field[i];
	}
	return NULL;
}

/* RFC 2045 5.1: a token. */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 127 || strchr("()<>@,;:\\\"/[]?=", c))
			return false;
	}
	return s.n > 0;
}

static bool
split_type(struct str main, struct str *type, struct str *subtype)
{
	struct str rest = main;

	return str_cut(&rest, '/', type) && rest.p && is_token(*type) &&
	       is_token(*subtype = rest);
}

static bool
is_encoded(struct arena *a, const struct mime_part *part)
{
	const struct mime_field *f =
		mime_field(part, "content-transfer-encoding");
	struct mime_value v;

	if (!f)
		return false;
	mime_value(a, f->value, &v);
	return str_iis(v.main, "base64") || str_iis(v.main, "quoted-printable");
}

static bool
is_message(const struct mime_part *part)
{
	return str_iis(part->type, "message") &&
	       (str_iis(part->subtype, "rfc822") ||
		       str_iis(part->subtype, "global"));
}

/* The type of a part that does not name one (RFC 2045 5.2, RFC 2046 5.1.5). */
static void
set_default(struct mime_part *part)
{
	const struct mime_part *up = part->parent;

	part->type = STR("text");
	part->subtype = STR("plain");
	if (up && up->multipart && str_iis(up->subtype, "digest")) {
		part->type = STR("message");
		part->subtype = STR("rfc822");
	}
}

void
mime_type(struct arena *a, struct mime_part *part, bool may_contain)
{
	const struct mime_field *f = mime_field(part, "content-type");
	struct mime_value v = {
		{"", 0},
                NULL
        };

	set_default(part);
	if (f) {
		mime_value(a, f->value, &v);
		part->param = v.param;
		if (!split_type(v.main, &part->type, &part->subtype)) {
			part->type = STR("text");
			part->subtype = STR("plain");
			part->param = NULL;
		}
	}
	part->multipart = str_iis(part->type, "multipart");
	part->message = is_message(part);
	if ((part->multipart && !may_contain) ||
		(part->message && (!may_contain || is_encoded(a, part)))) {
		part->type = STR("application");
		part->subtype = STR("octet-stream");
		part->multipart = part->message = false;
	}
	if (part->multipart) {
		struct str b = mime_param_joined(a, &v, "boundary");

		/* No boundary ends with a blank (RFC 2046 5.1.1), and mail
		 * on its way loses blanks at the ends of lines. */
		while (b.n > 0 && cfws_is_blank(b.p[b.n - 1]))
			b.n--;
		part->boundary = b;
	}
}

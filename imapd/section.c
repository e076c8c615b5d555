/*
 * Sections (RFC 3501 6.4.5).
 *
 * The rules that servers get wrong:
 *
 * 1. Part 1 of a message that is not multipart is its body.
 * 2. Below a message/rfc822 part the numbers are those of the message inside,
 *    and for that message rule 1 holds again.  HEADER and TEXT behind a
 *    number mean such a message and nothing else; MIME means the part itself.
 * 3. A part that does not exist is NIL, no error.
 * 4. HEADER ends with an empty line even where the message has none.
 * 5. A partial starts where it was asked to, also behind the end: that is the
 *    empty string.
 */
#include "imapd/section.h"

#include <string.h>

#include "common/wire.h"
#include "imapd/resp.h"

enum {
	LABEL_MAX = 2 << 20,
	FIELDS_MAX = 1000
};

static const struct {
	const char *word;
	enum section_kind kind;
} kinds[] = {
	{"HEADER",            SECTION_HEADER    },
	{"HEADER.FIELDS",     SECTION_FIELDS    },
	{"HEADER.FIELDS.NOT", SECTION_FIELDS_NOT},
	{"TEXT",              SECTION_TEXT      },
	{"MIME",              SECTION_MIME      },
};

static bool
parse_kind(struct lex *l, struct section *s, struct buf *label)
{
	struct str word;

	if (!lex_word(l, &word))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_iis(word, kinds[i].word))
			continue;
		s->kind = kinds[i].kind;
		buf_puts(label, kinds[i].word);
		return s->kind != SECTION_MIME || s->depth > 0 ||
		       lex_refuse(l, "MIME needs a part number");
	}
	return lex_refuse(l, "Unknown section");
}

/* "1.2", "1.2.TEXT", "TEXT" or nothing. */
static bool
parse_spec(struct lex *l, struct section *s, struct buf *label)
{
	uint32_t n;

	while (l->at < l->line.n && ascii_digit(l->line.p[l->at])) {
		if (!lex_number(l, &n) || n == 0)
			return lex_refuse(l, "Invalid part number");
		if (s->depth == MIME_DEPTH)
			return lex_refuse(l, "Part number too deep");
		s->path[s->depth++] = n;
		buf_putn(label, n);
		if (!lex_take(l, '.'))
			return true;
		buf_putc(label, '.');
	}
	return lex_at(l, ']') && s->depth == 0 ? true : parse_kind(l, s, label);
}

static bool
add_field(struct lex *l, struct section *s, struct str name)
{
	/* A power of two: time for more room. */
	if ((s->nfield & (s->nfield - 1)) == 0) {
		size_t cap = s->nfield == 0 ? 1 : s->nfield * 2;
		struct str *field = arena_array(l->arena, cap, sizeof(*field));

		if (s->nfield > 0)
			memcpy(field, s->field, s->nfield * sizeof(*field));
		s->field = field;
	}
	s->field[s->nfield++] = name;
	return s->nfield < FIELDS_MAX || lex_refuse(l, "Too many fields");
}

/* The list is answered in the client's own words. */
static bool
parse_fields(struct lex *l, struct section *s, struct buf *label)
{
	bool first = true;
	struct str name;

	buf_putc(label, ' ');
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	do {
		if ((!first && !lex_space(l)) || !lex_astring(l, &name) ||
			!add_field(l, s, name))
			return false;
		resp_item(label, &first);
		resp_astring(label, name);
	} while (!lex_take(l, ')'));
	buf_putc(label, ')');
	return true;
}

static bool
parse_partial(struct lex *l, struct section *s, struct buf *label)
{
	if (!lex_take(l, '<'))
		return true;
	s->partial = true;
	if (!lex_number64(l, &s->start) || !lex_expect(l, '.') ||
		!lex_number64(l, &s->count) || !lex_expect(l, '>'))
		return false;
	buf_putc(label, '<');
	buf_putn(label, s->start);
	buf_putc(label, '>');
	return s->count > 0 || lex_refuse(l, "Partial of no octets");
}

static bool
parse(struct lex *l, struct section *s, struct buf *label)
{
	buf_puts(label, "BODY[");
	if (!parse_spec(l, s, label))
		return false;
	if ((s->kind == SECTION_FIELDS || s->kind == SECTION_FIELDS_NOT) &&
		!parse_fields(l, s, label))
		return false;
	buf_putc(label, ']');
	return lex_expect(l, ']') && parse_partial(l, s, label);
}

static bool
parse_binary(struct lex *l, struct section *s, struct buf *label)
{
	buf_puts(label, s->size ? "BINARY.SIZE[" : "BINARY[");
	if (!parse_spec(l, s, label))
		return false;
	buf_putc(label, ']');
	if (s->kind != SECTION_ALL)
		return lex_refuse(l, "A part has a number");
	return lex_expect(l, ']') && (s->size || parse_partial(l, s, label));
}

static bool
with_label(struct lex *l, struct section *s,
	bool (*read)(struct lex *l, struct section *s, struct buf *label))
{
	struct buf label;
	bool good;

	buf_init(&label, LABEL_MAX);
	good = read(l, s, &label);
	if (good)
		s->label = arena_str(l->arena, buf_str(&label));
	buf_free(&label);
	return good;
}

bool
section_parse(struct lex *l, struct section *s)
{
	return with_label(l, s, parse);
}

bool
section_parse_binary(struct lex *l, struct section *s, bool size)
{
	s->decode = true;
	s->size = size;
	return with_label(l, s, parse_binary);
}

void
section_old(struct section *s, enum section_kind kind, struct str label)
{
	s->kind = kind;
	s->label = label;
}

enum section_need
section_need(const struct section *s)
{
	if (s->depth > 0)
		return SECTION_TREE;
	if (s->kind == SECTION_ALL)
		return SECTION_SIZE;
	return s->kind == SECTION_TEXT ? SECTION_TOP_AND_SIZE : SECTION_TOP;
}

static struct mime_part *
nth_part(struct mime_part *in, uint32_t n)
{
	struct mime_part *p;

	if (!in->multipart)
		return n == 1 ? in : NULL;
	for (p = in->child; p != NULL && n > 1; n--)
		p = p->next;
	return p;
}

static struct mime_part *
find_part(const struct section *s, struct mime_part *root)
{
	struct mime_part *in = root, *p = NULL;

	for (size_t i = 0; i < s->depth; i++) {
		if (in == NULL || (p = nth_part(in, s->path[i])) == NULL)
			return NULL;
		if (p->multipart)
			in = p;
		else
			in = p->message ? p->child : NULL;
	}
	return p;
}

static bool
is_wanted(const struct section *s, const struct mime_field *f)
{
	for (size_t i = 0; i < s->nfield; i++)
		if (str_ieq(s->field[i], f->name))
			return s->kind == SECTION_FIELDS;
	return s->kind == SECTION_FIELDS_NOT;
}

void
section_add_field(struct buf *b, struct str whole)
{
	char last = '\n';

	wire_add(b, whole.p, whole.n, &last);
	if (last != '\n')
		buf_puts(b, "\r\n");
}

static void
find_fields(const struct section *s, const struct mime_part *m, struct arena *a,
	struct piece *out)
{
	struct buf b;

	buf_init(&b, 2 * (size_t)MIME_HEADER_KEPT + 4);
	for (uint32_t i = 0; i < m->nfield; i++)
		if (is_wanted(s, &m->field[i]))
			section_add_field(&b, m->field[i].whole);
	buf_puts(&b, "\r\n");
	out->tail = arena_str(a, buf_str(&b));
	buf_free(&b);
}

static void
find_header(const struct mime_part *m, struct piece *out)
{
	out->off = m->off;
	out->end = m->body;
	out->wire = m->header_wire;
}

/* What the header lacks of its end: an empty line, perhaps also the end of
 * its last line. */
static void
add_blank(const struct mime_part *m, struct source *src, struct piece *out)
{
	char last = '\n';

	if (m->blank)
		return;
	if (m->body > m->off)
		source_copy(src, m->body - 1, &last, 1);
	out->tail = last == '\n' ? STR("\r\n") : STR("\r\n\r\n");
}

static void
find_body(const struct mime_part *p, struct piece *out)
{
	out->off = p->body;
	out->end = p->end;
	out->wire = p->body_wire;
}

void
section_find(const struct section *s, struct mime_part *root,
	struct source *src, uint64_t size, struct arena *a, struct piece *out)
{
	struct mime_part *m = root;

	*out = (struct piece){0};
	if (s->depth > 0) {
		m = find_part(s, root);
		if (m != NULL && s->kind != SECTION_ALL &&
			s->kind != SECTION_MIME)
			m = m->message ? m->child : NULL;
		out->nil = m == NULL;
	}
	if (out->nil)
		return;
	out->part = m;
	if (s->kind == SECTION_ALL && s->depth == 0) {
		out->end = src->size;
		out->wire = size;
	} else if (s->kind == SECTION_TEXT && s->depth == 0) {
		out->off = m->body;
		out->end = src->size;
		out->wire = size > m->header_wire ? size - m->header_wire : 0;
	} else if (s->kind == SECTION_ALL || s->kind == SECTION_TEXT)
		find_body(m, out);
	else if (s->kind == SECTION_FIELDS || s->kind == SECTION_FIELDS_NOT)
		find_fields(s, m, a, out);
	else {
		find_header(m, out);
		if (s->kind == SECTION_HEADER)
			add_blank(m, src, out);
	}
}

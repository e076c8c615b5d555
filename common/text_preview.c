/*
 * Previews (RFC 8970): the first words of a message.
 *
 * They are a glance, not a rendering: HTML is read by a machine that knows
 * tags, comments, quotes in tags, what is inside style, script and title, and
 * the few entities that every text has.  Whatever it is given it ends, uses no
 * memory, and shows at most TEXT_PREVIEW_CHARS characters, none of which is a
 * control.  Invisible characters, with which newsletters fill their beginning,
 * are left out.
 */
#include "common/text.h"

#include "common/decode.h"
#include "common/folder.h"
#include "common/num.h"

#include <string.h>
#include <utf8proc.h>

enum {
	READ_MAX = 256 << 10, /* octets of one part */
	PARTS_TRIED = 8,
	WORD_MAX = 12,
	ZERO_WIDTH_JOINER = 0x200d,
	GRAPHEME_JOINER = 0x34f
};

/* Text on its way out. */
struct shown {
	struct buf *out;
	size_t chars;
	bool space; /* one is due before the next character */
};

static bool
is_full(const struct shown *s)
{
	return s->chars >= TEXT_PREVIEW_CHARS;
}

static void
show(struct shown *s, uint32_t c)
{
	utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);

	if (c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
		kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL ||
		kind == UTF8PROC_CATEGORY_ZP) {
		s->space = s->chars > 0;
		return;
	}
	if (kind == UTF8PROC_CATEGORY_CC || c == GRAPHEME_JOINER)
		return;
	if (kind == UTF8PROC_CATEGORY_CF &&
		(c != ZERO_WIDTH_JOINER || s->space || s->chars == 0))
		return;
	/* A space needs a character behind it. */
	if (s->chars + s->space >= TEXT_PREVIEW_CHARS) {
		s->chars = TEXT_PREVIEW_CHARS;
		return;
	}
	if (s->space)
		buf_putc(s->out, ' ');
	utf8_put(s->out, c);
	s->chars += 1U + s->space;
	s->space = false;
}

/* Plain text: lines that begin with ">" are quoted. */
struct plain {
	struct shown *shown;
	bool quotes; /* show them */
	bool in_line, quoted;
};

static void
read_plain(void *ctx, uint32_t c)
{
	struct plain *p = ctx;

	if (!p->in_line)
		p->quoted = c == '>';
	p->in_line = c != '\n';
	if (!p->quoted || p->quotes || c == '\n')
		show(p->shown, c);
}

enum html_state {
	IN_TEXT,
	IN_NAME, /* behind "<" */
	IN_TAG,
	IN_QUOTES,
	IN_COMMENT,
	IN_ENTITY
};

struct html {
	struct shown *shown;
	enum html_state state;
	char word[WORD_MAX]; /* name or entity */
	size_t n;
	uint32_t quote;
	unsigned dashes;
	char inside[WORD_MAX]; /* element whose text is not shown */
};

static bool
is_one_of(const char *word, const char *const *list)
{
	while (*list && strcmp(word, *list) != 0)
		list++;
	return *list != NULL;
}

/* A tag has ended, or only its name where that says enough. */
static void
end_tag(struct html *h)
{
	static const char *const hidden[] = {"style", "script", "title", NULL};
	static const char *const inside_words[] = {"a", "b", "i", "u", "s",
		"em", "strong", "span", "font", "small", "big", "sup", "sub",
		"code", "tt", "abbr", "mark", "wbr", NULL};
	bool closing = h->word[0] == '/';

	h->state = IN_TEXT;
	if (h->inside[0]) {
		if (closing && strcmp(h->word + 1, h->inside) == 0)
			h->inside[0] = '\0';
		return;
	}
	if (is_one_of(h->word, hidden))
		memcpy(h->inside, h->word, WORD_MAX);
	if (!is_one_of(h->word + closing, inside_words))
		show(h->shown, ' ');
}

static void
start_word(struct html *h, enum html_state state)
{
	h->state = state;
	memset(h->word, 0, sizeof(h->word));
	h->n = 0;
}

static void
add_to_word(struct html *h, uint32_t c)
{
	if (h->n + 1 < WORD_MAX && c < 0x80)
		h->word[h->n++] = (char)c;
}

static void
show_word(struct html *h, char before)
{
	show(h->shown, (unsigned char)before);
	for (size_t i = 0; i < h->n; i++)
		show(h->shown, (unsigned char)h->word[i]);
}

/* What "&word;" means, or 0. */
static uint32_t
entity(const char *word)
{
	static const struct {
		const char *name;
		uint32_t c;
	} known[] = {
		{"amp",    '&'   },
		{"lt",     '<'   },
		{"gt",     '>'   },
		{"quot",   '"'   },
		{"apos",   '\''  },
		{"nbsp",   ' '   },
		{"zwnj",   0x200c},
		{"zwj",    0x200d},
		{"shy",    0xad  },
		{"mdash",  0x2014},
		{"ndash",  0x2013},
		{"hellip", 0x2026},
		{"lsquo",  0x2018},
		{"rsquo",  0x2019},
		{"ldquo",  0x201c},
		{"rdquo",  0x201d},
		{"bull",   0x2022},
		{"euro",   0x20ac},
		{"copy",   0xa9  },
		{"reg",    0xae  },
		{"trade",  0x2122},
		{"auml",   0xe4  },
		{"ouml",   0xf6  },
		{"uuml",   0xfc  },
		{"szlig",  0xdf  },
		{"eacute", 0xe9  },
		{"egrave", 0xe8  },
		{"agrave", 0xe0  },
		{"ccedil", 0xe7  },
	};
	uint32_t c;

	if (word[0] == '#' && word[1] == 'x')
		return num_hex32(str_of(word + 2), &c) ? c : 0;
	if (word[0] == '#')
		return num_u32(str_of(word + 1), UINT32_MAX, &c) ? c : 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(word, known[i].name) == 0)
			return known[i].c;
	}
	return 0;
}

static void
in_text(struct html *h, uint32_t c)
{
	if (c == '<')
		start_word(h, IN_NAME);
	else if (c == '&' && !h->inside[0])
		start_word(h, IN_ENTITY);
	else if (!h->inside[0])
		show(h->shown, c);
}

static void
in_name(struct html *h, uint32_t c)
{
	bool letter = c < 0x80 && ascii_alpha((char)c);

	/* "a < b", and "a<b" in a script. */
	if (h->n == 0 && c != '/' &&
		(h->inside[0] || (!letter && c != '!' && c != '?'))) {
		h->state = IN_TEXT;
		if (!h->inside[0])
			show(h->shown, '<');
		in_text(h, c);
		return;
	}
	if (c == '>') {
		end_tag(h);
	} else if (c == ' ' || c == '\n' || c == '\t' || (c == '/' && h->n)) {
		h->state = IN_TAG;
	} else {
		add_to_word(h, c < 0x80 ? (uint32_t)ascii_lower((char)c) : c);
		if (strcmp(h->word, "!--") == 0) {
			h->state = IN_COMMENT;
			h->dashes = 0;
		}
	}
}

static void
in_entity(struct html *h, uint32_t c)
{
	uint32_t means = 0;
	bool more = c < 0x80 && (ascii_alpha((char)c) || ascii_digit((char)c) ||
					(c == '#' && h->n == 0));

	if (more && h->n + 1 < WORD_MAX) {
		add_to_word(h, c);
		return;
	}
	h->state = IN_TEXT;
	if (h->n > 0)
		means = entity(h->word);
	if (means > 0x10ffff || (means >= 0xd800 && means <= 0xdfff))
		means = 0;
	if (means)
		show(h->shown, means);
	else
		show_word(h, '&');
	if (c != ';' || !means)
		in_text(h, c);
}

static void
read_html(void *ctx, uint32_t c)
{
	struct html *h = ctx;

	switch (h->state) {
	case IN_TEXT:
		in_text(h, c);
		break;
	case IN_NAME:
		in_name(h, c);
		break;
	case IN_TAG:
		if (c == '"' || c == '\'') {
			h->quote = c;
			h->state = IN_QUOTES;
		} else if (c == '>') {
			end_tag(h);
		}
		break;
	case IN_QUOTES:
		if (c == h->quote)
			h->state = IN_TAG;
		break;
	case IN_COMMENT:
		if (c == '>' && h->dashes >= 2)
			h->state = IN_TEXT;
		h->dashes = c == '-' ? h->dashes + 1 : 0;
		break;
	case IN_ENTITY:
		in_entity(h, c);
		break;
	}
}

/* Characters one by one. */
struct reader {
	void (*read)(void *ctx, uint32_t c);
	void *ctx;
	const struct shown *shown;
};

static bool
take_chars(void *ctx, struct str utf8)
{
	const struct reader *r = ctx;
	uint32_t c;

	while (utf8.n > 0 && !is_full(r->shown)) {
		if (!utf8_next(&utf8, &c))
			return false;
		r->read(r->ctx, c);
	}
	return !is_full(r->shown);
}

static bool
is_attachment(struct text *t, const struct mime_part *p)
{
	const struct mime_field *f = mime_field(p, "content-disposition");
	struct mime_value v = {.param = NULL};

	if (f)
		mime_value(&t->arena, f->value, &v);
	return f && str_iis(v.main, "attachment");
}

/* Read a part by one of the two; false when reading failed. */
static bool
show_part(struct text *t, struct source *s, const struct mime_part *p,
	struct reader r)
{
	return text_part(t, s, p, READ_MAX,
		       (struct text_taker){take_chars, &r}) != -1;
}

static bool
show_plain(struct text *t, struct source *s, const struct mime_part *p,
	struct shown *shown)
{
	struct plain plain = {.shown = shown};
	struct reader r = {read_plain, &plain, shown};

	if (!show_part(t, s, p, r))
		return false;
	if (shown->chars > 0)
		return true;
	plain = (struct plain){.shown = shown, .quotes = true};
	return show_part(t, s, p, r);
}

static bool
show_html(struct text *t, struct source *s, const struct mime_part *p,
	struct shown *shown)
{
	struct html html = {.shown = shown};
	struct reader r = {read_html, &html, shown};

	if (!show_part(t, s, p, r))
		return false;
	read_html(&html, '\n'); /* or "&" at the end waits for its word */
	return true;
}

int
text_preview(struct text *t, struct source *s, const struct mime_part *root,
	struct buf *out)
{
	struct shown shown = {.out = out};
	int tried = 0;
	bool good = true;

	for (const struct mime_part *p = root;
		p && good && shown.chars == 0 && tried < PARTS_TRIED;
		p = text_next_part(p)) {
		if (p->child || !str_iis(p->type, "text") ||
			is_attachment(t, p))
			continue;
		if (str_iis(p->subtype, "plain"))
			good = show_plain(t, s, p, &shown);
		else if (str_iis(p->subtype, "html"))
			good = show_html(t, s, p, &shown);
		else
			continue;
		tried++;
	}
	return good ? 0 : -1;
}

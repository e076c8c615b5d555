/*
 * From a message to its text, piece by piece: transfer encoding, charset,
 * line ends, case folding; each step keeps a few octets between pieces.
 *
 * A search reads all of a mailbox this way, so the common case costs little:
 * plain ASCII passes each step at some 10 GB/s, buffers are kept from message
 * to message, and small pieces (fields, short parts) are gathered before they
 * are handed on.  Between parts stands an LF, so that the end of one and the
 * beginning of another make no word.
 */
#include "common/text.h"

#include "common/casemap.h"
#include "common/decode.h"

#include <errno.h>
#include <string.h>

enum {
	PIECE = 16384,
	GATHER = 8192,
	OCTETS_MAX = PIECE + 1024,
	UTF8_MAX = OCTETS_MAX * CHARSET_GROWTH + 4096,
	FIELD_MAX = MIME_HEADER_KEPT * CHARSET_GROWTH + 4096,
	ARENA_MAX = 64 << 20 /* some copies of one header */
};

void
text_init(struct text *t)
{
	arena_init(&t->arena, ARENA_MAX);
	buf_init(&t->octets, OCTETS_MAX);
	buf_init(&t->utf8, FIELD_MAX);
	buf_init(&t->folded, (size_t)FIELD_MAX * CASEMAP_GROWTH);
}

void
text_free(struct text *t)
{
	arena_free(&t->arena);
	buf_free(&t->octets);
	buf_free(&t->utf8);
	buf_free(&t->folded);
}

/* What a part goes through. */
struct pipe {
	struct transfer transfer;
	struct charset charset;
	bool cr; /* one was met, and waits for what follows */
	struct text_taker to;
};

/* Hand on text without the CRs of its CRLFs. */
static bool
take_lines(struct pipe *p, struct str s)
{
	static const struct str lone = STR_INIT("\r");

	while (s.n > 0) {
		ptrdiff_t cr;
		bool more = true;

		if (p->cr && s.p[0] != '\n')
			more = p->to.take(p->to.ctx, lone);
		cr = str_find(s, '\r');
		p->cr = cr != -1;
		if (more && cr != 0)
			more = p->to.take(p->to.ctx,
				(struct str){s.p, p->cr ? (size_t)cr : s.n});
		if (!more)
			return false;
		s = str_skip(s, p->cr ? (size_t)cr + 1 : s.n);
	}
	return true;
}

static bool
feed(struct text *t, struct pipe *p, struct str in)
{
	struct str octets = in;

	if (p->transfer.kind != TRANSFER_PLAIN) {
		buf_reset(&t->octets);
		transfer_feed(&p->transfer, in, &t->octets);
		octets = buf_str(&t->octets);
	}
	buf_reset(&t->utf8);
	charset_feed(&p->charset, octets, &t->utf8);
	return take_lines(p, buf_str(&t->utf8));
}

static bool
end_pipe(struct text *t, struct pipe *p)
{
	buf_reset(&t->octets);
	transfer_end(&p->transfer, &t->octets);
	buf_reset(&t->utf8);
	charset_feed(&p->charset, buf_str(&t->octets), &t->utf8);
	charset_end(&p->charset, &t->utf8);
	/* A CR at the very end stands for itself. */
	return take_lines(p, buf_str(&t->utf8)) &&
	       (!p->cr || p->to.take(p->to.ctx, STR("\r")));
}

static void
start_pipe(struct text *t, struct pipe *p, const struct mime_part *part)
{
	struct mime_value type = {.param = part->param};

	transfer_start(&p->transfer, transfer_kind(&t->arena, part));
	charset_start(
		&p->charset, mime_param_joined(&t->arena, &type, "charset"));
	arena_reset(&t->arena);
	p->cr = false;
}

int
text_part(struct text *t, struct source *s, const struct mime_part *part,
	uint64_t max, struct text_taker to)
{
	uint64_t off = part->body, end = part->end;
	struct pipe p = {.to = to};
	bool more = true;
	struct str in;

	if (end - off > max)
		end = off + max;
	start_pipe(t, &p, part);
	while (more && off < end && source_at(s, off, &in)) {
		if (in.n > PIECE)
			in.n = PIECE;
		if (in.n > end - off)
			in.n = (size_t)(end - off);
		more = feed(t, &p, in);
		off += in.n;
	}
	if (more && off < end) {
		charset_end(&p.charset, NULL);
		errno = s->error;
		return -1;
	}
	if (more)
		return !end_pipe(t, &p);
	charset_end(&p.charset, NULL);
	return 1;
}

/* Is it a piece of a value spelled as in RFC 2231, and the first of its name?
 * Then *name is that. */
static bool
first_extended(struct str spelled, struct str *name)
{
	struct str rest = spelled;

	return str_cut(&rest, '*', name) && rest.p && name->n > 0 &&
	       (rest.n == 0 || str_is(rest, "0") || str_is(rest, "0*"));
}

static void
add_params(struct text *t, struct str raw, struct buf *utf8)
{
	struct mime_value v;
	struct str name;

	mime_value(&t->arena, raw, &v);
	for (const struct mime_param *p = v.param; p; p = p->next) {
		if (!first_extended(p->name, &name))
			continue;
		buf_puts(utf8, "; ");
		charset_convert(STR(""), name, utf8);
		buf_putc(utf8, '=');
		param_decode(&t->arena, &v, arena_cstr(&t->arena, name), utf8);
	}
}

void
text_field(struct text *t, const struct mime_field *f, struct buf *utf8)
{
	words_decode(mime_unfold(&t->arena, f->value), utf8);
	if (str_find(f->value, '*') != -1 &&
		(str_iis(f->name, "content-type") ||
			str_iis(f->name, "content-disposition")))
		add_params(t, f->value, utf8);
	arena_reset(&t->arena);
}

/* Folded text on its way to the taker. */
struct gather {
	struct text *t;
	struct text_taker to;
	bool enough;
};

static bool
give(struct gather *g)
{
	struct buf *b = &g->t->folded;

	if (b->n > 0 && !g->enough)
		g->enough = !g->to.take(g->to.ctx, buf_str(b));
	buf_reset(b);
	return !g->enough;
}

static bool
fold(void *ctx, struct str utf8)
{
	struct gather *g = ctx;

	casemap_fold(utf8, &g->t->folded);
	return g->t->folded.n < GATHER || give(g);
}

static bool
fold_header(struct gather *g, const struct mime_part *p)
{
	struct buf *line = &g->t->utf8;
	bool more = true;

	for (uint32_t i = 0; i < p->nfield && more; i++) {
		const struct mime_field *f = &p->field[i];

		buf_reset(line);
		if (f->name.n > 0) {
			charset_convert(STR(""), f->name, line);
			buf_puts(line, ": ");
		}
		text_field(g->t, f, line);
		buf_putc(line, '\n');
		more = fold(g, buf_str(line));
	}
	return more;
}

static bool
has_text(const struct mime_part *p)
{
	return !p->child &&
	       (str_iis(p->type, "text") || str_iis(p->type, "message"));
}

const struct mime_part *
text_next_part(const struct mime_part *p)
{
	if (p->child)
		return p->child;
	while (p && !p->next)
		p = p->parent;
	return p ? p->next : NULL;
}

int
text_folded(struct text *t, struct source *s, const struct mime_part *root,
	unsigned what, struct text_taker to)
{
	struct gather g = {t, to, false};

	buf_reset(&t->folded);
	for (const struct mime_part *p = root; p; p = text_next_part(p)) {
		if (what & TEXT_HEADERS && !fold_header(&g, p))
			return 1;
		if (!(what & TEXT_BODIES) || !has_text(p))
			continue;
		if (text_part(t, s, p, UINT64_MAX,
			    (struct text_taker){fold, &g}) == -1)
			return -1;
		if (g.enough || !fold(&g, STR("\n")))
			return 1;
	}
	return !give(&g);
}

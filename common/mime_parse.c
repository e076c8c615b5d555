/*
 * The MIME tree of a message, with offsets and wire sizes, by one pass.
 *
 * 1. Cost.  Every line is looked at once, and only lines that begin with "--"
 *    are compared with boundaries: with at most MIME_DEPTH of them, because
 *    only the open multiparts have one.  Sizes are differences of running
 *    counts (struct mark), never a second count of the same octets.  A header
 *    is read a second time, to keep it; it is mostly still in the window.
 * 2. Which boundary.  RFC 2046 5.1.1 compares the boundary with the beginning
 *    of the line, so a line may match several: an outer "a" and an inner
 *    "ab".  The longest wins, and an exact line wins at once; among equals
 *    the inner.  It ends everything open inside its multipart, so a part that
 *    never closes costs its siblings nothing.
 * 3. Memory.  A tree may be 10,000 parts and a header 100 MB.  Headers are
 *    kept up to MIME_HEADER_KEPT a part while the whole is under budget;
 *    beyond that a part is a leaf without fields.
 * 4. Depth.  Recursion is by level of the tree and ends at MIME_DEPTH.  What
 *    would open one level more is shown as application/octet-stream: as
 *    multipart it would promise parts that nobody can fetch.
 * 5. message/rfc822 in base64 or quoted-printable.  RFC 2046 5.2.1 forbids
 *    it; mailers send it.  Parsed as it stands it would be a message without
 *    any field and with a body of base64 text.  As application/octet-stream
 *    with its encoding kept, clients offer it for opening, decoded.
 * 6. Content-Type that makes no sense ("text", "plain/", "text plain") is
 *    text/plain, as RFC 2045 5.2 asks, and none of its parameters count.
 */
#include "common/mime.h"

#include "common/mime_field.h"
#include "common/wire.h"

#include <errno.h>
#include <string.h>

enum {
	BOUNDARY_MAX = 1000, /* RFC 2046 has 70 */
	HEAD_MAX = BOUNDARY_MAX + 80
};

/* A place in the file with all that was counted before it. */
struct mark {
	uint64_t off;
	uint64_t added; /* CRs that the wire adds */
	uint64_t lfs;
};

/* One line, of which the first HEAD_MAX octets can be looked at. */
struct line {
	struct mark start;
	struct str head; /* without the line end */
	uint64_t n;      /* octets without the line end */
	unsigned eol;    /* octets of the line end: 0, 1, 2 */
};

/* What ended the part that was being read. */
struct stop {
	int level;       /* of the boundary; -1: the end of the message */
	bool close;      /* "--boundary--" */
	struct mark end; /* behind the part's last octet */
	bool eol;        /* which was an LF, or there was none */
};

struct parser {
	struct source *s;
	struct arena *a;
	size_t used_before;
	uint32_t parts;
	struct mark at; /* the start of the next line */
	struct line line;
	struct str delim[MIME_DEPTH]; /* of the open multiparts */
	int levels;
	bool stopped; /* a boundary or the end was met: see stop */
	struct stop stop;
	char head[HEAD_MAX];
};

static uint64_t
wire_between(struct mark from, struct mark to)
{
	return to.off + to.added - from.off - from.added;
}

static void
end_line(struct parser *p, uint64_t n, bool lf, bool cr)
{
	struct line *l = &p->line;

	l->n = n - cr;
	l->eol = lf ? 1u + cr : 0;
	if (l->head.n > l->n)
		l->head.n = (size_t)l->n;
	p->at.off += n + lf;
	p->at.added += lf && !cr;
	p->at.lfs += lf;
}

/* A line that ends in another window than it starts in. */
static void
long_line(struct parser *p, struct str in)
{
	struct str *head = &p->line.head;
	const char *lf = NULL;
	char last = '\n';
	uint64_t n = 0;

	*head = (struct str){p->head, 0};
	do {
		size_t run, keep = HEAD_MAX - head->n;

		lf = memchr(in.p, '\n', in.n);
		run = lf ? (size_t)(lf - in.p) : in.n;
		if (keep > run)
			keep = run;
		memcpy(p->head + head->n, in.p, keep);
		head->n += keep;
		if (run > 0)
			last = in.p[run - 1];
		n += run;
	} while (!lf && source_at(p->s, p->at.off + n, &in));
	end_line(p, n, lf != NULL, lf && last == '\r');
}

/* Step over one line; false at the end. */
static bool
next_line(struct parser *p)
{
	struct line *l = &p->line;
	struct str in;
	const char *lf;
	size_t n;

	if (!source_at(p->s, p->at.off, &in))
		return false;
	l->start = p->at;
	lf = memchr(in.p, '\n', in.n);
	if (!lf) {
		long_line(p, in);
		return true;
	}
	n = (size_t)(lf - in.p);
	l->head = (struct str){in.p, n < HEAD_MAX ? n : HEAD_MAX};
	end_line(p, n, true, n > 0 && lf[-1] == '\r');
	return true;
}

static void
stop_at_end(struct parser *p)
{
	p->stopped = true;
	p->stop = (struct stop){
		.level = -1,
		.end = p->at,
		.eol = p->line.eol > 0,
	};
}

/* What stands behind the boundary, without the padding that mailers add. */
static struct str
behind_boundary(const struct parser *p, int level)
{
	return str_trim(str_skip(p->line.head, p->delim[level].n));
}

/* The open multipart whose boundary the line begins with, or -1. */
static int
find_boundary(const struct parser *p)
{
	struct str head = p->line.head, rest;
	int best = -1;

	if (head.n < 2 || head.p[0] != '-' || head.p[1] != '-')
		return -1;
	for (int i = p->levels; i-- > 0;) {
		struct str d = p->delim[i];

		if (best >= 0 && d.n <= p->delim[best].n)
			continue;
		if (!str_starts(head, d))
			continue;
		best = i;
		rest = behind_boundary(p, i);
		if (rest.n == 0 || str_is(rest, "--"))
			break;
	}
	return best;
}

/*
 * Is the line just read a boundary?  Then everything inside its multipart
 * ends before it.  before: the line in front of it, whose end belongs to the
 * boundary.
 */
static bool
stop_at_boundary(struct parser *p, const struct line *before)
{
	struct stop *s = &p->stop;
	int level = find_boundary(p);
	bool close;

	if (level == -1)
		return false;
	close = str_starts(behind_boundary(p, level), STR("--"));
	if (!close && p->parts >= MIME_PARTS)
		return false;
	*s = (struct stop){level, close, p->line.start, before->n == 0};
	s->end.off -= before->eol;
	s->end.added -= before->eol == 1;
	s->end.lfs -= before->eol > 0;
	p->stopped = true;
	return true;
}

/* To the end of the message, where no boundary can come. */
static void
skip_to_end(struct parser *p)
{
	struct wire_count c = WIRE_COUNT;
	uint64_t from = p->at.off;
	char last = '\n';
	struct str in;

	while (source_at(p->s, p->at.off, &in)) {
		wire_count_add(&c, in.p, in.n, &last);
		p->at.off += in.n;
	}
	p->at.added += c.octets - (p->at.off - from);
	p->at.lfs += c.lines - !c.eol;
	if (p->at.off > from)
		p->line.eol = c.eol;
	stop_at_end(p);
}

static void
skip_to_boundary(struct parser *p)
{
	struct line before;

	if (p->levels == 0 && !p->stopped)
		skip_to_end(p);
	while (!p->stopped) {
		before.n = p->line.n;
		before.eol = p->line.eol;
		if (!next_line(p))
			stop_at_end(p);
		else
			stop_at_boundary(p, &before);
	}
}

/* Where the header that starts here ends.  Its last line keeps its end, even
 * when a boundary follows at once. */
static struct mark
skip_header(struct parser *p, struct mark from, bool *blank)
{
	struct line before;

	*blank = false;
	if (p->stopped)
		return from;
	for (;;) {
		before.n = p->line.n;
		before.eol = p->line.eol;
		if (!next_line(p)) {
			stop_at_end(p);
			return p->at;
		}
		if (stop_at_boundary(p, &before))
			return p->line.start;
		if (p->line.n == 0 && p->line.eol > 0) {
			*blank = true;
			return p->at;
		}
	}
}

static bool
in_budget(const struct parser *p)
{
	/* Half is for what may still follow: one part's header and type, and
	 * MIME_PARTS without any. */
	return p->a->used - p->used_before < MIME_MEMORY / 2;
}

static void
read_header(struct parser *p, struct mime_part *part, struct mark from,
	struct mark *body)
{
	uint64_t n;
	struct str kept;
	char *copy;

	*body = skip_header(p, from, &part->blank);
	part->off = from.off;
	part->body = body->off;
	part->header_wire = wire_between(from, *body);
	n = body->off - from.off;
	if (n == 0 || !in_budget(p))
		return;
	kept.n = n < MIME_HEADER_KEPT ? (size_t)n : MIME_HEADER_KEPT;
	copy = arena_alloc(p->a, kept.n);
	kept.n = source_copy(p->s, from.off, copy, kept.n);
	kept.p = copy;
	mime_fields(p->a, part, kept, kept.n < n);
}

static struct mime_part *
add_part(struct parser *p, struct mime_part *parent)
{
	struct mime_part *part = arena_alloc(p->a, sizeof(*part));

	p->parts++;
	part->parent = parent;
	return part;
}

/* The part ends where its stop says. */
static void
end_part(struct parser *p, struct mime_part *part, struct mark body)
{
	struct stop *s = &p->stop;

	/* The line end before the boundary ends the header: then it stays
	 * there, and counts for the parts around as well. */
	if (s->end.off < body.off) {
		s->end = body;
		s->eol = true;
	}
	part->end = s->end.off;
	part->body_wire = wire_between(body, s->end);
	part->eol = s->eol || s->end.off == body.off;
	part->body_lines = s->end.lfs - body.lfs + !part->eol;
}

static void parse_part(
	struct parser *p, struct mime_part *part, struct mark from, int depth);

/* Open the multipart; false when it has no boundary to look for. */
static bool
push_boundary(struct parser *p, struct str boundary)
{
	char *delim;

	if (!boundary.p)
		return false;
	/* As its beginning is what counts, a part of it will do. */
	if (boundary.n > BOUNDARY_MAX)
		boundary.n = BOUNDARY_MAX;
	delim = arena_alloc(p->a, boundary.n + 2);
	memcpy(delim, "--", 2);
	memcpy(delim + 2, boundary.p, boundary.n);
	p->delim[p->levels++] = (struct str){delim, boundary.n + 2};
	return true;
}

static void
parse_multipart(struct parser *p, struct mime_part *part, int depth)
{
	struct mime_part **next = &part->child;
	int level = p->levels;

	if (!push_boundary(p, part->boundary))
		return;
	skip_to_boundary(p);
	/* A boundary without a line end, at the end of the message, was cut
	 * off, or was to be the last: it opens nothing (as in Dovecot). */
	while (p->stop.level == level && !p->stop.close && p->line.eol > 0) {
		p->stopped = false;
		*next = add_part(p, part);
		part->nchild++;
		parse_part(p, *next, p->at, depth + 1);
		next = &(*next)->next;
	}
	p->levels = level;
	/* Behind the last boundary lies an epilogue. */
	if (p->stop.level == level)
		p->stopped = false;
}

/* The one part of a multipart that has none. */
static void
add_empty_part(struct parser *p, struct mime_part *part)
{
	struct mime_part *child = add_part(p, part);

	child->off = child->body = child->end = part->end;
	child->eol = true;
	child->type = STR("text");
	child->subtype = STR("plain");
	part->child = child;
	part->nchild = 1;
}

static void
parse_part(
	struct parser *p, struct mime_part *part, struct mark from, int depth)
{
	struct mark body;

	read_header(p, part, from, &body);
	mime_type(p->a, part, depth < MIME_DEPTH && p->parts < MIME_PARTS);
	if (part->multipart) {
		parse_multipart(p, part, depth);
	} else if (part->message) {
		part->child = add_part(p, part);
		part->nchild = 1;
		parse_part(p, part->child, body, depth + 1);
	}
	skip_to_boundary(p);
	end_part(p, part, body);
	if (part->multipart && !part->child)
		add_empty_part(p, part);
}

static struct parser
parser_on(struct source *s, struct arena *a)
{
	/* As if an empty line had just been read. */
	return (struct parser){
		.s = s, .a = a, .used_before = a->used, .line = {.eol = 1}};
}

/* Everything was read up to where the source said it would end. */
static bool
complete(const struct parser *p)
{
	if (p->at.off >= p->s->size)
		return true;
	errno = p->s->error;
	return false;
}

struct mime_part *
mime_parse(struct source *s, struct arena *a)
{
	struct parser p = parser_on(s, a);
	struct mime_part *root = add_part(&p, NULL);

	parse_part(&p, root, p.at, 0);
	return complete(&p) ? root : NULL;
}

struct mime_part *
mime_parse_header(struct source *s, struct arena *a)
{
	struct parser p = parser_on(s, a);
	struct mime_part *root = add_part(&p, NULL);
	struct mark body;

	read_header(&p, root, p.at, &body);
	root->end = s->size;
	if (root->blank)
		return root;
	return complete(&p) ? root : NULL;
}

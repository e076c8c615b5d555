/*
 * The one place that knows how a file becomes what clients see.
 *
 * 1. Sizes are promises.  A client told {4711} reads 4711 octets, whatever
 *    comes; one octet too few or too many and it takes mail for protocol, or
 *    waits for ever.  So counting and converting follow one rule (see
 *    extra()), and a test compares them octet by octet over every border.
 * 2. The rule looks one octet back, and that octet may lie in the window
 *    before, or in front of the slice: `last` carries it.
 * 3. A message may be 128 MiB and memory may not: what is converted goes out
 *    by pieces through io's buffer.
 * 4. Speed: a mail line is some 60 octets, so memchr to its end and one
 *    memcpy convert 7 GB/s in the cache; loops of vector instructions with and
 *    without branches were not better.  A search for NULs is made once for a
 *    piece, and nearly always finds none.
 * 5. A file that gives less than was announced (its size had been cached, or
 *    it shrank, or the disk fails).  To fill the rest up with blanks keeps the
 *    client in step, and he stores them for mail; so the caller is told, and
 *    ends the connection inside of the literal.
 */
#include "common/wire.h"

#include <errno.h>
#include <string.h>

/* Octets of input converted at a time: at worst, "\n" alone or "." alone in
 * its line, they become twice as many. */
enum {
	PIECE = 16384
};

/* The octet in front of a slice, which decides what its first LF becomes. */
static char
octet_before(struct source *s, uint64_t off)
{
	char c = '\n';

	if (off > 0)
		source_copy(s, off - 1, &c, 1);
	return c;
}

/* Does the LF behind this octet lack its CR? */
static bool
extra(char before)
{
	return before != '\r';
}

void
wire_count_add(struct wire_count *c, const char *p, size_t n, char *last)
{
	const char *end = p + n;

	if (n == 0)
		return;
	c->octets += n;
	c->lines -= !c->eol;
	for (const char *at = p, *lf; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			break;
		c->lines++;
		c->octets += extra(lf > p ? lf[-1] : *last);
	}
	*last = end[-1];
	c->eol = *last == '\n';
	c->lines += !c->eol;
}

int
wire_measure(struct source *s, uint64_t off, uint64_t end, struct wire_count *c)
{
	char last = octet_before(s, off);
	struct str in;

	*c = WIRE_COUNT;
	while (off < end && source_at(s, off, &in)) {
		size_t n = in.n < end - off ? in.n : (size_t)(end - off);

		wire_count_add(c, in.p, n, &last);
		off += n;
	}
	if (off < end && off < s->size) {
		errno = s->error;
		return -1;
	}
	return 0;
}

static void
replace_nuls(char *p, size_t n)
{
	char *end = p + n;

	while ((p = memchr(p, '\0', (size_t)(end - p))) != NULL)
		*p++ = (char)0x80;
}

/*
 * Convert n octets to out, which has room for 2 * n; how many they became.
 * dots: double the one at the start of a line.
 */
static size_t
convert(char *out, const char *p, size_t n, char *last, bool dots)
{
	const char *end = p + n;
	char before = *last;
	char *to = out;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t run = (size_t)((lf ? lf : end) - p);

		if (dots && before == '\n' && *p == '.')
			*to++ = '.';
		memcpy(to, p, run);
		to += run;
		p += run;
		if (run > 0)
			before = p[-1];
		if (!lf)
			break;
		if (extra(before))
			*to++ = '\r';
		*to++ = before = *p++;
	}
	*last = before;
	replace_nuls(out, (size_t)(to - out));
	return (size_t)(to - out);
}

/* Convert at most PIECE octets into io's buffer; *n: what they became. */
static enum io_result
send_piece(struct io *io, struct str in, char *last, bool dots, size_t *n)
{
	struct buf *b = io_out(io);
	char *room = buf_room(b, 2 * in.n);

	*n = 0;
	if (!room)
		return IO_ERROR;
	*n = convert(room, in.p, in.n, last, dots);
	b->n += *n;
	return io_sent(io);
}

/* The next piece of the slice [off, end). */
static bool
piece_at(struct source *s, uint64_t off, uint64_t end, struct str *in)
{
	if (off >= end || !source_at(s, off, in))
		return false;
	if (in->n > PIECE)
		in->n = PIECE;
	if (in->n > end - off)
		in->n = (size_t)(end - off);
	return true;
}

/* What is asked of a slice, and how far we are. */
struct range {
	uint64_t skip; /* wire octets still to leave out */
	uint64_t left; /* wire octets still to write */
};

/* Leave out a whole piece, when all of it is to be left out. */
static bool
skip_piece(struct str in, struct wire_mark *at, struct range *r)
{
	struct wire_count c = WIRE_COUNT;
	char behind = at->last;

	if (r->skip == 0)
		return false;
	wire_count_add(&c, in.p, in.n, &behind);
	if (c.octets > r->skip)
		return false;
	r->skip -= c.octets;
	at->wire += c.octets;
	at->last = behind;
	return true;
}

/* A piece of which perhaps only a part is wanted. */
static enum io_result
send_part(struct io *io, struct str in, struct wire_mark *at, struct range *r)
{
	char out[2 * PIECE];
	size_t n = convert(out, in.p, in.n, &at->last, false);
	size_t from = (size_t)r->skip;
	size_t take = n - from < r->left ? n - from : (size_t)r->left;

	r->skip = 0;
	r->left -= take;
	at->wire += n;
	return io_write(io, out + from, take);
}

struct wire_mark
wire_start(struct source *s, uint64_t off)
{
	return (struct wire_mark){.off = off, .last = octet_before(s, off)};
}

enum io_result
wire_send(struct io *io, struct source *s, struct wire_mark *mark, uint64_t end,
	uint64_t skip, uint64_t max, uint64_t *written)
{
	struct range r = {skip - mark->wire, max};
	enum io_result rc = io_dead(io);
	struct str in;

	while (rc == IO_OK && r.left > 0 && piece_at(s, mark->off, end, &in)) {
		struct wire_mark at = *mark;
		size_t n;

		at.off += in.n;
		if (skip_piece(in, &at, &r)) {
			*mark = at;
			continue;
		}
		if (r.skip == 0 && r.left >= 2 * in.n) {
			rc = send_piece(io, in, &at.last, false, &n);
			r.left -= n;
			at.wire += n;
		} else {
			rc = send_part(io, in, &at, &r);
		}
		/* The next part may begin in the middle of this piece. */
		if (at.wire - skip <= max)
			*mark = at;
	}
	*written = max - r.left;
	return rc;
}

/* Where TOP stops, and whether the header has its empty line. */
struct top {
	uint64_t end;
	bool blank;
};

/* An LF at p: is the line before it empty?  in_line octets of that line lie
 * before p, and last is the one just before. */
static bool
empty_line(uint64_t in_line, char last)
{
	return in_line == 0 || (in_line == 1 && last == '\r');
}

static struct top
find_top(struct source *s, uint64_t body_lines)
{
	struct top t = {0, false};
	uint64_t line = 0; /* where the current line starts */
	uint64_t at = 0;
	char last = '\n';
	struct str in;

	while (source_at(s, at, &in)) {
		const char *p = in.p, *end = in.p + in.n, *lf;

		while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			uint64_t lf_off = at + (uint64_t)(lf - in.p);

			if (lf > in.p)
				last = lf[-1];
			if (t.blank)
				body_lines--;
			else
				t.blank = empty_line(lf_off - line, last);
			line = lf_off + 1;
			p = lf + 1;
			last = '\n';
			if (t.blank && body_lines == 0) {
				t.end = line;
				return t;
			}
		}
		at += in.n;
		last = end[-1];
	}
	t.end = at;
	return t;
}

enum io_result
wire_send_dotted(struct io *io, struct source *s, uint64_t body_lines)
{
	struct top t = {s->size, true};
	enum io_result rc = io_dead(io);
	uint64_t off = 0;
	char last = '\n';
	struct str in;
	size_t n;

	if (body_lines != UINT64_MAX)
		t = find_top(s, body_lines);
	while (rc == IO_OK && piece_at(s, off, t.end, &in)) {
		rc = send_piece(io, in, &last, true, &n);
		off += in.n;
	}
	if (rc == IO_OK && last != '\n')
		rc = io_puts(io, "\r\n");
	if (rc == IO_OK && !t.blank)
		rc = io_puts(io, "\r\n");
	return rc;
}

void
wire_add(struct buf *b, const char *p, size_t n, char *last)
{
	while (n > 0) {
		size_t take = n < PIECE ? n : PIECE;
		char *room = buf_room(b, 2 * take);

		if (!room)
			return;
		b->n += convert(room, p, take, last, false);
		p += take;
		n -= take;
	}
}

/*
 * Content transfer encodings (RFC 2045 6), piece by piece.
 *
 * What goes wrong in mail: base64 with text in front of or behind it, with
 * padding in the middle (two encoded bodies joined), or cut off inside a
 * group; quoted-printable with "=" that nobody encoded, lower case digits,
 * blanks added to the ends of lines on the way.  RFC 2045 asks for a decoder
 * that copes, and a search must find what a person would read.
 *
 * Quoted-printable needs to look ahead: blanks count only when something
 * other than a line end follows, and "=" with blanks behind it may be a soft
 * line end.  What is undecided at the end of a piece is held; of a longer run
 * of blanks than BLANKS_MAX the first are taken as text: no honest encoder
 * writes such.
 */
#include "common/decode.h"

#include "common/num.h"

#include <string.h>

enum {
	PAD = 64,
	__ = 65, /* no digit */
	BLANKS_MAX = TRANSFER_HELD / 2 - 1
};

/* What an ASCII octet is worth in base64. */
/* clang-format off */
static const uint8_t worth[128] = {
	__, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
	__, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
	__, __, __, __, __, __, __, __, __, __, __, 62, __, __, __, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, __, __, __, PAD, __, __,
	__, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, __, __, __, __, __,
	__, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, __, __, __, __, __,
};
/* clang-format on */

enum transfer_kind
transfer_kind(struct arena *a, const struct mime_part *p)
{
	const struct mime_field *f = mime_field(p, "content-transfer-encoding");
	struct mime_value v;

	if (!f)
		return TRANSFER_PLAIN;
	mime_value(a, f->value, &v);
	if (str_iis(v.main, "base64"))
		return TRANSFER_BASE64;
	if (str_iis(v.main, "quoted-printable"))
		return TRANSFER_QP;
	if (v.main.n == 0 || str_iis(v.main, "7bit") ||
		str_iis(v.main, "8bit") || str_iis(v.main, "binary"))
		return TRANSFER_PLAIN;
	return TRANSFER_UNKNOWN;
}

void
transfer_start(struct transfer *t, enum transfer_kind kind)
{
	t->kind = kind;
	t->bits = 0;
	t->digits = 0;
	t->nheld = 0;
}

static unsigned
worth_of(char c)
{
	unsigned char u = (unsigned char)c;

	return u < sizeof(worth) ? worth[u] : __;
}

/* The octets that a group has when it ends early. */
static size_t
end_group(struct transfer *t, char *out)
{
	uint32_t bits = t->bits;
	size_t n = 0;

	if (t->digits == 3) {
		out[n++] = (char)(bits >> 10);
		out[n++] = (char)(bits >> 2);
	} else if (t->digits == 2) {
		out[n++] = (char)(bits >> 4);
	}
	t->digits = 0;
	t->bits = 0;
	return n;
}

static void
put_group(char *out, uint32_t bits)
{
	out[0] = (char)(bits >> 16);
	out[1] = (char)(bits >> 8);
	out[2] = (char)bits;
}

/* Whole groups without anything between their digits. */
static size_t
whole_groups(struct str *in, char *out)
{
	const char *p = in->p, *end = in->p + in->n;
	char *to = out;

	for (; end - p >= 4; p += 4, to += 3) {
		unsigned a = worth_of(p[0]), b = worth_of(p[1]);
		unsigned c = worth_of(p[2]), d = worth_of(p[3]);

		if ((a | b | c | d) >= PAD)
			break;
		put_group(to, a << 18 | b << 12 | c << 6 | d);
	}
	*in = str_skip(*in, (size_t)(p - in->p));
	return (size_t)(to - out);
}

static void
feed_base64(struct transfer *t, struct str in, struct buf *out)
{
	/* One group may have begun in the piece before. */
	char *to = buf_room(out, in.n + 3), *start = to;

	if (!to)
		return;
	while (in.n > 0) {
		unsigned digit;

		if (t->digits == 0)
			to += whole_groups(&in, to);
		if (in.n == 0)
			break;
		digit = worth_of(in.p[0]);
		in = str_skip(in, 1);
		if (digit == PAD) {
			to += end_group(t, to);
		} else if (digit < PAD) {
			t->bits = t->bits << 6 | digit;
			if (++t->digits == 4) {
				put_group(to, t->bits);
				to += 3;
				t->digits = 0;
				t->bits = 0;
			}
		}
	}
	out->n += (size_t)(to - start);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* May c be copied without a look at what follows? */
static bool
is_plain(char c)
{
	return (unsigned char)c > ' ' && c != '=';
}

/* Where the blanks at p end, and behind them the CR of a line end.  No
 * further than BLANKS_MAX, so that the result does not depend on pieces. */
static const char *
skip_blanks(const char *p, const char *end)
{
	if (end - p > BLANKS_MAX)
		end = p + BLANKS_MAX;
	while (p < end && is_blank(*p))
		p++;
	return p < end && *p == '\r' ? p + 1 : p;
}

/*
 * "=" at *p: step over it and what belongs to it.  false: what follows must
 * be seen first.
 */
static bool
take_escape(const char **p, const char *end, bool last, struct buf *out)
{
	const char *at = *p + 1, *line = skip_blanks(at, end);
	uint32_t octet;

	if (end - at >= 2 && num_hex32((struct str){at, 2}, &octet)) {
		buf_putc(out, (char)octet);
		*p = at + 2;
		return true;
	}
	if (line < end && *line == '\n' && line - at < BLANKS_MAX) {
		*p = line + 1;
		return true;
	}
	if (line == end && line - at < BLANKS_MAX) {
		*p = last ? end : *p;
		return last;
	}
	if (!last && end - at == 1 && num_hex32((struct str){at, 1}, &octet))
		return false;
	buf_putc(out, '=');
	*p = at;
	return true;
}

/* Blanks or a CR at *p, in the same way. */
static bool
take_blanks(const char **p, const char *end, bool last, struct buf *out)
{
	const char *from = *p, *behind = skip_blanks(from, end);

	if (behind < end && *behind == '\n' && behind - from < BLANKS_MAX) {
		if (behind[-1] == '\r')
			buf_putc(out, '\r');
		*p = behind;
		return true;
	}
	if (behind == end && behind - from < BLANKS_MAX) {
		*p = last ? end : from;
		return last;
	}
	buf_add(out, from, (size_t)(behind - from));
	*p = behind;
	return true;
}

typedef unsigned char lanes __attribute__((vector_size(16)));
typedef uint64_t words __attribute__((vector_size(16)));

/* May all of the octets at p, of which there is one more, be copied? */
static bool
is_plain_step(const char *p)
{
	lanes v, next;
	words stop;

	memcpy(&v, p, sizeof(v));
	memcpy(&next, p + 1, sizeof(next));
	stop = (words)(((v < ' ') & (v != '\n')) | (v == '=') |
		       ((v == ' ') & ((next <= ' ') | (next == '='))));
	return (stop[0] | stop[1]) == 0;
}

/* Octets that can be copied: a blank among them has text behind it. */
static const char *
plain_run(const char *p, const char *end)
{
	while (end - p > (ptrdiff_t)sizeof(lanes) && is_plain_step(p))
		p += sizeof(lanes);
	while (p < end && (is_plain(*p) || *p == '\n' ||
				  (*p == ' ' && p + 1 < end && is_plain(p[1]))))
		p++;
	return p;
}

/* How much of in was decoded: all, or all but less than TRANSFER_HELD / 2. */
static size_t
decode_qp(struct str in, bool last, struct buf *out)
{
	const char *p = in.p, *end = in.p + in.n;
	bool decided = true;

	while (p < end && decided) {
		const char *run = p;

		p = plain_run(p, end);
		buf_add(out, run, (size_t)(p - run));
		if (p == end)
			break;
		if (*p == '=')
			decided = take_escape(&p, end, last, out);
		else if (is_blank(*p) || *p == '\r')
			decided = take_blanks(&p, end, last, out);
		else
			buf_putc(out, *p++);
	}
	return (size_t)(p - in.p);
}

static void
feed_qp(struct transfer *t, struct str in, struct buf *out)
{
	while (t->nheld > 0 && in.n > 0) {
		size_t take = TRANSFER_HELD - t->nheld, used;
		struct str both = {t->held, 0};

		if (take > in.n)
			take = in.n;
		both.n = t->nheld + take;
		memcpy(t->held + t->nheld, in.p, take);
		used = decode_qp(both, false, out);
		if (used >= t->nheld) {
			in = str_skip(in, used - t->nheld);
			t->nheld = 0;
			break;
		}
		t->nheld = both.n - used;
		memmove(t->held, t->held + used, t->nheld);
		in = str_skip(in, take);
	}
	in = str_skip(in, decode_qp(in, false, out));
	if (in.n > 0)
		memcpy(t->held, in.p, in.n);
	t->nheld += in.n;
}

void
transfer_feed(struct transfer *t, struct str in, struct buf *out)
{
	if (in.n == 0)
		return;
	if (t->kind == TRANSFER_BASE64)
		feed_base64(t, in, out);
	else if (t->kind == TRANSFER_QP)
		feed_qp(t, in, out);
	else
		buf_adds(out, in);
}

void
transfer_end(struct transfer *t, struct buf *out)
{
	char *to;

	if (t->kind == TRANSFER_QP) {
		decode_qp((struct str){t->held, t->nheld}, true, out);
	} else if (t->kind == TRANSFER_BASE64) {
		to = buf_room(out, 2);
		if (to)
			out->n += end_group(t, to);
	}
	transfer_start(t, t->kind);
}

/*
 * Decoding a part as it is sent: once to count, once to send, never whole in
 * memory.
 *
 * Lines are given CRLF before they are decoded, not after: a quoted-printable
 * line end is one on the wire (RFC 3516 6), but an "=0A" is that octet alone.
 */
#include "imapd/binary.h"

#include <string.h>

enum {
	CHUNK = 16384
};

/* Where decoded octets go. */
struct sink {
	struct io *io;       /* NULL: they are counted only */
	uint64_t skip, left; /* for io */
	uint64_t octets;
	bool nul;
};

static void
take(struct sink *s, struct buf *b)
{
	struct str out = buf_str(b);
	uint64_t skip = s->skip < out.n ? s->skip : out.n;

	s->octets += out.n;
	if (out.n > 0 && memchr(out.p, '\0', out.n) != NULL)
		s->nul = true;
	s->skip -= skip;
	out = str_skip(out, (size_t)skip);
	if (out.n > s->left)
		out.n = (size_t)s->left;
	s->left -= out.n;
	if (s->io != NULL && out.n > 0)
		io_write(s->io, out.p, out.n);
	buf_reset(b);
}

static void
with_crlf(struct str in, char *last, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && *last != '\r')
			buf_putc(out, '\r');
		buf_putc(out, in.p[i]);
		*last = in.p[i];
	}
}

/* False: a read failed before the end. */
static bool
decode(const struct binary *x, struct sink *s)
{
	uint64_t off = x->off;
	struct transfer t;
	struct buf lines, out;
	char last = '\n';
	struct str in;

	buf_init(&lines, 2 * CHUNK);
	buf_init(&out, 4 * CHUNK);
	transfer_start(&t, x->kind);
	while (off < x->end && (s->io == NULL || s->left > 0) &&
		source_at(x->src, off, &in)) {
		if (in.n > CHUNK)
			in.n = CHUNK;
		if (in.n > x->end - off)
			in.n = (size_t)(x->end - off);
		off += in.n;
		buf_reset(&lines);
		with_crlf(in, &last, &lines);
		transfer_feed(&t, buf_str(&lines), &out);
		take(s, &out);
	}
	transfer_end(&t, &out);
	take(s, &out);
	buf_free(&lines);
	buf_free(&out);
	return off >= x->end || (s->io != NULL && s->left == 0);
}

bool
binary_measure(const struct binary *x, uint64_t *octets, bool *nul)
{
	struct sink s = {0};
	bool good = decode(x, &s);

	*octets = s.octets;
	*nul = s.nul;
	return good;
}

bool
binary_send(const struct binary *x, struct io *io, uint64_t from, uint64_t n)
{
	struct sink s = {.io = io, .skip = from, .left = n};

	return decode(x, &s) && s.left == 0;
}

/*
 * Two encodings of mail's text (RFC 2045, 6.7 and 6.8), for the messages that
 * letter.c makes.  What they must not become is fast at the cost of being
 * right: servers decode what stands here, and searches count what they find.
 */
#include "tests/bench/encode.h"

#include <stdint.h>

enum {
	LINE_WIDTH = 72,
	LINE_OCTETS = 57 /* 76 characters of base64 */
};

static void
add_line(struct buf *b, struct str in)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in.n; i += 3) {
		size_t left = in.n - i < 3 ? in.n - i : 3;
		uint32_t v = 0;

		for (size_t j = 0; j < left; j++)
			v |= (uint32_t)(unsigned char)in.p[i + j]
			     << (16 - 8 * j);
		for (size_t j = 0; j < 4; j++)
			buf_putc(b, j <= left ? alphabet[v >> (18 - 6 * j) & 63]
					      : '=');
	}
}

void
encode_base64(struct buf *b, struct str in)
{
	while (in.n) {
		size_t n = in.n < LINE_OCTETS ? in.n : LINE_OCTETS;

		add_line(b, (struct str){in.p, n});
		buf_putc(b, '\n');
		in = str_skip(in, n);
	}
}

void
encode_quoted(struct buf *b, struct str in)
{
	size_t line = b->n;

	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c != '\n' && b->n - line > LINE_WIDTH) {
			buf_puts(b, "=\n");
			line = b->n;
		}
		if (c == '=' || c >= 0x7f)
			buf_printf(b, "=%02X", c);
		else
			buf_putc(b, (char)c);
		if (c == '\n')
			line = b->n;
	}
}

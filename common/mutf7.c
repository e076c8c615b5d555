/*
 * Modified UTF-7 (RFC 3501 5.1.3) and the little of UTF-8 that names need.
 *
 * A name must have one spelling, or two directories show as one mailbox.  So
 * decoding takes only what encoding would have written: shifts that are closed,
 * not empty and not followed by another at once, nothing shifted that can stand
 * for itself, whole surrogate pairs, padding bits of zero.
 */
#include "common/folder.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
stands_for_itself(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

bool
utf8_next(struct str *rest, uint32_t *c)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)rest->p[0], next;
	size_t more = first < 0x80   ? 0
		      : first < 0xe0 ? 1
		      : first < 0xf0 ? 2
				     : 3;

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || more >= rest->n)
		return false;
	*c = more == 0 ? first : first & (0x3fU >> more);
	for (size_t i = 1; i <= more; i++) {
		next = (unsigned char)rest->p[i];
		if ((next & 0xc0) != 0x80)
			return false;
		*c = *c << 6 | (next & 0x3f);
	}
	*rest = str_skip(*rest, more + 1);
	return *c >= least[more] && *c <= 0x10ffff &&
	       (*c < 0xd800 || *c > 0xdfff);
}

void
utf8_put(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(b, (char)(0xf0 | c >> 18));
			buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

bool
utf8_valid(struct str s)
{
	uint32_t c;

	while (s.n > 0)
		if (!utf8_next(&s, &c))
			return false;
	return true;
}

/* Bits on their way from 16-bit units to base64 digits, or back. */
struct bits {
	uint32_t value;
	unsigned n;
};

static void
put_unit(struct buf *out, struct bits *bits, uint32_t unit)
{
	bits->value = bits->value << 16 | unit;
	bits->n += 16;
	while (bits->n >= 6) {
		bits->n -= 6;
		buf_putc(out, digits[bits->value >> bits->n & 0x3f]);
	}
	bits->value &= (1U << bits->n) - 1;
}

static void
close_shift(struct buf *out, struct bits *bits)
{
	if (bits->n > 0)
		buf_putc(out, digits[bits->value << (6 - bits->n) & 0x3f]);
	buf_putc(out, '-');
	*bits = (struct bits){0};
}

static void
put_shifted(struct buf *out, struct bits *bits, uint32_t c)
{
	if (c < 0x10000) {
		put_unit(out, bits, c);
		return;
	}
	c -= 0x10000;
	put_unit(out, bits, 0xd800 | c >> 10);
	put_unit(out, bits, 0xdc00 | (c & 0x3ff));
}

bool
mutf7_encode(struct str utf8, struct buf *out)
{
	struct bits bits = {0};
	bool shifted = false;
	uint32_t c;

	while (utf8.n > 0) {
		if (!utf8_next(&utf8, &c))
			return false;
		if (shifted == stands_for_itself(c)) {
			if (shifted)
				close_shift(out, &bits);
			else
				buf_putc(out, '&');
			shifted = !shifted;
		}
		if (shifted)
			put_shifted(out, &bits, c);
		else if (c == '&')
			buf_puts(out, "&-");
		else
			buf_putc(out, (char)c);
	}
	if (shifted)
		close_shift(out, &bits);
	return !out->bad;
}

/* One unit of UTF-16; *high is the first half of a pair, or 0. */
static bool
take_unit(struct buf *utf8, uint32_t unit, uint32_t *high)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (low != (*high != 0))
		return false;
	if (low) {
		utf8_put(utf8,
			0x10000 + ((*high & 0x3ff) << 10) + (unit & 0x3ff));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
	} else if (stands_for_itself(unit)) {
		return false;
	} else {
		utf8_put(utf8, unit);
	}
	return true;
}

/* Digits between '&' and '-'. */
static bool
take_shifted(struct buf *utf8, struct str in)
{
	struct bits bits = {0};
	uint32_t high = 0;
	const char *digit;

	for (size_t i = 0; i < in.n; i++) {
		digit = in.p[i] == '\0' ? NULL : strchr(digits, in.p[i]);
		if (digit == NULL)
			return false;
		bits.value = bits.value << 6 | (uint32_t)(digit - digits);
		bits.n += 6;
		if (bits.n >= 16) {
			bits.n -= 16;
			if (!take_unit(utf8, bits.value >> bits.n, &high))
				return false;
			bits.value &= (1U << bits.n) - 1;
		}
	}
	return in.n > 0 && high == 0 && bits.n < 6 && bits.value == 0;
}

bool
mutf7_decode(struct str in, struct buf *utf8)
{
	struct str shifted;
	bool closed = false; /* the last thing was the end of a shift */

	while (in.n > 0) {
		if (in.p[0] != '&') {
			if (!stands_for_itself((unsigned char)in.p[0]))
				return false;
			buf_putc(utf8, in.p[0]);
			in = str_skip(in, 1);
			closed = false;
			continue;
		}
		in = str_skip(in, 1);
		if (str_find(in, '-') == -1)
			return false;
		str_cut(&in, '-', &shifted);
		if (shifted.n == 0) {
			buf_putc(utf8, '&');
			closed = false;
		} else if (closed || !take_shifted(utf8, shifted)) {
			return false;
		} else {
			closed = true;
		}
	}
	return !utf8->bad;
}

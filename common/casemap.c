/*
 * RFC 5051 with utf8proc's tables.
 *
 * 1. What the RFC says: a character becomes its simple titlecase form, and
 *    that is decomposed, by canonical and compatibility mappings, until
 *    nothing is left to do.  Marks are not put in order, so every character
 *    folds alone.  Hangul syllables are decomposed too, as NFKD has it.
 * 2. utf8proc gives U+00DF a capital that UnicodeData.txt does not: "ss" and
 *    "SZ" are no concern of this collation, the letter stays itself.
 * 3. Speed.  Search folds everything it reads.  ASCII goes eight octets at a
 *    time, in plain arithmetic.  Two tables answer for most other characters
 *    whether they change at all (ideographs do not); the letters below U+0800
 *    (Latin, Greek, Cyrillic, Hebrew, Arabic), which do, are remembered as
 *    they were folded last.
 */
#include "common/casemap.h"

#include "common/folder.h"

#include <string.h>
#include <utf8proc.h>

enum {
	PIECE = 4096,
	REMEMBERED = 0x800,
	SHORT_MAX = 7,
	CODES_MAX = 32, /* U+FDFA has 18 */
	SHARP_S = 0xdf
};

/* How a character folds, when it is short.  A race of threads writes the same
 * octets twice, but not in one step: so each thread has its own. */
static struct folded {
	uint8_t n; /* 0: not known yet */
	char utf8[SHORT_MAX];
} remembered[REMEMBERED];

/* Add to each octet of w that is a to z what makes it A to Z. */
static uint64_t
upper8(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	/* The high bit of each sum: at least 'a'; more than 'z'. */
	uint64_t from_a = w + ones * (0x80 - 'a');
	uint64_t behind_z = w + ones * (0x7f - 'z');
	uint64_t lower = (from_a ^ behind_z) & (ones * 0x80);

	return w - (lower >> 2);
}

/* Fold ASCII from in to out, up to the first other octet; how many. */
static size_t
fold_ascii(const char *in, size_t n, char *out)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t w[2];
	size_t i = 0;

	for (; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(w, in + i, sizeof(w));
		if ((w[0] | w[1]) & high)
			break;
		w[0] = upper8(w[0]);
		w[1] = upper8(w[1]);
		memcpy(out + i, w, sizeof(w));
	}
	for (; i < n && (unsigned char)in[i] < 0x80; i++)
		out[i] = ascii_upper(in[i]);
	return i;
}

static bool
is_hangul(uint32_t c)
{
	return c >= 0xac00 && c <= 0xd7a3;
}

static bool
folds_to_itself(uint32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property((int32_t)c);

	return p->titlecase_seqindex == UINT16_MAX &&
	       p->decomp_seqindex == UINT16_MAX && !is_hangul(c);
}

static void
fold_slow(uint32_t c, struct buf *out)
{
	utf8proc_int32_t codes[CODES_MAX];
	utf8proc_int32_t title = (utf8proc_int32_t)c;
	utf8proc_ssize_t n;

	if (c != SHARP_S)
		title = utf8proc_totitle(title);
	n = utf8proc_decompose_char(title, codes, CODES_MAX,
		UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL);
	if (n < 0 || n > CODES_MAX) {
		utf8_put(out, c);
		return;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		utf8_put(out, (uint32_t)codes[i]);
}

static void
fold_remembered(uint32_t c, struct buf *out)
{
	struct folded *f = &remembered[c];
	size_t before = out->n;

	if (f->n > 0) {
		buf_add(out, f->utf8, f->n);
		return;
	}
	fold_slow(c, out);
	if (out->bad || out->n - before > SHORT_MAX)
		return;
	f->n = (uint8_t)(out->n - before);
	memcpy(f->utf8, out->p + before, f->n);
}

/* One character, or one octet that is none, at the start of *in. */
static void
fold_one(struct str *in, struct buf *out)
{
	struct str rest = *in;
	uint32_t c;

	if (!utf8_next(&rest, &c)) {
		rest = str_skip(*in, 1);
		buf_putc(out, in->p[0]);
	} else if (c < REMEMBERED) {
		fold_remembered(c, out);
	} else if (folds_to_itself(c)) {
		buf_add(out, in->p, in->n - rest.n);
	} else {
		fold_slow(c, out);
	}
	*in = rest;
}

void
casemap_fold(struct str in, struct buf *out)
{
	while (in.n > 0 && !out->bad) {
		size_t n = in.n < PIECE ? in.n : PIECE;
		char *to = buf_room(out, n);

		if (!to)
			return;
		n = fold_ascii(in.p, n, to);
		out->n += n;
		in = str_skip(in, n);
		while (in.n > 0 && *in.p & 0x80 && !out->bad)
			fold_one(&in, out);
	}
}

/*
 * From the octets of mail to UTF-8: transfer encodings, charsets, encoded
 * words, parameters.  All of it takes any octets, never fails, and never
 * stops at what is broken; the streaming parts keep only a few octets between
 * pieces, and give the same result wherever the pieces end.
 *
 * Output goes to a struct buf, of which the caller takes what is there and
 * resets it between pieces.  A charset makes a piece CHARSET_GROWTH times
 * longer at most: give the buf that much room, and 1 KiB.
 */
#ifndef COMMON_DECODE_H
#define COMMON_DECODE_H

#include "common/buf.h"
#include "common/mime.h"
#include "common/str.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

/* Content-Transfer-Encoding. */

enum transfer_kind {
	TRANSFER_PLAIN, /* 7bit, 8bit, binary, or nothing said */
	TRANSFER_BASE64,
	TRANSFER_QP,
	TRANSFER_UNKNOWN /* is passed on as it is; RFC 3516 wants to know */
};

enum {
	TRANSFER_HELD = 128, /* blanks that may still turn out to be dropped */
	CHARSET_HELD = 16,   /* the start of a character */
	CHARSET_NAME = 64,
	CHARSET_GROWTH = 12 /* times longer at most: TSCII has three letters
			     * of three octets in one */
};

struct transfer {
	enum transfer_kind kind;
	uint32_t bits; /* base64: the group so far, and how many digits */
	unsigned digits;
	char held[TRANSFER_HELD];
	size_t nheld;
};

/* What a part says of itself; a is scratch. */
enum transfer_kind transfer_kind(struct arena *a, const struct mime_part *p);

/*
 * base64: every octet that is no digit is passed over; padding ends a group,
 * and what follows begins a new one (RFC 2045 6.8, and concatenated bodies).
 * quoted-printable: blanks before a line end are dropped (RFC 2045 6.7 (3)),
 * soft line ends too, LF as well as CRLF; "=" before anything else is itself.
 * The output is never longer than the input and what was held.
 */
void transfer_start(struct transfer *t, enum transfer_kind kind);
void transfer_feed(struct transfer *t, struct str in, struct buf *out);
void transfer_end(struct transfer *t, struct buf *out);

/* Charsets. */

struct charset {
	enum {
		CHARSET_UTF8,
		CHARSET_GUESS,
		CHARSET_ICONV
	} kind;
	char name[CHARSET_NAME]; /* as iconv knows it */
	iconv_t cd;
	unsigned unit; /* octets of the smallest character */
	bool ascii;    /* ASCII octets are themselves, always */
	char held[CHARSET_HELD];
	size_t nheld;
};

/*
 * Begin to convert text of the named charset.  Names are tolerated in many
 * forms; old national names mean the superset that mailers use today
 * (gb2312: gb18030, iso-8859-1: windows-1252, ...).
 * Nothing said, us-ascii and x-unknown: see charset_feed.
 * Descriptors are cached per thread: charset_end gives them back.
 */
void charset_start(struct charset *c, struct str name);

/*
 * Append what it means in UTF-8, whole characters only.  What means nothing
 * becomes U+FFFD.  Where the charset is not said, or said to be us-ascii in
 * spite of 8-bit octets, what is valid UTF-8 is that, and any other octet is
 * windows-1252.  Of a charset that nobody knows, ASCII and valid UTF-8 are
 * kept.
 */
void charset_feed(struct charset *c, struct str in, struct buf *out);
void charset_end(struct charset *c, struct buf *out); /* out NULL: forget */

/* Start to end in one. */
void charset_convert(struct str name, struct str in, struct buf *out);

/* Is it one that we can convert from? */
bool charset_known(struct str name);

/* Headers. */

/*
 * Append an unfolded value with its encoded words decoded (RFC 2047, language
 * as in RFC 2231 5): blanks between adjacent words dropped, a character split
 * over words of one charset put together, and 8-bit octets outside of words
 * guessed.  Words are recognized wherever they stand, also inside quotes and
 * without blanks around them, as mail has them; what is no word stays as it
 * is.
 */
void words_decode(struct str in, struct buf *out);

/*
 * Append the parameter of that name in UTF-8: continuations joined, percent
 * signs decoded, converted from its charset (RFC 2231), else encoded words
 * decoded as many mailers write them.  false: there is none.
 */
bool param_decode(struct arena *a, const struct mime_value *v, const char *name,
	struct buf *out);

#endif

/*
 * The text of a message, as a person reads it and a search compares it.
 *
 * The header text is every field, its value decoded; the body text is that of
 * every part of type text or message that has no parts itself, decoded and in
 * UTF-8, without the fields of any header (RFC 9051 6.4.4: BODY matches none,
 * TEXT those of MIME parts too).  Multipart preambles and other types are
 * left out, as RFC 3501 6.4.4 allows.  Lines end with LF.
 *
 * Everything comes in pieces, so 128 MiB need no more memory than 16 KiB.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/mime.h"
#include "common/source.h"

#include <stdbool.h>
#include <stdint.h>

/* Room to work in, good for any number of messages. */
struct text {
	struct arena arena;
	struct buf octets, utf8, folded;
};

void text_init(struct text *t);
void text_free(struct text *t);

/* Who gets the text; false means enough. */
struct text_taker {
	bool (*take)(void *ctx, struct str piece);
	void *ctx;
};

enum text_what {
	TEXT_HEADERS = 1,
	TEXT_BODIES = 2
};

/*
 * Hand the folded text (casemap.h) of headers, bodies, or both (or-ed) of a
 * message to the taker; pieces end between characters.
 * 0 at the end, 1 when the taker had enough, -1 with errno when reading failed.
 */
int text_folded(struct text *t, struct source *s, const struct mime_part *root,
	unsigned what, struct text_taker to);

/* Hand the body of one part, decoded and in UTF-8, to the taker; no more than
 * its first max octets.  Returns as text_folded. */
int text_part(struct text *t, struct source *s, const struct mime_part *p,
	uint64_t max, struct text_taker to);

/* Append the value of a field in UTF-8: unfolded, encoded words decoded, and
 * behind it what its parameters mean when they are spelled as in RFC 2231. */
void text_field(struct text *t, const struct mime_field *f, struct buf *utf8);

enum {
	TEXT_PREVIEW_CHARS = 200,
	TEXT_PREVIEW_MAX = 4 * TEXT_PREVIEW_CHARS /* octets */
};

/*
 * Append the beginning of the first text/plain or text/html part that shows
 * something (RFC 8970 3.3): at most TEXT_PREVIEW_CHARS characters, white space
 * folded, markup gone, quoted lines left out when there are others.  Nothing
 * when there is none.  -1 with errno when reading failed.
 */
int text_preview(struct text *t, struct source *s, const struct mime_part *root,
	struct buf *out);

/* The next part behind p in the order of the message, or NULL. */
const struct mime_part *text_next_part(const struct mime_part *p);

#endif

/*
 * Headers and parts of any octets, by one pass over a source.  It never fails
 * on content: every sequence of octets is a message.  Bounded: MIME_DEPTH
 * levels, MIME_PARTS parts, MIME_HEADER_KEPT octets of header kept per part
 * (what lies beyond still counts in offsets and sizes), MIME_MEMORY in all.
 *
 * Rules that are not obvious, each tested: LF, CRLF and mixed line ends; a
 * header ends at the first empty line, or where the part ends; a line that is
 * no field ends nothing (it is kept as a field without a name, except an mbox
 * "From " line at the start); a boundary line ends every part inside it; the
 * line end before a boundary belongs to the boundary (RFC 2046 5.1.1) unless
 * it ends the header; a boundary that has no line end itself opens no part; a
 * multipart without a boundary, or with no part inside, gets one empty
 * text/plain part, because BODYSTRUCTURE has no form for none; the default type
 * inside multipart/digest is message/rfc822 (5.1.5); what is too deep, and a
 * message/rfc822 that is encoded (5.2.1 forbids it), is one leaf of type
 * application/octet-stream.
 */
#ifndef COMMON_MIME_H
#define COMMON_MIME_H

#include "common/arena.h"
#include "common/source.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	MIME_DEPTH = 64,
	MIME_PARTS = 10000,
	MIME_HEADER_KEPT = 1 << 20,
	MIME_FIELDS = 16384,   /* fields kept per part */
	MIME_PARAMS = 200,     /* parameters kept per value */
	MIME_MEMORY = 24 << 20 /* what a parse takes of its arena at most */
};

struct mime_field {
	struct str name;  /* as spelled; empty: a line that is no field */
	struct str value; /* raw: behind the colon, folded, without last EOL */
	struct str whole; /* the field as it stands, last EOL included */
};

struct mime_part {
	struct mime_part *parent, *child, *next;
	uint32_t nchild;

	/* File offsets: [off, body) is the header with its empty line,
	 * [body, end) the body. */
	uint64_t off, body, end;
	uint64_t header_wire; /* octets of the header on the wire */
	uint64_t body_wire;  /* octets of the body on the wire: BODYSTRUCTURE */
	uint64_t body_lines; /* lines of the body, a last one without LF too */
	bool blank;          /* the header has its empty line */
	bool eol;            /* the body's last line has its LF */

	struct mime_field *field;
	uint32_t nfield;

	/* Content-Type as far as it is usable, else the default of the place:
	 * upper and lower case as spelled. */
	struct str type, subtype;
	struct mime_param *param; /* of that Content-Type, in order */
	bool multipart;           /* child.. are its parts */
	bool message; /* message/rfc822 or global: child is the message */
	struct str boundary; /* p == NULL: none given */
};

/* Parse the whole message; the tree lives in a.  NULL with errno only when
 * reading failed. */
struct mime_part *mime_parse(struct source *s, struct arena *a);

/* The header of the message alone, without looking at the body: type, parts
 * and sizes of the body are left 0. */
struct mime_part *mime_parse_header(struct source *s, struct arena *a);

/* The first field of that name, or NULL. */
const struct mime_field *mime_field(
	const struct mime_part *p, const char *name);

/* A raw value without its folding: line ends dropped, the blanks behind them
 * kept, blanks at both ends cut; NUL and bare CR or LF become blanks.  Borrows
 * raw when there is nothing to change. */
struct str mime_unfold(struct arena *a, struct str raw);

/*
 * "text/plain; charset=x; name=\"a b\"": parameters in order, quotes and
 * comments taken off, continuations (RFC 2231) left as they are spelled.
 * Words without "=" are left out; no octet is NUL, CR or LF.
 */
struct mime_param {
	struct str name, value;
	struct mime_param *next;
};
struct mime_value {
	struct str main; /* "text/plain", "attachment"; may be empty */
	struct mime_param *param;
};
void mime_value(struct arena *a, struct str raw, struct mime_value *out);

/* The first parameter of that name; p == NULL when there is none. */
struct str mime_param(const struct mime_value *v, const char *name);

/* The same with the forms of RFC 2231 besides: continuations joined, percent
 * signs decoded, charset and language cut off. */
struct str mime_param_joined(
	struct arena *a, const struct mime_value *v, const char *name);

#endif

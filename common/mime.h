/*
 * Headers and parts of any octets, by one pass over a source.  It never fails
 * on content: every sequence of octets is a message.  Bounded: MIME_DEPTH
 * levels, MIME_PARTS parts, MIME_HEADER_KEPT octets of header kept per part
 * (what lies beyond still counts in offsets and sizes).
 *
 * Rules that are not obvious, each tested: LF, CRLF and mixed line ends; a
 * header ends at the first empty line, or where the part ends; a first line
 * that is no field ends nothing (it is kept as junk of the header, except an
 * mbox "From " line); a boundary line ends every part inside it; the line end
 * before a boundary belongs to the boundary (RFC 2046 5.1.1); a multipart
 * without a usable boundary, or with no part inside, is shown with one empty
 * text/plain part, because BODYSTRUCTURE has no form for none; the default
 * type inside multipart/digest is message/rfc822 (5.1.5).
 */
#ifndef COMMON_MIME_H
#define COMMON_MIME_H

#include "common/arena.h"
#include "common/source.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { MIME_DEPTH = 64, MIME_PARTS = 10000, MIME_HEADER_KEPT = 1 << 20 };

struct mime_field {
	struct str name;  /* as spelled */
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
	uint64_t body_wire;   /* octets of the body on the wire: BODYSTRUCTURE */
	uint64_t body_lines;  /* lines of the body, a last one without LF too */
	bool blank;           /* the header has its empty line */
	bool eol;             /* the body's last line has its LF */

	struct mime_field *field;
	uint32_t nfield;

	/* Content-Type as far as it is usable, else the default of the place:
	 * upper and lower case as spelled. */
	struct str type, subtype;
	bool multipart; /* child.. are its parts */
	bool message;   /* message/rfc822 or global: child is the message */
	struct str boundary;
};

/* Parse the whole message; the tree lives in a.  NULL with errno only when
 * reading failed. */
struct mime_part *mime_parse(struct source *s, struct arena *a);

/* The header of the message alone, without looking at the body: type, parts
 * and sizes of the body are left 0. */
struct mime_part *mime_parse_header(struct source *s, struct arena *a);

/* The first field of that name, or NULL. */
const struct mime_field *mime_field(const struct mime_part *p,
	const char *name);

/* A raw value without its folding: line ends dropped, the blanks behind them
 * kept, blanks at both ends cut; NUL and bare CR or LF become blanks. */
struct str mime_unfold(struct arena *a, struct str raw);

/* "text/plain; charset=x; name=\"a b\"": parameters in order, quotes and
 * comments taken off, continuations (RFC 2231) left as they are spelled. */
struct mime_param {
	struct str name, value;
	struct mime_param *next;
};
struct mime_value {
	struct str main;    /* "text/plain", "attachment"; may be empty */
	struct mime_param *param;
};
void mime_value(struct arena *a, struct str raw, struct mime_value *out);
struct str mime_param(const struct mime_value *v, const char *name);

#endif

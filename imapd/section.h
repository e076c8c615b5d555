/*
 * BODY[...] and its elder forms: which octets of a message are meant.
 */
#ifndef IMAPD_SECTION_H
#define IMAPD_SECTION_H

#include "common/arena.h"
#include "common/mime.h"
#include "imapd/lex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum section_kind {
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT,
	SECTION_TEXT,
	SECTION_MIME
};

struct section {
	struct section *next;
	struct str label; /* as the response names it: BODY[1.MIME]<0> */
	enum section_kind kind;
	uint32_t path[MIME_DEPTH];
	size_t depth; /* of path; 0: the message itself */
	struct str *field;
	size_t nfield;
	uint64_t kept; /* which of them are kept: imapd/headers.h */
	bool partial;
	uint64_t start, count;
	/* BINARY: the content decoded, or how much that is (RFC 3516). */
	bool decode, size;
};

/* What of the message has to be looked at. */
enum section_need {
	SECTION_SIZE,         /* nothing: its size on the wire is enough */
	SECTION_TOP,          /* the header, mime_parse_header() */
	SECTION_TOP_AND_SIZE, /* both */
	SECTION_TREE          /* all parts, mime_parse() */
};

/* The rest of "BODY[" up to "]" or "]<0.100>". */
bool section_parse(struct lex *l, struct section *s);

/* The same of "BINARY[" and "BINARY.SIZE[": part numbers alone. */
bool section_parse_binary(struct lex *l, struct section *s, bool size);

/* RFC822, RFC822.HEADER and RFC822.TEXT. */
void section_old(struct section *s, enum section_kind kind, struct str label);

enum section_need section_need(const struct section *s);

/* A header field as it is sent: with its CRLF also where the file ends without
 * one. */
void section_add_field(struct buf *b, struct str whole);

/* The octets: either memory, or a slice of the file and a tail behind it. */
struct piece {
	bool nil; /* there is no such part */
	const struct mime_part *part;
	uint64_t off, end; /* of the file */
	uint64_t wire;     /* octets of that on the wire */
	struct str tail;   /* wire octets behind it, or all there is */
};

/*
 * Find a section in a message of which as much is known as section_need()
 * said.  size: the message's on the wire.
 */
void section_find(const struct section *s, struct mime_part *root,
	struct source *src, uint64_t size, struct arena *a, struct piece *out);

#endif

/*
 * What a FETCH asks for.
 */
#ifndef IMAPD_FETCH_H
#define IMAPD_FETCH_H

#include "imapd/lex.h"
#include "imapd/results.h"
#include "imapd/section.h"

#include <stdbool.h>

enum {
	FETCH_UID = 1 << 0,
	FETCH_FLAGS = 1 << 1,
	FETCH_INTERNALDATE = 1 << 2,
	FETCH_SIZE = 1 << 3,
	FETCH_ENVELOPE = 1 << 4,
	FETCH_BODY = 1 << 5,
	FETCH_BODYSTRUCTURE = 1 << 6,
	FETCH_EMAILID = 1 << 7,
	FETCH_THREADID = 1 << 8,
	FETCH_SAVEDATE = 1 << 9,
	FETCH_MODSEQ = 1 << 10,
	FETCH_PREVIEW = 1 << 11
};

struct fetch {
	unsigned items; /* FETCH_ bits */
	struct section *section, **last;
	unsigned nsection;
	bool seen;     /* one of them sets \Seen */
	bool lazy;     /* no PREVIEW that has to be made */
	bool changed;  /* only messages changed after... */
	bool vanished; /* and name those expunged since then */
	uint64_t since;
	bool paged; /* only this part of the set (RFC 9394 3.3) */
	struct partial page;
};

/* A macro, one item, or a list in parentheses. */
bool fetch_parse(struct lex *l, struct fetch *f);

/* " (item item)" in the arena, or NULL when there is no such list. */
bool fetch_parse_optional(struct lex *l, struct fetch **out);

/* " (CHANGEDSINCE n VANISHED PARTIAL 1:5)", or nothing. */
bool fetch_modifiers(struct lex *l, struct fetch *f);

#endif

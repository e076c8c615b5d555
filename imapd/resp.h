/*
 * The one writer of response syntax: what is quoted, what is a literal, how
 * flags look.  Appends to a buffer, usually io_out()'s.
 */
#ifndef IMAPD_RESP_H
#define IMAPD_RESP_H

#include "common/buf.h"
#include "common/keywords.h"
#include "common/mailbox.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/* A quoted string where that is possible, else a literal.  NUL, which neither
 * may hold, becomes 0x80. */
void resp_string(struct buf *b, struct str s);
void resp_nstring(struct buf *b, struct str s); /* NIL when p is NULL */

/* An atom where that is possible: mailbox names, header field names. */
void resp_astring(struct buf *b, struct str s);

/* The same for valid UTF-8 and a client that takes it between quotes
 * (RFC 9755). */
void resp_astring_utf8(struct buf *b, struct str s);

/* Opens a list with "(" or goes on with a space: for lists whose first
 * member is not known beforehand. */
void resp_item(struct buf *b, bool *first);

/* "MODSEQ (n)", and an untagged OK with the mailbox's (RFC 7162). */
void resp_modseq(struct buf *b, uint64_t modseq);
void resp_highestmodseq(struct buf *b, uint64_t modseq);

/* System flags by number, for what has to name them all. */
struct resp_flag {
	uint32_t bit;
	const char *name;
};
enum {
	RESP_FLAGS = 5
};
extern const struct resp_flag resp_flags[RESP_FLAGS];

/* The keyword that the file name's letter P stands for. */
extern const char resp_forwarded[];

/* Flags of one message: "(\Seen $Work)". */
void resp_flag_list(struct buf *b, const struct msg *m,
	const struct keywords *kw, bool recent);

/* The same for many messages: a few lists are kept, for they recur.  known
 * begins as zeros, and again when keywords have changed. */
struct resp_list {
	uint32_t flags;
	uint64_t keywords;
	size_t n;
	char text[88];
};
struct resp_lists {
	struct resp_list list[16];
};
void resp_known_flags(struct buf *b, struct resp_lists *known,
	const struct msg *m, const struct keywords *kw, bool recent);

/* All flags that there are here: "(\Answered ... $Work)"; more: "\*" too. */
void resp_all_flags(struct buf *b, const struct keywords *kw, bool more);

#endif

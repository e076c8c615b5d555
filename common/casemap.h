/*
 * i;unicode-casemap (RFC 5051): the form in which text is compared, for
 * searching, sorting and threading alike.  Two texts are equal when their
 * folded forms are equal octet by octet; order is that of memcmp; a text
 * contains another when its folded form contains the other's.
 */
#ifndef COMMON_CASEMAP_H
#define COMMON_CASEMAP_H

#include "common/buf.h"
#include "common/str.h"

enum {
	CASEMAP_GROWTH = 11 /* times longer at most: U+FDFA */
};

/* Append the folded form of UTF-8: every character as its titlecase form,
 * decomposed.  Characters fold one by one, so a text may come in pieces that
 * end between characters.  Octets that are no UTF-8 stay as they are. */
void casemap_fold(struct str utf8, struct buf *out);

#endif

/*
 * The base subject of RFC 5256 2.1: what is left of a Subject when replies,
 * forwards and list tags are taken off.  Sorting and threading compare it.
 */
#ifndef COMMON_SUBJECT_H
#define COMMON_SUBJECT_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>

/*
 * The base of a subject in UTF-8, in place: white space in text is folded, and
 * *base is a part of text.  Returns whether the message is a reply or a
 * forward, which is to say that something of the kind was removed.
 */
bool subject_base(struct buf *text, struct str *base);

/* From a raw, unfolded Subject value to the form that is compared: decoded,
 * base taken, i;unicode-casemap; appended.  Returns as subject_base. */
bool subject_key(struct str raw, struct buf *out);

#endif

/*
 * How many messages one command may touch (RFC 9738).
 */
#ifndef IMAPD_LIMIT_H
#define IMAPD_LIMIT_H

#include "imapd/imap.h"

#include <stdbool.h>

/* Keep the newest of them, as many as --message-limit allows; the command's
 * answer will say so. */
void limit_keep(struct imap *im, struct set *uids);

/* Are they within the limit?  Else *why is the answer. */
bool limit_allows(struct imap *im, struct set *uids, struct reply *why);

/* The answer to more messages than that, when they have no UIDs yet. */
struct reply limit_none(struct imap *im);

/* The answer with MESSAGELIMIT in it or before it, if the command was cut
 * short. */
struct reply limit_tell(struct imap *im, struct reply r);

#endif

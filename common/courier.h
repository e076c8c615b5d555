/*
 * What Courier left in a Maildir, taken over at the first opening: POP3 UIDLs,
 * keywords, subscriptions.  Its UIDs (courierimapuiddb) are read by
 * uidlist_read().  Courier's files are never changed.  (formats 6 and 7.)
 */
#ifndef COMMON_COURIER_H
#define COMMON_COURIER_H

#include "common/str.h"
#include "common/uidlist.h"

#include <stdbool.h>

/*
 * courierpop3dsizelist, of INBOX: give each entry of ul whose base is in it
 * the key P, the UIDL that Courier told, and the key O where POP3 clients saw
 * the messages in another order than that of UIDs.  To be called once, when
 * there was no dovecot-uidlist, after the files were numbered and before
 * uidlist_write().  0 also without such a file.
 */
int courier_pop3(struct uidlist *ul, int dirfd);

/*
 * courierimapkeywords: call each(ctx, base, keyword) for every keyword of
 * every message, the update files applied.  Messages may be long gone and
 * keywords be no atoms.  A return other than 0 stops and is returned.  0 also
 * without such a directory.
 */
int courier_keywords(int dirfd,
	int (*each)(void *ctx, struct str base, struct str keyword), void *ctx);

/* A line of courierimapsubscribed as a folder below the root, "a.b", or
 * "INBOX": cuts off the prefix.  False for what lies elsewhere. */
bool courier_subscription(struct str *line);

#endif

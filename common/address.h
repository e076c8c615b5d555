/*
 * Address lists of RFC 5322 header fields, as tolerant as real mail needs:
 * groups, comments, quoted names, routes, obsolete forms, and plain junk.
 */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include "common/arena.h"
#include "common/str.h"

#include <stdbool.h>

/*
 * One element of an ENVELOPE address list (RFC 9051 7.5.2).  A str with
 * p == NULL is NIL.  A group is an element with only mailbox (its name), its
 * members, and an element that is all NIL.  An address of which nothing else
 * is known has an empty mailbox or host, never NIL: that would be a group.
 */
struct address {
	struct str name;  /* display name, encoded words as they are */
	struct str route; /* obsolete source route */
	struct str mailbox;
	struct str host;
	struct address *next;
};

enum {
	ADDRESS_MAX = 10000 /* elements kept of one list */
};

/* raw: a field's value, folded or not, and borrowed where it can be.  NULL for
 * a list with nothing in it. */
struct address *address_parse(struct arena *a, struct str raw);

#endif

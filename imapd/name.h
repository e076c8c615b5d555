/*
 * Mailbox names: from what clients write to what common/folder.h keeps, and
 * back.  Clients see a prefix, a separator and modified UTF-7; inside, names
 * are UTF-8 with '/' between levels.
 */
#ifndef IMAPD_NAME_H
#define IMAPD_NAME_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>

struct names {
	char separator;
	struct str prefix; /* "", or for instance "INBOX." */
	bool utf8;         /* the client wants UTF-8, not modified UTF-7 */
};

/*
 * The inner name.  INBOX in any case, one trailing separator is taken off.
 * False for what can be no mailbox here: bad encoding, outside the prefix, a
 * '/' that is not the separator.
 */
bool name_in(const struct names *ns, struct arena *a, struct str client,
	struct str *inner);

/* The client's name in UTF-8, for matching with patterns. */
struct str name_shown(
	const struct names *ns, struct arena *a, struct str inner);

/* A shown name, or part of one, encoded and quoted as a response wants it. */
void name_put(const struct names *ns, struct str shown, struct buf *b);

/* What a client writes for a name or pattern, in UTF-8; the octets themselves
 * where they are no modified UTF-7. */
struct str name_decode(
	const struct names *ns, struct arena *a, struct str client);

/* The separator as a response shows it: "/" in quotes. */
void name_separator(const struct names *ns, struct buf *b);

#endif

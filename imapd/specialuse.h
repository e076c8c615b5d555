/*
 * What mailboxes are for: \Sent, \Trash and so on (RFC 6154).
 *
 * A mailbox is marked when it is created so; the mark lies in its
 * stdmail-mailbox.  A use for which no mailbox is marked goes to the first of
 * the well-known names that exists.  So each use has one mailbox at most, and
 * each mailbox one use.
 */
#ifndef IMAPD_SPECIALUSE_H
#define IMAPD_SPECIALUSE_H

#include "imapd/imap.h"

#include <stddef.h>

enum {
	SPECIAL_USES = 5
};

/* "\Sent" in the form that is written; NULL: no use that is known here. */
const char *specialuse_find(struct str name);

struct specialuse {
	const char *name;
	const struct folder *folder; /* NULL: nobody has it */
	bool marked;
};

/* All of them, as the folders are. */
void specialuse_read(struct imap *im, const struct folders *all,
	struct specialuse uses[SPECIAL_USES]);

/* The use of one folder, or NULL. */
const char *specialuse_of(
	const struct specialuse uses[SPECIAL_USES], const struct folder *f);

/* Mark a folder by its directory.  -1 with errno. */
int specialuse_mark(struct imap *im, const char *dir, const char *use);

#endif

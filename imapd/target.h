/*
 * The mailbox that a command puts messages into.
 */
#ifndef IMAPD_TARGET_H
#define IMAPD_TARGET_H

#include "imapd/imap.h"

#include <stdbool.h>

struct target {
	struct imap *im;
	struct str name;
	struct mailbox *mb;
	struct mailbox_status was; /* before anything was put there */
	bool own;                  /* opened for this, not the selected one */
	struct set in;             /* the UIDs that messages got there */
};

/* Open the client's name.  false: *why is the answer, [TRYCREATE] when making
 * the mailbox would help (RFC 3501 6.3.11, 6.4.7). */
bool target_open(struct imap *im, struct str client, struct target *t,
	struct reply *why);

/* t->in is complete: new messages of the selected mailbox are recent in it. */
void target_came(struct target *t);

void target_close(struct target *t);

/* "1:3,5", in the arena. */
const char *target_set(struct imap *im, const struct set *uids);

#endif

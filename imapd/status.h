/*
 * The answer of STATUS, which LIST gives too (RFC 5819).
 */
#ifndef IMAPD_STATUS_H
#define IMAPD_STATUS_H

#include "imapd/imap.h"

#include <stdbool.h>

enum {
	STATUS_MESSAGES,
	STATUS_RECENT,
	STATUS_UIDNEXT,
	STATUS_UIDVALIDITY,
	STATUS_UNSEEN,
	STATUS_HIGHESTMODSEQ,
	STATUS_SIZE,
	STATUS_DELETED,
	STATUS_DELETED_STORAGE,
	STATUS_APPENDLIMIT,
	STATUS_MAILBOXID
};

/* "(MESSAGES UNSEEN)" as bits, each 1 << STATUS_. */
bool status_read(struct lex *l, unsigned *asked);

/* "* STATUS name (...)"; -1 with errno and nothing written. */
int status_put(struct imap *im, struct str name, unsigned asked);

/* The same of a mailbox that is open, and is not the selected one. */
void status_put_open(
	struct imap *im, struct str name, struct mailbox *mb, unsigned asked);

#endif

/*
 * NOTIFY (RFC 5465): what a client wants to be told of, of which mailboxes,
 * and what is known of those, so that a change can be seen.
 */
#ifndef IMAPD_NOTIFY_H
#define IMAPD_NOTIFY_H

#include "imapd/fetch.h"
#include "imapd/imap.h"
#include "imapd/scope.h"

#include <stdbool.h>

enum {
	NOTIFY_NEW = 1 << 0,
	NOTIFY_EXPUNGE = 1 << 1, /* always together with NOTIFY_NEW */
	NOTIFY_FLAGS = 1 << 2,
	NOTIFY_NAMES = 1 << 3,
	NOTIFY_SUBSCRIPTIONS = 1 << 4,
	NOTIFY_NOTES = 1 << 5,        /* MailboxMetadataChange */
	NOTIFY_SERVER_NOTES = 1 << 6, /* ServerMetadataChange */
	NOTIFY_MESSAGES = NOTIFY_NEW | NOTIFY_EXPUNGE | NOTIFY_FLAGS
};

struct notify_group {
	struct scope scope;
	unsigned events;
	struct notify_group *next;
};

/* What a NOTIFY SET says; of the command's arena. */
struct notify_wish {
	struct notify_group *groups;
	unsigned selected;   /* events of the selected mailbox */
	bool delayed;        /* its expunges only where a command allows them */
	struct fetch *fetch; /* of new messages there, or NULL */
};

/* What of the selected mailbox is to be told: NOTIFY_ bits, and what to fetch
 * of new messages (or NULL). */
unsigned notify_selected(const struct imap *im);
const struct fetch *notify_fetch(const struct imap *im);

/* The client listens between commands, and there takes expunges. */
bool notify_is_on(const struct imap *im);
bool notify_may_expunge(const struct imap *im);

/*
 * From now on this, or nothing at all (NULL).  The command's arena is taken
 * over.  status: tell each mailbox's numbers.  -1 with errno: E2BIG more
 * mailboxes than we watch.
 */
int notify_set(struct imap *im, const struct notify_wish *w, bool status);

/* Tell what happened outside of the selected mailbox; returns when to look
 * again, in ms, even if no notice comes. */
int notify_look(struct imap *im);
/* Notices tell of everything that is watched. */
bool notify_has_notices(const struct imap *im);

/*
 * What this client's own command does is not told to it (RFC 5465 5): names
 * that come, go or (both) change, subscriptions, entries of METADATA (of the
 * server when name is empty), messages put into a mailbox that had these
 * numbers and now has those.
 */
void notify_own_name(struct imap *im, struct str old, struct str now);
void notify_own_note(struct imap *im, struct str name, struct str entry);
void notify_own_messages(struct imap *im, struct str name,
	const struct mailbox_status *was, const struct mailbox_status *now);

/* The selected mailbox becomes one of the others. */
void notify_unselected(struct imap *im);

void notify_free(struct imap *im);

#endif

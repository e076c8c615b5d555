/*
 * What one session has been told of its selected mailbox: which message
 * numbers stand for which UIDs.  Kept as runs of UIDs, so its memory grows
 * with the gaps, not with the messages.  Touches neither disk nor socket.
 *
 * Numbers change only when view_expunge() takes a message out and when
 * view_add() puts one behind the last: at the moments when the client is
 * told.  A message that has vanished from the mailbox keeps its number until
 * then.  (RFC 9051 2.3.1.2, 7.5.1; RFC 2180 4.)
 */
#ifndef IMAPD_VIEW_H
#define IMAPD_VIEW_H

#include "common/set.h"

#include <stdbool.h>
#include <stdint.h>

struct view {
	struct set uids;   /* all that have a number */
	struct set recent; /* those of them that are \Recent here */
	struct set gone;   /* those of them that are no more */
	uint32_t last;     /* the highest UID that ever had a number */
	uint64_t modseq;   /* flags are told up to here */
};

void view_init(struct view *v);
void view_free(struct view *v);

/* Give the next number to a new message.  False for a UID that does not come
 * behind the last: a file that came back.  It waits for the next SELECT. */
bool view_add(struct view *v, uint32_t uid, bool recent);

/* All messages of a mailbox that was just selected. */
void view_fill(struct view *v, const struct set *uids);

uint32_t view_count(const struct view *v);
uint32_t view_number(struct view *v, uint32_t uid); /* 0: has none */

/* Note those members of uids that the client still counts. */
void view_vanish(struct view *v, const struct set *uids);

/* Take the highest vanished message out: its number, 0 when there is none. */
uint32_t view_expunge(struct view *v);

/* Take them all out at once, and into out. */
void view_expunge_all(struct view *v, struct set *out);

/* The UIDs of message numbers; false when one is out of range. */
bool view_numbers(struct view *v, const struct set *numbers, struct set *uids);

#endif

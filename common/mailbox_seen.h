/*
 * \Seen of one's own, as mailbox*.c need it.  The essay is in mailbox_seen.c.
 */
#ifndef COMMON_MAILBOX_SEEN_H
#define COMMON_MAILBOX_SEEN_H

#include "common/mailbox_impl.h"

/* Is \Seen the reader's own in this mailbox?  Then the index has a box of its
 * own for it: part of the key.  False with errno: that is too long. */
bool mailbox_seen_begin(struct mailbox *mb);
void mailbox_seen_end(struct mailbox *mb);

/* Flags of which the file's name tells. */
uint32_t mailbox_named_flags(const struct mailbox *mb);

/* The index has, or is about to have, other flags for a message: remember, to
 * be written by flush. */
void mailbox_seen_note(
	struct mailbox *mb, uint32_t uid, uint32_t was, uint32_t now);

/* On disk what was noted.  Never while a transaction writes.  -1 with errno:
 * it stays noted. */
int mailbox_seen_flush(struct mailbox *mb);

/* UIDs seen, for an index made anew: those of the file.  False: it is the
 * first time, and the files' names tell. */
bool mailbox_seen_load(struct mailbox *mb, struct set *out);

/* The index follows the file, when another session has changed it. */
int mailbox_seen_follow(struct mailbox *mb);

/* By the notices, somebody else has changed the file since the last sync. */
bool mailbox_seen_news(struct mailbox *mb);

/* Notices of the file; -1: none to be had. */
int mailbox_seen_watch(struct mailbox *mb, struct watch *w);

#endif

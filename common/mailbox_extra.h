/*
 * The folder's stdmail-mailbox as mailbox*.c need it, and the ledger's lock.
 * The essay is in mailbox_extra.c.
 */
#ifndef COMMON_MAILBOX_EXTRA_H
#define COMMON_MAILBOX_EXTRA_H

#include "common/boxfile.h"
#include "common/mailbox_impl.h"

/* The ledger's lock; may be taken again by its holder.  Never while a
 * transaction writes.  -1 with errno as lock_take. */
int mailbox_lock(struct mailbox *mb);
void mailbox_unlock(struct mailbox *mb);

/* The number that no modseq of this folder has passed; 0: none is known. */
uint64_t mailbox_floor(struct mailbox *mb);

/* Reserve modseqs ahead, under the lock, when there are few left. */
bool mailbox_must_reserve(const struct mailbox *mb);
int mailbox_reserve(struct mailbox *mb);

/* dovecot-keywords and the names above the letters. */
int mailbox_read_keywords(struct mailbox *mb);

/* The bit of a keyword that is new to the folder, lock held: a letter, in
 * memory until keywords_write(), or above the letters, on the disk.  -1 with
 * errno: EINVAL no atom, EOVERFLOW no bit is left, ... */
int mailbox_add_keyword(struct mailbox *mb, struct str name);

/* A message's keywords have changed: remember what has no letter, to be
 * written by mailbox_flush_extra. */
void mailbox_note_extra(
	struct mailbox *mb, uint32_t uid, uint64_t was, uint64_t now);
void mailbox_flush_extra(struct mailbox *mb);

/* The UIDs of each keyword without a letter, for an index made anew.  The
 * sets are initialised by the caller. */
int mailbox_extra_sets(struct mailbox *mb, struct set sets[KEYWORDS_MAX]);

#endif

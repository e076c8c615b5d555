/*
 * One sync of one mailbox: what the files mailbox_sync.c (when and where to
 * look), mailbox_number.c (the ledger) and mailbox_apply.c (the index) share.
 * The essay is in mailbox_sync.c.
 */
#ifndef COMMON_MAILBOX_SYNC_H
#define COMMON_MAILBOX_SYNC_H

#include "common/mailbox_impl.h"
#include "common/mailbox_scan.h"

struct fresh {
	struct arrival arrival;
	struct found *found;
};

struct sync {
	struct mailbox *mb;
	bool locked;
	struct index_stat now[STAT_COUNT];
	bool must_look[STAT_COUNT]; /* it may have changed since then */
	struct index_txn *snap;     /* the index as it was before the look */
	struct scan scan;
	bool looked_all; /* scan has all files of the folder */
	struct set lost; /* UIDs of the index without a file */
	struct uidlist ul;
	bool have_ul;
	struct fresh *fresh; /* files that no UID is known for */
	size_t nfresh;
	struct set *extra;  /* for a new box: UIDs of keywords without letter */
	uint64_t forwarded; /* the keyword bit of $Forwarded, or 0 */
};

/* What stat said at the time at_ns, in the form that the index keeps. */
void sync_note_stat(
	const struct stat *st, int64_t at_ns, struct index_stat *out);
int64_t sync_clock_ns(void);

/* Look at both directories. */
int sync_scan_both(struct sync *s);

/* Give every file that was found its UID, from the ledger or a new one that
 * is on disk when this returns 0. */
int sync_number(struct sync *s);

/* The folder has no ledger of Dovecot's form: what Courier kept beside its
 * own goes into file names (keywords) and into the ledger (POP3 UIDLs), in
 * memory.  Called once in a folder's life, and again after a crash. */
void sync_take_over(struct sync *s);

/* Write what was found into the index; SELECT moves files to cur/. */
int sync_apply(struct sync *s);

#endif

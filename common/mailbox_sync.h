/*
 * One sync of one mailbox: what the files mailbox_sync.c (when and where to
 * look), mailbox_look.c and mailbox_named.c (the look), mailbox_number.c (the
 * ledger) and mailbox_apply.c (the index) share.
 * The essay is in mailbox_sync.c.
 */
#ifndef COMMON_MAILBOX_SYNC_H
#define COMMON_MAILBOX_SYNC_H

#include "common/mailbox_impl.h"

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
	struct scan noticed;        /* what the notices named */
	struct scan scan;           /* what was found */
	bool looked_all;            /* scan has all files of the folder */
	bool unsure;     /* somebody else has just written what was found, or
			  * it could not be numbered */
	struct set lost; /* UIDs of the index without a file */
	struct uidlist ul;
	bool have_ul;
	struct fresh *fresh; /* files that no UID is known for */
	size_t nfresh;
	struct set *extra;  /* for a new box: UIDs of keywords without letter */
	struct set seen;    /* and those of one's own \Seen */
	bool first_look;    /* for a new box: nobody knows the latter */
	uint64_t forwarded; /* the keyword bit of $Forwarded, or 0 */
};

/* What stat said, in the form that the index keeps; not settled. */
void sync_note_stat(const struct stat *st, struct index_stat *out);

void sync_init(struct sync *s, struct mailbox *mb);
void sync_free(struct sync *s);

/* Look at what the notices named (named), else at the directories that may
 * have changed, and find every message of the index among the files. */
int sync_look(struct sync *s, bool named);

/* Both were said of the same file, unchanged in between. */
bool sync_same_file(const struct index_stat *a, const struct index_stat *b);

/* Look at both directories. */
int sync_scan_both(struct sync *s);

/*
 * Look at what the notices named and at nothing else: mailbox_named.c.  1: it
 * is done, 0: all has to be looked at after all, -1 with errno.
 */
int sync_look_named(struct sync *s);

/* As many messages as the box says, or the cache is of no use. */
int sync_check_count(struct sync *s, uint32_t n);

/* Does the index have just this file under this name? */
bool sync_same_place(
	const struct found *f, const struct index_msg *m, struct str name);

/* Give every file that was found its UID, from the ledger or a new one that
 * is on disk when this returns 0. */
int sync_number(struct sync *s);

/* The ledger file still is the one that the index knows: then so is all that
 * stands in it, and lines can be added unread (ul->partial). */
bool sync_known_ledger(const struct mailbox *mb, struct uidlist *ul);

/* The folder has no ledger of Dovecot's form: what Courier kept beside its
 * own goes into file names (keywords) and into the ledger (POP3 UIDLs), in
 * memory.  Called once in a folder's life, and again after a crash. */
void sync_take_over(struct sync *s);

/* Write what was found into the index; SELECT moves files to cur/. */
int sync_apply(struct sync *s);

#endif

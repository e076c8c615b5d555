/*
 * Putting new messages into a mailbox: numbers for files that are about to
 * appear in cur/, in one go for a whole command.  Used by mailbox_append.c and
 * mailbox_copy.c.
 *
 *   add_begin   takes the ledger's lock
 *   add_number  gives UIDs, on disk when it returns
 *   (the caller puts the files in their place, and syncs the directory)
 *   add_record  tells the index
 *   add_end     releases the lock
 *
 * A crash after add_number leaves a line in the ledger without a file, which
 * is no harm; one before add_record leaves a file that the next sync finds
 * under the UID that the ledger has for it.
 */
#ifndef COMMON_MAILBOX_ADD_H
#define COMMON_MAILBOX_ADD_H

#include "common/mailbox_impl.h"

struct added {
	uint32_t uid;
	struct str base;
	struct str keys; /* for the ledger: "Gguid", often empty */
	uint32_t flags;
	uint64_t keywords;
	uint64_t wire_size;   /* or MSG_UNKNOWN */
	int64_t internaldate; /* or MSG_NODATE */
};

struct add {
	struct mailbox *mb;
	struct uidlist ul;
};

int add_begin(struct add *a, struct mailbox *mb);
int add_number(struct add *a, struct added *m, size_t n);
int add_record(struct add *a, const struct added *m, size_t n);
void add_end(struct add *a);

/* ":2,FSa": the info part of a name for these flags. */
void add_info(const struct mailbox *mb, const struct added *m, struct buf *b);

#endif

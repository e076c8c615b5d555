/*
 * The ledger: dovecot-uidlist, which gives every message file its UID.
 * Version 3 is written, 3 and 1 are read, courierimapuiddb is taken over.
 * (formats 3 and 7.)
 */
#ifndef COMMON_UIDLIST_H
#define COMMON_UIDLIST_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct uidlist_entry {
	uint32_t uid;
	struct str base; /* the file's name up to ':' */
	struct str keys; /* as they stand: "S12 W13 Puidl"; often empty */
};

struct uidlist {
	uint32_t uidvalidity; /* 0: there is no ledger yet */
	uint32_t uidnext;     /* above every UID in entry[] */
	char guid[33];        /* mailbox GUID: 32 hex digits, or "" */
	struct str header;    /* all other keys of the header, as they stand */
	struct uidlist_entry *entry; /* ascending by uid, each base once */
	size_t n;
	bool damaged; /* lines had to be skipped or the header was bad */
	bool foreign; /* read from v1 or Courier: write v3 before adding */
	/* entry[] was not read: lines can be added (uidvalidity, uidnext and
	 * st are known from elsewhere), the whole cannot be written. */
	bool partial;
	struct stat st; /* of the file that was read; st_ino 0: none */
	struct uidlist_text *text; /* owns what the strs borrow */
	size_t cap;
};

/*
 * Read the ledger of the folder dirfd.  No lock is needed: files are replaced
 * whole or appended to, and a torn last line is left out.  Without a
 * dovecot-uidlist, courierimapuiddb is read.  0 also when neither exists; -1
 * with errno when the file system failed or the file is a link (ELOOP).
 *
 * Of a damaged file the readable lines are kept.  When its UIDVALIDITY could
 * not be read, uidvalidity is 0 beside damaged: the caller knows it from the
 * cache, or else takes uidvalidity_next(), which makes clients start anew.
 */
int uidlist_read(struct uidlist *ul, int dirfd);
void uidlist_free(struct uidlist *ul);

/* The entry of a UID, or NULL. */
const struct uidlist_entry *uidlist_find(
	const struct uidlist *ul, uint32_t uid);

/* A value out of keys, such as 'P' (POP3 UIDL) or 'O' (order). */
bool uidlist_key(struct str keys, char key, struct str *value);

/* The following need the lock (common/lock.h). */

/*
 * Add entries from uidnext on (the caller numbered them, ascending) to memory
 * and to the end of the file, and fsync.  After 0 they may be told.  Writes
 * the whole file where lines cannot be added to it.  -1 with errno:
 *   ESTALE  the file is no longer the one that was read, or it has to be
 *           written whole and `partial` is set: read it again
 *   EINVAL  not ascending, or a name that no line can hold
 *   EOVERFLOW  there are no UIDs left under this UIDVALIDITY
 */
int uidlist_append(struct uidlist *ul, int dirfd,
	const struct uidlist_entry *add, size_t n);

/* The same in memory alone, for uidlist_write() to follow. */
int uidlist_add(struct uidlist *ul, const struct uidlist_entry *add, size_t n);

/*
 * Write the whole file anew from memory, fsync and rename; its mtime is made
 * greater than the old one's.  A damaged file is kept beside it as
 * dovecot-uidlist.damaged.<time>.  Directory fsync included.  -1 with ESTALE
 * as above.  A guid is made when there is none.
 */
int uidlist_write(struct uidlist *ul, int dirfd);

/* Add or replace an entry's key ('P' for a taken-over POP3 UIDL).  In memory,
 * until uidlist_write().  A value that no line can hold (empty, blanks,
 * control characters) is left out. */
void uidlist_set_key(struct uidlist *ul, size_t i, char key, struct str value);

/* n octets that live as long as ul. */
char *uidlist_room(struct uidlist *ul, size_t n);

/*
 * A new UIDVALIDITY for a folder of this Maildir: max(now, last + 1), kept in
 * dovecot-uidvalidity of the root by Dovecot's protocol of renames.  Before it
 * is told the caller syncs the root's directory.
 */
uint32_t uidvalidity_next(int rootfd);

/* A new random mailbox GUID: 32 hex digits. */
void uidlist_new_guid(char out[33]);

#endif

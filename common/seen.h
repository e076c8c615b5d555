/*
 * Which messages of a shared mailbox one reader has seen, where \Seen is each
 * reader's own: `stdmail-seen/GUID` in the reader's Maildir, GUID being that
 * of the shared mailbox's ledger.  The first line binds the rest to the
 * mailbox's UIDVALIDITY; every other one adds UIDs or takes some away, and
 * counts only when it is whole:
 *
 *   uidvalidity 1700000000
 *   +1:500,503
 *   -12
 */
#ifndef COMMON_SEEN_H
#define COMMON_SEEN_H

#include "common/set.h"

#include <sys/stat.h>

struct seen_file {
	int dirfd; /* of stdmail-seen */
	const char *name;
	uint32_t uidvalidity;
};

/* The directory, made when it is not there; -1 with errno. */
int seen_dir(int rootfd);

/* Changes happen under the directory's lock: a descriptor to be closed, or -1
 * with errno. */
int seen_lock(int dirfd);

/* Add the UIDs to *out; *st is of the file, from before it was read.  -1 with
 * errno, ENOENT: there is none, or one of another UIDVALIDITY. */
int seen_read(const struct seen_file *f, struct set *out, struct stat *st);

/* A line for each of the two that is not empty, on disk when this returns 0;
 * *before and *after are of the file.  -1 with errno, ESTALE: it is to be
 * written whole. */
int seen_append(const struct seen_file *f, const struct set *add,
	const struct set *del, struct stat *before, struct stat *after);

/* The file anew. */
int seen_write(
	const struct seen_file *f, const struct set *seen, struct stat *after);

#endif

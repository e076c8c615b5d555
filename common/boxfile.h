/*
 * `stdmail-mailbox`, one small text file in a folder: what must outlive the
 * cache and what Dovecot keeps elsewhere.  Lines of a key, a blank and a
 * value; both hold any octets, escaped as %XX where they must be.  Keys that
 * are not known here are kept.
 *
 *   modseq-floor N      no modseq above N was given; reserved ahead
 *   keyword.N NAME      the keyword of bit N, 26 and up
 *   keyworded.N SET     the UIDs that have it
 *   special-use \Sent   RFC 6154
 *   metadata/...        RFC 5464 entries
 */
#ifndef COMMON_BOXFILE_H
#define COMMON_BOXFILE_H

#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct boxfile_line {
	struct str key, value; /* of malloc, NUL behind each */
};

struct boxfile {
	struct boxfile_line *line;
	size_t n;
	struct stat st; /* st_ino 0: there is no file */
};

enum {
	BOXFILE_MAX = 4 << 20,
	/* Each is looked for among all: others may write a shared folder's. */
	BOXFILE_LINES = 4096
};

/* 0 also when there is none.  Lines that cannot be read are left out.  -1 with
 * errno: EFBIG when there are too many, or too many octets. */
int boxfile_read(struct boxfile *bf, int dirfd);
void boxfile_free(struct boxfile *bf);

/* false: no such key.  *value is valid until the next change. */
bool boxfile_get(const struct boxfile *bf, struct str key, struct str *value);

/* In memory; value NULL removes. */
void boxfile_set(struct boxfile *bf, struct str key, const struct str *value);

/* The whole file, under the ledger's lock: written, fsynced, renamed.  -1 with
 * errno (EFBIG: more than BOXFILE_MAX or BOXFILE_LINES). */
int boxfile_write(struct boxfile *bf, int dirfd);

/* Lock, read, change, and write unless change() returns false: for who has no
 * mailbox open. */
int boxfile_update(
	int dirfd, bool (*change)(void *ctx, struct boxfile *bf), void *ctx);

#endif

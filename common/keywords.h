/*
 * Keyword names of one folder: dovecot-keywords for the letters a to z (bit
 * 0 to 25), `stdmail-mailbox` for the 27th and on (bit 26 to 63), which no
 * letter can carry.  (formats 4; design: Truth and cache.)
 */
#ifndef COMMON_KEYWORDS_H
#define COMMON_KEYWORDS_H

#include "common/str.h"

#include <stdint.h>
#include <sys/stat.h>

enum {
	KEYWORDS_MAX = 64,
	KEYWORD_LETTERS = 26
};

struct keywords {
	char *name[KEYWORDS_MAX]; /* NULL: a hole; else an IMAP atom */
	struct stat st;           /* of dovecot-keywords; st_ino 0: none */
};

/* 0, also when there is no file; Courier's keyword list is the mailbox
 * room's concern (common/courier.h). */
int keywords_read(struct keywords *kw, int dirfd);
void keywords_free(struct keywords *kw);

/* The bit number of a name (case does not count), or -1. */
int keywords_find(const struct keywords *kw, struct str name);

/* The bit of a name: its own, or the lowest free one < KEYWORD_LETTERS; -1
 * with ENOSPC when all letters are taken, EINVAL when the name is no atom of
 * at most 255 octets.  In memory only, until keywords_write(). */
int keywords_add(struct keywords *kw, struct str name);

/* Write dovecot-keywords whole (lock held), fsync, rename. */
int keywords_write(struct keywords *kw, int dirfd);

#endif

/*
 * The file names of a folder as one look at its directories found them, by
 * base name.  Part of mailbox_sync.c's work; for nobody else.
 */
#ifndef COMMON_MAILBOX_SCAN_H
#define COMMON_MAILBOX_SCAN_H

#include "common/arena.h"
#include "common/maildir.h"

#include <stdbool.h>
#include <stdint.h>

struct found {
	const char *name; /* whole, with a NUL */
	uint16_t n, base_n;
	uint8_t sub; /* enum maildir_sub */
	bool known;  /* matched with a UID */
	bool same;   /* and the index has exactly this name and place */
	bool gone;   /* of notices: it is not under that name any more */
	uint32_t uid;
	uint32_t letters; /* keywords that Courier kept elsewhere */
};

struct scan {
	struct arena names;
	struct found *f;
	size_t n, cap;
	uint32_t *slot; /* hash table of f's indexes + 1 */
	size_t slots;   /* a power of two */
	int error;
};

void scan_init(struct scan *s);
void scan_free(struct scan *s);

/* Add a name; a base that is known already gets the newer name and place (the
 * file was renamed between two looks).  NULL: it is no name of a message. */
struct found *scan_add(struct scan *s, struct str name, enum maildir_sub sub);

/* Add all names of a directory. */
int scan_dir(struct scan *s, struct maildir *md, enum maildir_sub sub);

/* The file with that base name, or NULL. */
struct found *scan_find(struct scan *s, struct str base);

#endif

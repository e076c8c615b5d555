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
	uint32_t hash;    /* of the base */
	uint32_t letters; /* keywords that Courier kept elsewhere */
};

/* at: in f, from 1 on; 0: empty. */
struct scan_slot {
	uint32_t hash, at;
};

struct scan {
	struct arena names;
	struct found *f;
	size_t n, cap;
	struct scan_slot *slot; /* hash table */
	size_t slots;           /* a power of two */
	int error;
};

void scan_init(struct scan *s);
void scan_free(struct scan *s);

/* There will be some n names. */
void scan_expect(struct scan *s, size_t n);

/* What identifies a message: its name up to the colon. */
struct str scan_base(struct str name);

/* Add a name; a base that is known already gets the newer name and place (the
 * file was renamed between two looks).  NULL: it is no name of a message. */
struct found *scan_add(struct scan *s, struct str name, enum maildir_sub sub);

/* Add all names of a directory. */
int scan_dir(struct scan *s, struct maildir *md, enum maildir_sub sub);

/* Many files: in the order of their arrival from now on, and in no slot any
 * more.  False: they were few, and all is as it was (mailbox_order.c). */
bool scan_sort(struct scan *s);

/* The file with that base name, or NULL. */
struct found *scan_find(struct scan *s, struct str base);

/* The same for several: out[i] is that of name[i]. */
enum {
	SCAN_BATCH = 32
};
void scan_find_all(
	struct scan *s, const struct str *name, size_t n, struct found **out);

#endif

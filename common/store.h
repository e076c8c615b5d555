/*
 * One user's mail: the Maildir root, its folders, the cache beside it.
 */
#ifndef COMMON_STORE_H
#define COMMON_STORE_H

#include "common/folder.h"
#include "common/options.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct index;

/* A directory name and its Maildir fit; LMDB takes 511. */
enum {
	STORE_KEY_MAX = 511
};

struct store {
	int root; /* O_RDONLY directory: the Maildir */
	struct index *index;
	char separator;     /* as clients see it */
	const char *prefix; /* "", "INBOX." */
	const struct options *opt;
	/* The Maildir's file system, once it was asked (common/stamp.h). */
	dev_t stamped;
	bool stamp_exact;
};

/*
 * Open the Maildir of a user (opt->maildir below home) and the cache; a
 * Maildir that does not exist is made.  Without a usable cache the index
 * lies in memory of our own.  Returns 0, or -1 with errno.
 */
int store_open(struct store *st, const struct options *opt, const char *home);
void store_close(struct store *st);

/* Once a day: drop from the cache what no folder is left of.  store_close()
 * does it. */
void store_sweep(struct store *st, int64_t now);

/*
 * Find and make, when they are not there, the directories of a user's mail
 * and cache, as the user: before a process confines itself to them.  cache is
 * empty when there can be none.  -1 with errno when there is no Maildir.
 */
int store_prepare(const struct options *opt, const char *home,
	struct buf *maildir, struct buf *cache);

/* The cache's key of a folder.  -1 with errno. */
int store_key(struct store *st, const char *dir, struct buf *key);

/* A folder was removed, or has another name: the cache follows. */
void store_forget(struct store *st, const char *dir);
void store_moved(struct store *st, const char *dir, const char *now);

/* The shared cache is of no use any more: open a private one in its place.
 * Mailboxes that are open must be synced before they are read again. */
int store_without_cache(struct store *st);

#endif

/*
 * What folder.c (one name) and folder_list.c (all of a tree) share.  nested:
 * the directory of a/b is "a/b", not ".a.b".
 */
#ifndef COMMON_FOLDER_IMPL_H
#define COMMON_FOLDER_IMPL_H

#include "common/folder.h"

enum {
	/* Octets of the longest nested directory: one that the cache can have
	 * as a key. */
	FOLDER_DIR_MAX = 440,
	/* Escaped names are up to three times as long. */
	FOLDER_NAME_SIZE = 4 * FOLDER_DIR_MAX
};

bool folder_eight_bit(struct str s);

/* The escaped name of any folder directory. */
void folder_escape(struct str dir, bool nested, struct buf *name);

/* Of valid UTF-8: is it such a name? */
bool folder_has_escape(struct str name);

#endif

/*
 * Making, removing and renaming the folders of one Maildir.  Directory names
 * are those of common/folder.h; INBOX (".") is the caller's concern.  What
 * returned 0 is on the disk.  -1 with errno: EEXIST, ENOENT, EACCES, ENOSPC...
 */
#ifndef COMMON_FOLDER_CHANGE_H
#define COMMON_FOLDER_CHANGE_H

#include "common/store.h"

/* A new folder, with its ledger: its UIDVALIDITY is greater than any that
 * was given in this Maildir before. */
int folder_create(struct store *st, const char *dir);

/* The folder and all mail in it, but no folder below it. */
int folder_delete(struct store *st, const char *dir);

/* The folder and all below it; UIDs, flags and GUID go along.  EEXIST when
 * one of the new names is taken: then nothing was renamed.  The folder itself
 * need not exist when one below it does. */
int folder_rename(struct store *st, const char *old, const char *now);

#endif

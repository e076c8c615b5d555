/*
 * Small text files that steer a Maildir (the ledger, keywords, subscriptions):
 * read whole, replaced whole.  Written beside the old one, fsynced, renamed,
 * and the directory fsynced, so a reader sees the old file or the new one.
 */
#ifndef COMMON_CONTROL_H
#define COMMON_CONTROL_H

#include "common/str.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Read the file name in dirfd, at most max octets.  *out is one malloc'ed
 * block, NUL behind its n octets; st (may be NULL) is from before the
 * reading, so growth meanwhile shows as a difference later.  -1 with errno:
 *   ENOENT  not there
 *   ELOOP   a symbolic link: not followed
 *   EINVAL  a directory, a FIFO or another thing that is no regular file
 *   EFBIG   larger than max
 */
int control_read(int dirfd, const char *name, size_t max, char **out, size_t *n,
	struct stat *st);

/* The same in two steps: the file, of at most max octets, and up to n octets
 * of it, fewer only at its end. */
int control_open(int dirfd, const char *name, size_t max, struct stat *st);
ssize_t control_read_all(int fd, char *p, size_t n);

/*
 * Replace the file by content.  Its mtime will be greater than the one that
 * it replaces.  What is no regular file is moved aside first.  Mode and group
 * are those of control_perm.  -1 with errno, and the old file still there.
 * Callers hold the lock that guards the file (common/lock.h): the new content
 * is gathered in NAME.tmp.
 */
int control_write(int dirfd, const char *name, struct str content);

/* The same, and nothing is synced: after a power cut the file may be the old
 * one, the new one, or empty. */
int control_write_hint(int dirfd, const char *name, struct str content);

/*
 * Mode and group of new files here: those of the file dovecot-shared; else,
 * when the group may write in the directory, the group's as well; else 0600
 * and (gid_t)-1 (as the system gives it).  (formats 3.)
 */
void control_perm(int dirfd, mode_t *mode, gid_t *gid);

/* Give them to an open file.  The group may be one that we are not in: then
 * the file stays ours alone, which is safe. */
void control_set_perm(int fd, mode_t mode, gid_t gid);

/* A new file with these permissions, open for reading and writing; never an
 * existing one (EEXIST). */
int control_create(int dirfd, const char *name);

/*
 * Keep what lies under this name as NAME.damaged.<time>, told in to: a file
 * gets that as a second name, anything else is moved there.  -1 with errno.
 */
int control_keep(int dirfd, const char *name, char to[300]);

/* Rename, but never onto something: EEXIST.  Where the file system knows no
 * such rename: a link and an unlink. */
int control_move(int fromfd, const char *from, int tofd, const char *to);

/* The name that path is in its directory, on the disk: that one is synced.
 * Relative to dirfd.  -1 with errno. */
int control_sync_name(int dirfd, const char *path);

/* Read the directory fd with an offset of its own; NULL with errno. */
DIR *control_list(int fd);

/* All of p to fd at its offset; -1 with errno. */
int control_write_all(int fd, const char *p, size_t n);

#endif

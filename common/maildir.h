/*
 * The mail files of one folder: cur, new and tmp under one descriptor, all
 * by openat.  Knows names and files, no UIDs.  Other programs deliver,
 * rename and delete at any moment: ENOENT means "look again", never "lost".
 */
#ifndef COMMON_MAILDIR_H
#define COMMON_MAILDIR_H

#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum maildir_sub {
	MAILDIR_CUR,
	MAILDIR_NEW,
	MAILDIR_TMP
};

struct maildir {
	int fd;        /* the folder itself */
	int sub[3];    /* by enum maildir_sub; O_PATH or O_RDONLY directories */
	bool readonly; /* nothing can be created or renamed here */
	mode_t file_mode; /* of new files, as control_perm tells */
	gid_t file_gid;
};

/*
 * Open the folder in directory dir under rootfd ("." is INBOX).  A missing
 * cur, new or tmp is made.  The folder may be a symbolic link, its cur, new
 * and tmp too.  Returns 0 or -1 with errno (ENOENT, EACCES, ENOTDIR ...).
 */
int maildir_open(int rootfd, const char *dir, struct maildir *md);
void maildir_close(struct maildir *md);

/* Make a new folder with cur, new, tmp and `maildirfolder`, mode and group as
 * the root has them.  Its own name is for the caller to sync.  -1 with EEXIST
 * and others. */
int maildir_make(int rootfd, const char *dir);

/*
 * Call each(ctx, name, len) for every message name in the directory: names
 * that begin with '.' are left out, and on file systems that tell the type,
 * what is no regular file.  A name may come twice or be missing while others
 * rename: the caller copes.  each() returns 0 to go on; anything else stops
 * the scan and is returned.  -1 with errno when reading failed.
 */
int maildir_scan(struct maildir *md, enum maildir_sub sub,
	int (*each)(void *ctx, const char *name, size_t len), void *ctx);

/* Open a message for reading: O_NOFOLLOW, regular files only (else ENOENT for
 * what is gone, EPERM for what is no file).  *st: what it is. */
int maildir_open_msg(struct maildir *md, enum maildir_sub sub, const char *name,
	struct stat *st);

/* Rename inside the folder, never onto another message: EEXIST. */
int maildir_rename(struct maildir *md, enum maildir_sub from, const char *old,
	enum maildir_sub to, const char *name);

/*
 * Delivery.  Begin makes an own file in tmp/ and returns its descriptor; the
 * caller writes LF lines to it.  Seal sets mtime (INTERNALDATE), fsyncs, and
 * adds ",S=,W=" to the base.  Place renames it to cur/ or new/ as base and
 * info; the directory is fsynced by maildir_sync_dir, once for several.  All
 * 0, or -1 with errno; what was not placed is taken back by abort.
 */
struct delivery {
	int fd;            /* -1 after seal */
	char tmpname[256]; /* "": nothing in tmp/ */
	char base[256];
};
int maildir_deliver_begin(struct maildir *md, struct delivery *d);
int maildir_deliver_seal(
	struct delivery *d, uint64_t wire_size, time_t internaldate);
int maildir_deliver_place(struct maildir *md, struct delivery *d,
	enum maildir_sub to, const char *info /* ":2,S" or "" */);
void maildir_deliver_abort(struct maildir *md, struct delivery *d);
int maildir_sync_dir(struct maildir *md, enum maildir_sub sub);

/* Remove files in tmp/ older than 36 hours; one stat when there can be none
 * (formats 1).  Failure is no one's concern. */
void maildir_clean_tmp(struct maildir *md);

#endif

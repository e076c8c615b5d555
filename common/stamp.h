/*
 * The times of files: can a change hide behind an equal one?
 */
#ifndef COMMON_STAMP_H
#define COMMON_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Nanoseconds since 1970, as the kernel keeps them. */
int64_t stamp_ns(struct timespec ts);
int64_t stamp_now(void);

/*
 * On the file system of the directory dirfd, every change after a stat(2) has
 * a ctime that the stat has not shown.  False where that is not certain.
 * Makes and forgets a file without a name.
 */
bool stamp_exact(int dirfd);

/*
 * Every change from now on has a ctime and an mtime above these: the clock
 * that the kernel takes them from has passed both.
 */
bool stamp_passed(const struct stat *st);

#endif

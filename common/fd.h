/*
 * Descriptors.
 */
#ifndef COMMON_FD_H
#define COMMON_FD_H

#include <stdbool.h>
#include <stddef.h>

/* Both are open, and the same file, pipe or socket. */
bool fd_same(int a, int b);

/* Put /dev/null in the place of fd, open or not.  Ends the process when that
 * fails: what would be written there next is not for that file. */
void fd_make_null(int fd);

/* Close every descriptor from 3 on, but those in keep and the log's. */
void fd_close_others(const int *keep, size_t n);

/* Other hosts may change what is on this file system, and nobody here is told
 * of it. */
struct statfs;
bool fs_is_remote(const struct statfs *fs);

#endif

/*
 * The walls around a process that has given up its rights: seccomp filters
 * and Landlock.
 */
#ifndef COMMON_CONFINE_H
#define COMMON_CONFINE_H

#include "common/options.h"

/* Before login: octets in and out of what is open, nothing else. */
void confine_front(void);

/*
 * After login, as the user: the Maildir, the cache, and what the C library
 * reads; no program, no socket, no process, no other uid.  Makes the Maildir
 * and the cache when they are missing.
 */
void confine_session(const struct options *opt, const char *home);

#endif

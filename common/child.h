/*
 * The end of a child process.
 */
#ifndef COMMON_CHILD_H
#define COMMON_CHILD_H

#include <sys/types.h>

/*
 * Wait for a child that should end about now; after ms it is killed.  Returns
 * the signal that ended it, 0 when it ended by itself or was killed here.
 */
int child_reap(pid_t pid, int ms);

#endif

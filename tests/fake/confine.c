/*
 * No walls, for valgrind: it makes system calls of its own in the process that
 * it watches, and the filters would kill it.  Linked in place of
 * common/confine.c.
 */
#include "common/confine.h"

void
confine_front(void)
{
}

void
confine_session(const struct options *opt, const char *home)
{
	(void)opt;
	(void)home;
}

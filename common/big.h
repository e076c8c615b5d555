/*
 * Memory for tables that may become large and do not live long: the names of
 * a million messages while they are numbered.  Above some megabytes it lies in
 * a file without a name, so that the system can write it out.
 */
#ifndef COMMON_BIG_H
#define COMMON_BIG_H

#include <stddef.h>

/* A directory on the disk to put it in.  Without one: ordinary memory. */
void big_place(int dirfd);

/* n items of size octets, zeros; ends the process when there is no room. */
void *big_alloc(size_t n, size_t size);

/* The same block with room for n items instead of old; p may be NULL. */
void *big_grow(void *p, size_t old, size_t n, size_t size);

/* p may be NULL. */
void big_free(void *p);

#endif

/*
 * The PROXY protocol, version 1 and 2: what a balancer says of the client it
 * connects us with, in front of everything else.
 */
#ifndef COMMON_PROXY_H
#define COMMON_PROXY_H

#include "common/io.h"
#include "common/server.h"

/*
 * Read the header from io and put what it says into *p, which holds what the
 * kernel says.  A header without addresses (a health check of the balancer)
 * leaves it alone.  Returns 0, or -1: no such header, or io is dead.
 */
int proxy_read(struct io *io, struct peer *p);

#endif

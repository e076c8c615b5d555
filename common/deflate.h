/*
 * DEFLATE (RFC 1951) as a layer of io: everything from here on is compressed,
 * both ways.  Only deflate.c knows zlib.
 */
#ifndef COMMON_DEFLATE_H
#define COMMON_DEFLATE_H

#include "common/io.h"

struct deflate;

/* Put the layer into io.  What was written so far leaves as it is; what was
 * received and not read counts as compressed.  NULL without memory.  It
 * lives as long as io. */
struct deflate *deflate_start(struct io *io);

#endif
